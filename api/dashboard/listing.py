"""A student's code as a page shows it: no more than a person reads, nothing that a browser would obey."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

MOST_LINES: Final = 3000
MOST_COLUMNS: Final = 1000
# Control characters and those that turn the order of writing around: by them code can be read otherwise than
# it is run (Boucher and Anderson 2021, Trojan Source: invisible vulnerabilities).
_UNSEEN: Final = {"Cc", "Cf", "Co", "Cs"}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """`lines` are the first ones; `left_out` counts those that follow."""

    lines: tuple[str, ...]
    left_out: int


def listing(source: str) -> Listing:
    lines = source.removesuffix("\n").split("\n")
    return Listing(lines=tuple(map(_shown, lines[:MOST_LINES])), left_out=max(0, len(lines) - MOST_LINES))


def _shown(line: str) -> str:
    cut = line if len(line) <= MOST_COLUMNS else f"{line[:MOST_COLUMNS]} … ({len(line)} characters)"
    return cut if cut.isprintable() else "".join(map(_visible, cut))


def _visible(character: str) -> str:
    """Its code point where nothing, or too much, would be seen of it."""
    hidden = character != "\t" and unicodedata.category(character) in _UNSEEN
    return f"⟨U+{ord(character):04X}⟩" if hidden else character
