"""The learning curve as coordinates; the template draws them as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import wording
from api.dashboard.texts import say

if TYPE_CHECKING:
    from api.language import Language
    from graders.report import CurvePoint

# The legend is text above the picture: on a phone, text in the picture shrinks with it.
WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 68, 20, 16, 56
_MOST_TICKS = 8


@dataclass(frozen=True, kw_only=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class CurveDrawing:
    """`training` and `validation` are SVG `points`; `summary` says in words what the picture shows.

    `onset_epoch`: after it the model overfits (at `onset_x`); None where it does not, or nobody knows yet.
    """

    training: str
    validation: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    best_x: float
    best_y: float
    best_epoch: int
    onset_x: float | None
    onset_epoch: int | None
    summary: str
    points: tuple[CurvePoint, ...]


def draw_curve(
    points: tuple[CurvePoint, ...], language: Language, *, onset_epoch: int | None = None
) -> CurveDrawing | None:
    """None for fewer than two points: there is no line to draw."""
    if len(points) < 2:
        return None
    step = _nice_step(max(max(p.training_error, p.validation_error) for p in points))
    count = max(1, math.ceil(max(max(p.training_error, p.validation_error) for p in points) / step - 1e-9))
    top, first, last = count * step, points[0].epoch, points[-1].epoch

    def x(epoch: int) -> float:
        return round(LEFT + (epoch - first) / max(1, last - first) * (WIDTH - LEFT - RIGHT), 1)

    def y(error: float) -> float:
        return round(HEIGHT - BOTTOM - error / top * (HEIGHT - TOP - BOTTOM), 1)

    every = math.ceil((last - first + 1) / _MOST_TICKS)
    best = min(points, key=lambda p: p.validation_error)
    return CurveDrawing(
        training=" ".join(f"{x(p.epoch)},{y(p.training_error)}" for p in points),
        validation=" ".join(f"{x(p.epoch)},{y(p.validation_error)}" for p in points),
        x_ticks=tuple(Tick(at=x(epoch), label=str(epoch)) for epoch in range(first, last + 1, every)),
        y_ticks=tuple(
            Tick(at=y(i * step), label=f"{wording.decimal(language, 100 * i * step, 2)} %")
            for i in range(count + 1)
        ),
        best_x=x(best.epoch),
        best_y=y(best.validation_error),
        best_epoch=best.epoch,
        onset_x=None if onset_epoch is None else x(onset_epoch),
        onset_epoch=onset_epoch,
        summary=_summary(points, best, onset_epoch, language),
        points=points,
    )


def _summary(
    points: tuple[CurvePoint, ...], best: CurvePoint, onset_epoch: int | None, language: Language
) -> str:
    first, last = points[0], points[-1]
    text = say(
        language,
        "charts.curve_summary",
        first=first.epoch,
        last=last.epoch,
        training_first=first.training_error,
        training_last=last.training_error,
        validation_first=first.validation_error,
        validation_last=last.validation_error,
        least=best.validation_error,
        best=best.epoch,
    )
    if onset_epoch is None:
        return text
    return f"{text} {say(language, 'charts.curve_onset', epoch=onset_epoch)}"


def _nice_step(highest: float) -> float:
    """1, 2 or 5 times a power of ten, for about five lines."""
    rough = max(highest, 1e-3) / 5
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
