"""Text that came from beside student code, made fit to be stored and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graders.evidence import Evidence


def plain_text(value: Any, most: int | None = None) -> str:
    """`value` as text of at most `most` characters: printable ones, line ends and tabs.

    No database takes NUL or a lone surrogate, and no terminal should get a student's escape sequences.
    """
    text = str(value)
    text = text if most is None else text[:most]
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def logs_of(evidence: Evidence) -> str:
    """What the code printed, with a line before that of each repeat where there are several."""
    if len(evidence.repeats) == 1:
        return evidence.repeats[0].log
    return "\n".join(
        f"--- repeat {number} ---\n{repeat.log}" for number, repeat in enumerate(evidence.repeats, start=1)
    )
