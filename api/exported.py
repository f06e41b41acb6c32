"""A notebook that was exported as a Python file (`jupyter nbconvert --to script`), taken apart again.

The export keeps the code cells in order, each after a line `# In[3]:`, makes comments of texts, and calls of
`get_ipython()` of what is not Python: `%matplotlib inline` is `get_ipython().run_line_magic('matplotlib',
'inline')`. Such calls are turned back, so that both forms of a notebook are one submission.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_CELL: Final = re.compile(r"^# In\[[ \d]*\]:[ \t]*$", re.MULTILINE)
_BEFORE: Final = re.compile(r"[ \t]*(?:\w[\w, ]*=[ \t]*)?")
_CALL: Final = re.compile(r"(?P<name>[a-z_]{1,30})\(")
_SHELL_OBJECT: Final = "get_ipython()."
# What assigns, and what stands in a cell of another language.
_MOST_BEFORE, _MOST_GIVEN = 200, 100_000
_HELP: Final = {"pinfo": "?", "pinfo2": "??"}


def is_exported(text: str) -> bool:
    return _CELL.search(text) is not None


def cells_of_exported(text: str) -> list[str]:
    r"""Source of each code cell, as it stood in the notebook, but for comments and empty lines at its end.

    >>> cells_of_exported("# coding: utf-8\n\n# In[1]:\n\n\na = 1\n\n\n# # Title\n\n# In[ ]:\n\n\nb = a\n")
    ['a = 1', 'b = a']
    """
    before, *cells = _CELL.split(text.replace("\r\n", "\n"))
    if _has_code(before):
        # Written there afterwards: it belongs to what is handed in.
        cells.insert(0, before)
    return ["\n".join(map(_turned_back, _trimmed(cell))) for cell in cells]


def _has_code(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n"))


def _trimmed(cell: str) -> list[str]:
    """Without the empty lines before it, and without those and the texts of the notebook behind it."""
    lines = cell.split("\n")
    while lines and not lines[0].strip():
        del lines[0]
    while lines and (not lines[-1].strip() or (lines[-1].startswith("#") and len(lines) > 1)):
        del lines[-1]
    return lines


def _turned_back(line: str) -> str:
    before, shell, call = line.partition(_SHELL_OBJECT)
    found = _CALL.match(call)
    write = _WRITTEN.get(found["name"]) if found else None
    given = call.rstrip()[found.end() : -1] if found else ""
    if not shell or write is None or len(before) > _MOST_BEFORE or len(given) > _MOST_GIVEN:
        return line
    if not _BEFORE.fullmatch(before):
        return line
    try:
        return before + write(*ast.literal_eval(f"({given},)"))
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError, AttributeError):
        # Not as the export writes it.
        return line


def _line_magic(name: str, rest: str) -> str:
    return f"{rest}{_HELP[name]}" if name in _HELP else f"%{name} {rest}".rstrip()


def _cell_magic(name: str, rest: str, body: str) -> str:
    return f"%%{name} {rest}".rstrip() + "\n" + body.removesuffix("\n")


def _shell(command: str) -> str:
    return f"!{command}"


_WRITTEN: Final[dict[str, Callable[..., str]]] = {
    "system": _shell,
    "getoutput": _shell,
    "run_line_magic": _line_magic,
    "run_cell_magic": _cell_magic,
}
