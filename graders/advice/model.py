from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Advice:
    """`line`: of the student's file, 1-based, where there is one to look at."""

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    line: int | None = None
