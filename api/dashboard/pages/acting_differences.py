"""Line by line, what changed from one text to another."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final, Literal

_AROUND: Final = 3
Kind = Literal["same", "gone", "new", "left_out"]


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """Numbers count from 1. `left_out`: lines that are equal stand here, as many as `text` says."""

    kind: Kind
    before: int | None
    after: int | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Differences:
    lines: tuple[DifferenceLine, ...]
    gone: int
    new: int


def differences(before: str, after: str) -> Differences:
    r"""With a few equal lines around each change; none at all where the two are equal.

    >>> [(line.kind, line.text) for line in differences("a\nb", "a\nc").lines]
    [('same', 'a'), ('gone', 'b'), ('new', 'c')]
    """
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    lines: list[DifferenceLine] = []
    told = 0
    for group in matcher.get_grouped_opcodes(_AROUND):
        start = group[0][1]
        if start > told:
            lines.append(DifferenceLine(kind="left_out", before=None, after=None, text=str(start - told)))
        for tag, a_from, a_to, b_from, b_to in group:
            if tag == "equal":
                lines += [
                    DifferenceLine(kind="same", before=i + 1, after=b_from + i - a_from + 1, text=old[i])
                    for i in range(a_from, a_to)
                ]
                continue
            for i in range(a_from, a_to):
                lines.append(DifferenceLine(kind="gone", before=i + 1, after=None, text=old[i]))
            for i in range(b_from, b_to):
                lines.append(DifferenceLine(kind="new", before=None, after=i + 1, text=new[i]))
        told = group[-1][2]
    if lines and told < len(old):
        lines.append(DifferenceLine(kind="left_out", before=None, after=None, text=str(len(old) - told)))
    return Differences(
        lines=tuple(lines),
        gone=sum(line.kind == "gone" for line in lines),
        new=sum(line.kind == "new" for line in lines),
    )
