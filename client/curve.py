"""A learning curve drawn with characters: training beside validation error, on one scale."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from client.messages import number, per_cent, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
# For a terminal that has no such characters: of a cell, less or more than half.
_PLAIN: Final = "  ...###"
_ROWS: Final = 5
_MOST_COLUMNS: Final = 40
_MOST_COLUMNS_A_POINT: Final = 3
_AXIS_COLUMNS: Final = 8  # "100.0 % "
_GAP: Final = "    "
# The figures below a picture need that much.
_BESIDE_FROM_COLUMNS: Final = 78
_CEILINGS: Final = (
    *(0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.08),
    *(0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
)


@dataclass(frozen=True, kw_only=True)
class Point:
    """Errors in 0..1."""

    epoch: int
    training_error: float
    validation_error: float


@dataclass
class Curve:
    """Collects what is told while it trains. A point is the mean over the repeats that reached its epoch."""

    _errors: dict[int, dict[int, tuple[float, float]]] = field(default_factory=dict)

    def add(self, data: dict[str, Any]) -> None:
        """The data of an event `epoch`. One that a second attempt tells again replaces the first."""
        errors = (float(data["train_error_percent"]) / 100, float(data["validation_error_percent"]) / 100)
        self._errors.setdefault(int(data["epoch"]), {})[int(data["repeat"])] = errors

    def clear(self) -> None:
        self._errors.clear()

    def points(self) -> list[Point]:
        return [
            Point(
                epoch=epoch,
                training_error=sum(training for training, _ in found.values()) / len(found),
                validation_error=sum(validation for _, validation in found.values()) / len(found),
            )
            for epoch, found in sorted(self._errors.items())
        ]


def points_of(curve: Iterable[dict[str, Any]]) -> list[Point]:
    """Of a report."""
    return [
        Point(
            epoch=int(point["epoch"]),
            training_error=float(point["training_error"]),
            validation_error=float(point["validation_error"]),
        )
        for point in curve
    ]


def draw_curve(points: Sequence[Point], *, columns: int, unicode: bool = True) -> list[str]:
    """Lines of at most `columns` characters: both errors side by side, or below each other."""
    if not points:
        return []
    training = [point.training_error for point in points]
    validation = [point.validation_error for point in points]
    top = _ceiling(max(*training, *validation))
    beside = columns >= _BESIDE_FROM_COLUMNS
    room = (columns - len(_GAP)) // 2 if beside else columns
    width = max(8, min(_MOST_COLUMNS, room - _AXIS_COLUMNS - 2))
    best = min(points, key=lambda point: point.validation_error)
    style: dict[str, Any] = {"top": top, "width": width, "last_epoch": points[-1].epoch, "unicode": unicode}
    left = _panel(say("curve.training"), training, **style)
    right = _panel(say("curve.validation"), validation, **style)
    # What the picture says, in figures.
    left += [_under(say("curve.last", last=per_cent(training[-1]))), ""]
    right += [
        _under(say("curve.last", last=per_cent(validation[-1]))),
        _under(say("curve.best", best=per_cent(best.validation_error), epoch=best.epoch)),
    ]
    if not beside:
        return [*left[:-1], *right]
    wide = max(map(len, left))
    return [f"{a.ljust(wide)}{_GAP}{b}".rstrip() for a, b in zip(left, right, strict=True)]


def bars(values: Sequence[float], *, top: float, width: int, rows: int, unicode: bool) -> list[str]:
    """One bar a column, from the highest row down; 0 is nothing, `top` is full.

    >>> bars([0.0, 0.25, 0.5, 1.0], top=1.0, width=4, rows=2, unicode=True)
    ['   █', ' ▄██']
    """
    blocks = _BLOCKS if unicode else _PLAIN
    full = len(blocks) - 1
    # What is above zero is seen, however little it is.
    heights = [
        max(1, round(rows * full * min(1.0, value / top))) if value > 0 else 0
        for value in _resampled(values, width)
    ]
    return [
        "".join(blocks[min(full, max(0, height - full * row))] for height in heights)
        for row in reversed(range(rows))
    ]


def _under(figures: str) -> str:
    return f"{' ' * _AXIS_COLUMNS} {figures}"


def _panel(
    title: str,
    values: Sequence[float],
    *,
    top: float,
    width: int,
    last_epoch: int,
    unicode: bool,
) -> list[str]:
    side, corner, floor = ("┤", "└", "─") if unicode else ("|", "+", "-")
    drawn = bars(values, top=top, width=width, rows=_ROWS, unicode=unicode)
    whole = abs(100 * top - round(100 * top)) < 1e-9
    labels = [f"{number(100 * top, 0 if whole else 1)} %", *[""] * (_ROWS - 1)]
    lines = [f"{label:>{_AXIS_COLUMNS - 1}} {side}{bar}" for label, bar in zip(labels, drawn, strict=True)]
    used = len(drawn[0])
    epochs = f"1{last_epoch:>{used - 1}}" if last_epoch > 1 else "1"
    return [_under(title), *lines, f"{'0 %':>{_AXIS_COLUMNS - 1}} {corner}{floor * used}", _under(epochs)]


def _resampled(values: Sequence[float], width: int) -> list[float]:
    """Means of neighbours where there are more values than columns, else each value some columns wide."""
    count = len(values)
    if count <= width:
        wide = max(1, min(_MOST_COLUMNS_A_POINT, width // count))
        return [value for value in values for _ in range(wide)]
    edges = [round(column * count / width) for column in range(width + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(edges)]


def _ceiling(value: float) -> float:
    """The next round figure, from 1 to 100 %.

    >>> [_ceiling(x) for x in (0.0, 0.013, 0.12, 0.7)]
    [0.01, 0.015, 0.15, 0.8]
    """
    return next((limit for limit in _CEILINGS if value <= limit), 1.0)
