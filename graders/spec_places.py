"""Where in a specification something stands, and what is wrong there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graders.sentence import Sentence

Path = tuple[str | int, ...]

_SHOWN_LENGTH: Final = 60


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong at `path` (`criteria[1].parameters.full_at`; empty: the document), and what is allowed.

    `line` counts from 1: where the value stands, or, for what is missing, the mapping that lacks it.
    `allowed` is a sentence, or names that are the same in every language.
    """

    path: str
    said: Sentence
    allowed: Sentence | str | None = None
    line: int | None = None

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.said.parameters

    @property
    def message(self) -> str:
        """In English, for programs and the command line."""
        return str(self.said)

    def __str__(self) -> str:
        said = f"{self.path}: {self.message}" if self.path else self.message
        return f"{said} (allowed: {self.allowed})" if self.allowed else said


class SpecError(ValueError):
    """The document is no specification; `faults` are all that were found, in the order of their lines."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line or 0))
        super().__init__("\n".join(f"line {fault.line}: {fault}" for fault in self.faults))


def path_text(path: Path) -> str:
    """A path as people write it.

    >>> path_text(("criteria", 1, "parameters", "full_at"))
    'criteria[1].parameters.full_at'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier() and len(part) <= _SHOWN_LENGTH:
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)}]"
    return text


def shown(value: Any) -> str:
    """As JSON would write it, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"
