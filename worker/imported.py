"""Which framework a file is for, by what it imports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graders.spec import AssignmentSpec

# Within a line only: with \s, a mebibyte of line ends would take hours.
_IMPORTS = tuple(
    (framework, re.compile(rf"^[ \t]*(?:import|from)[ \t]+(?:{modules})\b", re.MULTILINE))
    for framework, modules in (
        ("lightning", "lightning|pytorch_lightning"),
        ("pytorch", "torch"),
        ("keras", "keras"),
        ("tensorflow", "tensorflow"),
    )
)
_SYSTEMS = {"lightning": "torch", "pytorch": "torch", "keras": "tensorflow", "tensorflow": "tensorflow"}


def zygote_framework(source: str, spec: AssignmentSpec) -> str:
    """The framework whose zygote runs this file: the one it imports; both systems or none: the spec's first.

    Read by pattern, not by parsing: a hostile file could crash the parser of the worker.
    """
    found = [name for name, pattern in _IMPORTS if pattern.search(source)]
    systems = {_SYSTEMS[name] for name in found}
    return found[0] if len(systems) == 1 else spec.frameworks[0]
