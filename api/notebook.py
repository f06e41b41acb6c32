"""A Jupyter notebook, or its export, as one Python file, with the way back from a line to its cell."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any, Final

from api.exported import cells_of_exported

_MOST_VALUES: Final = 200_000
_MARKER = re.compile(r"#\s*labmark\s*$")
# `%matplotlib`, `!pip`, `x = !ls`, `?help`. A line that goes on with `% name` has a space and is left alone.
_MAGIC = re.compile(r"(?P<indent>[ \t]*)(\w[\w, ]*=[ \t]*)?([%!][A-Za-z%!{(./~$]|\?\w|\w[\w.]*\?+\s*$)")
# After these the cell is Python still; after any other cell magic it is not.
_PYTHON_CELL_MAGICS = {"%%time", "%%timeit", "%%capture", "%%prun"}


class NotebookError(Exception):
    """Why it cannot be read: `what`, of `problem.bad_notebook` in `api.sentences`; `said` by the parser."""

    def __init__(self, what: str, said: str = "") -> None:
        super().__init__(what, said)
        self.what, self.said = what, said


@dataclass(frozen=True, kw_only=True)
class FlatNotebook:
    """`line_map`: of each cell (its number, its first line in `source`, how many, whether it is marked).

    Cells and lines are counted from 1, of cells those with code.
    """

    source: str
    line_map: tuple[tuple[int, int, int, bool], ...]
    dropped_lines: tuple[str, ...]


def flatten_notebook(text: str) -> FlatNotebook:
    """Marked code cells, or all of them when none is marked. Dropped lines keep their place."""
    return _flatten([(_source(cell), _is_tagged(cell)) for cell in _code_cells(text)])


def flatten_exported(text: str) -> FlatNotebook:
    """The same of a notebook that was exported as a Python file. Tags are lost there."""
    return _flatten([(cell, False) for cell in cells_of_exported(text)])


def _flatten(cells: list[tuple[str, bool]]) -> FlatNotebook:
    """`cells`: source of each code cell, and whether it has the tag."""
    numbered = [
        (number, source, tagged or _is_marked(source))
        for number, (source, tagged) in enumerate(cells, start=1)
    ]
    lines: list[str] = []
    line_map: list[tuple[int, int, int, bool]] = []
    dropped: list[str] = []
    for number, source, marked in [cell for cell in numbered if cell[2]] or numbered:
        kept, gone = _python_lines(source)
        line_map.append((number, len(lines) + 1, len(kept), marked))
        lines += kept
        dropped += [f"cell {number}: {line.strip()[:200]}" for line in gone]
    source = "".join(f"{line}\n" for line in lines)
    if not source.strip():
        raise NotebookError("no_code")
    return FlatNotebook(source=source, line_map=tuple(line_map), dropped_lines=tuple(dropped))


def cell_of_line(line_map: list[Any] | None, line: int) -> tuple[int, int] | None:
    """(code cell, line in it) of a line of the flattened source."""
    for cell, first, count, *_ in line_map or ():
        if first <= line < first + count:
            return cell, line - first + 1
    return None


def _code_cells(text: str) -> list[dict[str, Any]]:
    # A value of two characters takes fifty times as much once it is read. Pictures are one value each.
    if sum(text.count(sign) for sign in "[{,") > _MOST_VALUES:
        raise NotebookError("too_much")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotebookError("not_json", str(error)) from error
    if not isinstance(document, dict):
        raise NotebookError("not_a_notebook")
    cells = document.get("cells")
    if cells is None:  # before notebook format 4
        sheets = document.get("worksheets")
        first = sheets[0] if isinstance(sheets, list) and sheets else None
        cells = first.get("cells") if isinstance(first, dict) else None
    if not isinstance(cells, list):
        raise NotebookError("no_cells")
    return [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list) and all(isinstance(part, str) for part in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise NotebookError("source")
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise NotebookError("surrogate") from error
    if "\x00" in source:
        raise NotebookError("nul")
    return source


def _is_tagged(cell: dict[str, Any]) -> bool:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return isinstance(tags, list) and "labmark" in tags


def _is_marked(source: str) -> bool:
    return _MARKER.match(source.split("\n", 1)[0].strip()) is not None


def _python_lines(source: str) -> tuple[list[str], list[str]]:
    """The lines, with magics replaced by `pass` at their indentation, and the lines replaced."""
    # Not str.splitlines: Python counts lines by \n alone, and so do its error messages.
    lines = source.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    if _parses(lines):
        return lines, []
    opening = next((line.split()[0] for line in lines if line.strip()), "")
    not_python = opening.startswith("%%") and opening not in _PYTHON_CELL_MAGICS
    kept: list[str] = []
    dropped: list[str] = []
    continued = False
    for line in lines:
        magic = _MAGIC.match(line)
        if not_python or continued or magic:
            indent = "" if not_python or magic is None else magic["indent"]
            kept.append("" if continued or not_python else f"{indent}pass  # dropped by Labmark")
            dropped += [line] if line.strip() else []
            continued = line.endswith("\\")
        else:
            kept.append(line)
    return kept, dropped


def _parses(lines: list[str]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
