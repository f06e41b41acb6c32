"""Which page stands where. A page that nobody has given a place stands at the end, so that none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FIRST: Final = "index"
NAVIGATION: Final[dict[str, tuple[str, ...]]] = {
    "Students": ("students", "submission", "transcript", "command-line", "mistakes"),
    "Instructors": ("instructors", "assignments", "datasets", "grading"),
    "Operators": ("operators", "deployment", "kubernetes", "capacity", "operations"),
    "Security": ("security", "sandbox"),
    "Programs": ("api", "reference/index"),
    "Inside": ("architecture", "decisions/index", "licences"),
}
_LAST: Final = "Inside"


def places(source: Path) -> dict[str, list[str]]:
    """Caption: names of the pages below it that are in `source`, those without a place among the last."""
    found = {
        caption: [name for name in names if (source / f"{name}.md").is_file()]
        for caption, names in NAVIGATION.items()
    }
    named = {name for names in NAVIGATION.values() for name in names}
    found[_LAST] += [path.stem for path in sorted(source.glob("*.md")) if path.stem not in {*named, FIRST}]
    return found


def toctrees(source: Path) -> str:
    """The navigation as Sphinx takes it, for the end of the first page. Readers of the files never see it."""
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in places(source).items()
    )
