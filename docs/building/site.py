"""The documentation as a site of files: what docs/ holds, and what is made of the code beside it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sphinx.cmd.build import build_main

from docs.building import reference
from docs.building.navigation import toctrees

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS: Final = Path(__file__).resolve().parents[1]
_SAID: Final = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    # What is wider than the screen is moved by the arrow keys once it has the focus.
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
    '<div class="table-wrapper ': '<div tabindex="0" class="table-wrapper ',
    '<div class="formula">': '<div class="formula" tabindex="0">',
}
_OVERVIEW: Final = "<!-- every operation -->"


def build(folder: Path) -> int:
    """Into `folder`, which is emptied. A warning is an error: the status is then not 0, and stderr says why.

    Links that lead nowhere, pages without a place and formulas that cannot be read are such warnings.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="labmark-docs-") as made:
        source = Path(made) / "docs"
        stage(source)
        arguments = ["-q", "-W", "--keep-going", "-b", "html", "-c", str(DOCS / "building")]
        status = build_main([*arguments, "-d", str(Path(made) / "doctrees"), str(source), str(folder)])
    for path in folder.rglob("*.html"):
        _change(path, _for_screen_readers)
    return status


def _for_screen_readers(html: str) -> str:
    """What the theme leaves out: levels of headings, names of drawers, blocks that keys can move."""
    for given, told in _SAID.items():
        html = html.replace(given, told)
    return html


def stage(source: Path) -> None:
    """Put the pages as Sphinx is to read them into `source`: those of docs/ and those that are generated."""
    shutil.copytree(DOCS, source, ignore=shutil.ignore_patterns("building", "__pycache__"))
    document = reference.contract()
    for page in reference.pages(document):
        path = source / page.path
        path.parent.mkdir(exist_ok=True)
        path.write_text(page.markdown)
    _change(source / "api.md", lambda text: text.replace(_OVERVIEW, reference.overview(document)))
    _change(source / "decisions" / "index.md", lambda text: text + _decisions(source / "decisions"))
    _change(source / "index.md", lambda text: text + toctrees(source))


def _change(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def _decisions(folder: Path) -> str:
    names = sorted(path.stem for path in folder.glob("[0-9]*.md"))
    return "\n```{toctree}\n:maxdepth: 1\n\n" + "\n".join(names) + "\n```\n"
