"""A file that is handed in, as one Python source, and what leads from its lines back to the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Protocol

from api.exported import is_exported
from api.notebook import NotebookError, flatten_exported, flatten_notebook

_KINDS: Final = {".py": "py", ".ipynb": "notebook"}


class SourceError(Exception):
    """Why it is not taken: a stable code, and an English sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


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
        raise SourceError("unsupported_file", f"{name!r} ends in neither .py nor .ipynb.")
    text = _text(content)
    if kind == "py" and not is_exported(text):
        return SourceFile(filename=name, kind=kind, source=text)
    try:
        flat = flatten_notebook(text) if kind == "notebook" else flatten_exported(text)
    except NotebookError as error:
        raise SourceError("bad_notebook", str(error)) from error
    if len(flat.source.encode()) > max_notebook_bytes:
        raise SourceError("too_large", f"The notebook's code has more than {max_notebook_bytes} bytes.")
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
        raise SourceError(
            "not_utf8", f"Line {line} is not UTF-8. Save the file with the encoding UTF-8 and send it again."
        ) from error
    if "\x00" in text:
        raise SourceError("not_utf8", "The file holds NUL bytes, so it is not text.")
    return text


def plain_name(filename: str) -> str:
    """The last part of a path, printable and short: it is shown, and never used as a path."""
    last = re.split(r"[/\\]", filename)[-1]
    clean = "".join(c for c in last if c.isprintable() and not "\ud800" <= c <= "\udfff").strip()
    return clean[-150:] or "unnamed"
