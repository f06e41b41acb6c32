"""Text that came from beside student code, made fit to be stored and shown."""

from __future__ import annotations

from typing import Any


def plain_text(value: Any, most: int | None = None) -> str:
    """`value` as text of at most `most` characters: printable ones, line ends and tabs.

    No database takes NUL or a lone surrogate, and no terminal should get a student's escape sequences.
    """
    text = str(value)
    text = text if most is None else text[:most]
    return "".join(c for c in text if c in "\n\t" or c.isprintable())
