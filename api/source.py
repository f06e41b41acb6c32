"""A file that is handed in, as one Python source, and what leads from its lines back to the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from api.exported import is_exported
from api.notebook import NotebookError, flatten_exported, flatten_notebook
from api.told import Told

if TYPE_CHECKING:
    from api.language import Language

_KINDS: Final = {".py": "py", ".ipynb": "notebook"}


class SourceError(Exception):
    """Why it is not taken: a stable code, and `what` of its kinds; in `api.sentences` under `problem.`."""

    def __init__(self, code: str, what: str = "", /, **values: Any) -> None:
        super().__init__(code, what)
        self.code, self.what, self.values = code, what, values

    def said(self, language: Language) -> str:
        key = f"problem.{self.code}.{self.what}" if self.what else f"problem.{self.code}"
        return Told(key, self.values).said(language)


class Source(Protocol):
    """What feedback needs to know of a file. `line_map`: of a notebook, as `api.notebook` makes it."""

    @property
    def source(self) -> str: ...

    @property
    def line_map(self) -> list[Any] | None: ...

    @property
    def dropped_lines(self) -> list[Any] | None: ...


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """`kind`: py, or notebook, also of one that was exported. `dropped_lines`: what of it is not Python."""

    filename: str
    kind: str
    source: str
    line_map: list[list[int]] | None = None
    dropped_lines: list[str] | None = None


def read_source(*, filename: str, content: bytes, max_notebook_bytes: int) -> SourceFile:
    """Raises SourceError. `max_notebook_bytes`: of the code of a notebook."""
    name = plain_name(filename)
    kind = next((kind for ending, kind in _KINDS.items() if name.lower().endswith(ending)), None)
    if kind is None:
        raise SourceError("unsupported_file", name=name)
    text = _text(content)
    if kind == "py" and not is_exported(text):
        return SourceFile(filename=name, kind=kind, source=text)
    try:
        flat = flatten_notebook(text) if kind == "notebook" else flatten_exported(text)
    except NotebookError as error:
        raise SourceError("bad_notebook", error.what, said=error.said) from error
    if len(flat.source.encode()) > max_notebook_bytes:
        raise SourceError("too_large", "notebook", limit=max_notebook_bytes)
    return SourceFile(
        filename=name,
        kind="notebook",
        source=flat.source,
        line_map=[list(item) for item in flat.line_map],
        dropped_lines=list(flat.dropped_lines),
    )


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError("not_utf8", "line", line=line) from error
    if "\x00" in text:
        raise SourceError("not_utf8", "nul")
    return text


def plain_name(filename: str) -> str:
    """The last part of a path, printable and short: it is shown, and never used as a path."""
    last = re.split(r"[/\\]", filename)[-1]
    clean = "".join(c for c in last if c.isprintable() and not "\ud800" <= c <= "\udfff").strip()
    return clean[-150:] or "unnamed"
