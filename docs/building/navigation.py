"""Which page stands where. A page that is not here fails the build, as does a line without its page."""

from __future__ import annotations

from typing import Final

NAVIGATION: Final[dict[str, tuple[str, ...]]] = {
    "Students": ("students", "submission", "command-line", "mistakes"),
    "Instructors": ("instructors", "assignments", "datasets", "grading"),
    "Operators": ("operators", "deployment", "operations"),
    "Security": ("security", "sandbox"),
    "Programs": ("api", "reference/index"),
    "Inside": ("architecture", "decisions/index"),
}


def toctrees() -> str:
    """The navigation as Sphinx takes it, for the end of the first page. Readers of the files never see it."""
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in NAVIGATION.items()
    )
