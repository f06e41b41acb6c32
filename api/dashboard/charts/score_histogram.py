"""How the points of an assignment are spread over its students."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api import wording
from api.dashboard.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language

BINS: Final = 10
_FEW: Final = 6


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Points from `low` up to below `high`; the last one takes full marks too."""

    low: float
    high: float
    students: int


@dataclass(frozen=True, kw_only=True)
class ScoreHistogram:
    """`figure` is what static/charts.js hands to Plotly; `bins` are the table behind it."""

    title: str
    description: str
    bins: tuple[Bin, ...]
    figure: dict[str, Any]


def counted(points: Sequence[float], max_points: float) -> tuple[int, ...]:
    """Students in each of the ten bins.

    >>> counted([0, 5, 99, 100], 100)
    (2, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    """
    found = [0] * BINS
    for value in points:
        share = value / max_points if max_points else 0.0
        found[min(BINS - 1, max(0, int(share * BINS + 1e-9)))] += 1
    return tuple(found)


def score_histogram(points: Sequence[float], max_points: float, language: Language) -> ScoreHistogram | None:
    """Of the points that count for each student; None without any."""
    if not points:
        return None
    width = max_points / BINS
    bins = tuple(
        Bin(low=width * place, high=width * (place + 1), students=students)
        for place, students in enumerate(counted(points, max_points))
    )
    fullest = max(bins, key=lambda found: found.students)
    return ScoreHistogram(
        title=say(language, "charts.scores_title"),
        description=say(
            language,
            "charts.scores_description",
            count=len(points),
            low=fullest.low,
            high=fullest.high,
            most=fullest.students,
        ),
        bins=bins,
        figure={"data": [_bars(bins, language)], "layout": _layout(bins, max_points, language)},
    )


def range_label(found: Bin, language: Language) -> str:
    return f"{wording.points(language, found.low)}–{wording.points(language, found.high)}"


def _bars(bins: tuple[Bin, ...], language: Language) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": [(found.low + found.high) / 2 for found in bins],
        "y": [found.students for found in bins],
        "width": [0.92 * (found.high - found.low) for found in bins],
        "text": [
            say(
                language,
                "charts.scores_hover",
                range=range_label(found, language),
                count=found.students,
            )
            for found in bins
        ],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": "--accent"},
    }


def _layout(bins: tuple[Bin, ...], max_points: float, language: Language) -> dict[str, Any]:
    edges = [found.low for found in bins[::2]] + [max_points]
    return {
        "xaxis": {
            "title": {"text": say(language, "charts.scores_axis")},
            "range": [0, 1.01 * max_points],
            "tickvals": edges,
            "ticktext": [wording.points(language, edge) for edge in edges],
            "fixedrange": True,
            "zeroline": False,
            "showgrid": False,
        },
        "yaxis": {
            "title": {"text": say(language, "charts.students_axis"), "standoff": 8},
            "gridcolor": "--line",
            "rangemode": "tozero",
            # There is no half student.
            **({"dtick": 1} if max(found.students for found in bins) < _FEW else {}),
            "fixedrange": True,
        },
        "margin": {"l": 52, "r": 20, "t": 8, "b": 52},
        "showlegend": False,
        "dragmode": False,
    }
