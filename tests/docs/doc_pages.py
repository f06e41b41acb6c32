"""What stands in the pages: blocks of code, lines of shell, code in sentences; each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Written from real runs of the files in tests/mistakes: its blocks are lines out of them.
GENERATED = DOCS / "mistakes.md"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in DOCS.rglob("*.md") if "building" not in path.parts),
]
# A reader sees it: a line of its own, in italics, above the block, with the reason.
NOT_RUN = re.compile(r"\*Not run here: (?P<reason>[^*]{10,})\*\s*\Z")
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, kw_only=True)
class Block:
    page: Path
    line: int
    language: str
    text: str
    not_run: str | None

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages):
    """In the order of the pages, those that the reader is told are not run left out."""
    found = [block for page in PAGES if page != GENERATED for block in blocks_of(page)]
    return [block for block in found if block.language in languages and block.not_run is None]


def blocks_of(page):
    text = page.read_text()
    for fence in _FENCE.finditer(text):
        marked = NOT_RUN.search(text[: fence.start()])
        yield Block(
            page=page,
            line=text.count("\n", 0, fence.start()) + 1,
            language=fence["language"],
            text="".join(
                line.removeprefix(fence["indent"]) for line in fence["text"].splitlines(keepends=True)
            ),
            not_run=marked["reason"] if marked else None,
        )


def inline_code():
    """(page and line, what stands between backticks) of every sentence, outside of blocks."""
    for page in PAGES:
        if page == GENERATED:
            continue
        text = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), page.read_text())
        for number, line in enumerate(text.split("\n"), start=1):
            for code in re.findall(r"`([^`]+)`", line):
                yield f"{page.relative_to(ROOT)}:{number}", code
