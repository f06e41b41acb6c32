"""A few small bars beside a name; the template draws them as SVG. What they say is said in words too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR, GAP, HEIGHT = 9.0, 2.0, 28.0
_LEAST: Final = 1.5


@dataclass(frozen=True, kw_only=True)
class SparkBar:
    x: float
    y: float
    height: float
    value: int


@dataclass(frozen=True, kw_only=True)
class Sparkline:
    width: float
    height: float
    bar: float
    bars: tuple[SparkBar, ...]
    summary: str


def sparkline(values: Sequence[int], summary: str, *, height: float = HEIGHT) -> Sparkline:
    """One bar a value; zero is a line at the foot."""
    highest = max([*values, 1])
    bars = []
    for place, value in enumerate(values):
        tall = round(max(_LEAST, value / highest * height), 1)
        bars.append(SparkBar(x=place * (BAR + GAP), y=round(height - tall, 1), height=tall, value=value))
    return Sparkline(
        width=len(values) * (BAR + GAP) - GAP, height=height, bar=BAR, bars=tuple(bars), summary=summary
    )
