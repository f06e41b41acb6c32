"""Training error against validation error, one dot a student, with the regions that the graders define.

Both axes are square roots. Errors of one class of students lie between 0.1 % and 70 %: on even axes all good
models are one blot, and a logarithm has no place for a training error of zero.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api import wording
from api.dashboard.texts import named, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language
    from graders.generalization_gap import GeneralizationGapParameters
    from graders.report import Fit

# Plotly's names of the signs in `api.dashboard.words`, and tokens of the style sheet.
_SYMBOLS: Final[dict[Fit, tuple[str, str]]] = {
    "balanced": ("circle", "--good"),
    "overfitting": ("triangle-up", "--bad"),
    "underfitting": ("triangle-down", "--warn"),
    "inconclusive": ("diamond", "--quiet"),
}
_TICKS_PER_CENT = (0, 0.5, 1, 2, 5, 10, 20, 30, 40, 60, 80, 100)
_CURVE_STEPS = 24


@dataclass(frozen=True, kw_only=True)
class Dot:
    """Errors as shares in 0..1, or losses in nats. `href` leads to the submission."""

    student: str
    training: float
    validation: float
    fit: Fit
    href: str


@dataclass(frozen=True, kw_only=True)
class FitScatter:
    """`figure` is what static/charts.js hands to Plotly; `dots` are the table behind it."""

    title: str
    description: str
    dots: tuple[Dot, ...]
    figure: dict[str, Any]


def fit_scatter(
    dots: Sequence[Dot], limits: GeneralizationGapParameters | None, language: Language
) -> FitScatter | None:
    """None without a dot. Without limits (no criterion names any) the regions are left out."""
    if not dots:
        return None
    measure = "error" if limits is None else limits.measure
    highest = max(max(dot.training, dot.validation) for dot in dots)
    known = 0.0 if limits is None else 1.6 * (limits.training_error_target + limits.full_at_most)
    top = max(1.15 * highest, known, 0.01)
    if measure == "error":
        top = min(top, 1.0)
    return FitScatter(
        title=say(language, f"charts.scatter_title_{measure}"),
        description=_description(dots, limits, measure, language),
        dots=tuple(dots),
        figure={
            "data": [
                _trace(fit, [dot for dot in dots if dot.fit == fit], measure, language) for fit in _SYMBOLS
            ],
            "layout": _layout(limits, top, measure, language),
        },
    )


def _description(
    dots: Sequence[Dot], limits: GeneralizationGapParameters | None, measure: str, language: Language
) -> str:
    counts = {fit: sum(dot.fit == fit for dot in dots) for fit in _SYMBOLS}
    told = ", ".join(
        f"{count} {named(language, 'fit', fit).lower()}" for fit, count in counts.items() if count
    )
    sentences = [say(language, "charts.scatter_dots", told=told)]
    if limits is not None:
        limit = _gap(limits.full_at_most, measure, language)
        target = _value(limits.training_error_target, measure, language)
        sentences.append(say(language, f"charts.scatter_regions_{measure}", limit=limit, target=target))
    return " ".join([*sentences, say(language, "charts.square_root")])


def _value(value: float, measure: str, language: Language) -> str:
    return wording.share(language, value) if measure == "error" else wording.number(language, value)


def _gap(value: float, measure: str, language: Language) -> str:
    return wording.step(language, value) if measure == "error" else wording.number(language, value)


def _trace(fit: Fit, dots: Sequence[Dot], measure: str, language: Language) -> dict[str, Any]:
    symbol, colour = _SYMBOLS[fit]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": named(language, "fit", fit),
        "visible": bool(dots),
        "x": [round(math.sqrt(dot.training), 5) for dot in dots],
        "y": [round(math.sqrt(dot.validation), 5) for dot in dots],
        "text": _texts(dots, fit, measure, language),
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [dot.href for dot in dots],
        "marker": {
            "symbol": symbol,
            "size": 13,
            "color": colour,
            "opacity": 0.9,
            "line": {"width": 1.5, "color": "--card"},
        },
    }


def _texts(dots: Sequence[Dot], fit: Fit, measure: str, language: Language) -> list[str]:
    """What is read at each dot. The sentence is made once: there may be a thousand of them."""
    errors = say(language, "charts.scatter_hover", training="\0", validation="\1")
    # Plotly reads tags in text: a student's name must not be one. And <b> would be an inline style.
    pattern = f"{errors}<br>{named(language, 'fit', fit)}"
    return [
        f"{html.escape(dot.student)}<br>"
        + pattern.replace("\0", _value(dot.training, measure, language)).replace(
            "\1", _value(dot.validation, measure, language)
        )
        for dot in dots
    ]


def _layout(
    limits: GeneralizationGapParameters | None, top: float, measure: str, language: Language
) -> dict[str, Any]:
    edge = math.sqrt(top)
    ticks = _ticks(top, measure, language)
    # A little below zero, so that a dot at zero is whole.
    lowest = -0.03 * edge
    axis = {
        "range": [lowest, edge],
        "tickvals": [math.sqrt(value) for value, _ in ticks],
        "ticktext": [label for _, label in ticks],
        "gridcolor": "--line",
        "zeroline": False,
        "fixedrange": True,
        "tickangle": 0,
    }
    layout: dict[str, Any] = {
        "xaxis": {**axis, "title": {"text": say(language, f"charts.training_{measure}_axis")}},
        "yaxis": {
            **axis,
            "title": {"text": say(language, f"charts.validation_{measure}_axis"), "standoff": 8},
        },
        "margin": {"l": 52, "r": 14, "t": 8, "b": 52},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "showlegend": True,
        "hovermode": "closest",
        "dragmode": False,
    }
    if limits is not None:
        layout |= _regions(limits, lowest, edge, measure, language)
    return layout


def _ticks(top: float, measure: str, language: Language) -> list[tuple[float, str]]:
    if measure == "error":
        shown = [0.0]
        for value in _TICKS_PER_CENT:
            # Near zero there is room for few labels when the axis reaches far.
            if value / 100 <= top and math.sqrt(value / 100) - math.sqrt(shown[-1]) >= 0.09 * math.sqrt(top):
                shown.append(value / 100)
        return [(value, wording.decimal(language, 100 * value, 1)) for value in shown]
    step = top / 5
    return [(i * step, wording.decimal(language, i * step, 2)) for i in range(6)]


def _regions(
    limits: GeneralizationGapParameters, lowest: float, edge: float, measure: str, language: Language
) -> dict[str, Any]:
    gap, target = limits.full_at_most, limits.training_error_target
    # Where the line y = x + gap leaves the picture.
    end = max(edge**2 - gap, 0.0)
    line = [
        (math.sqrt(x), math.sqrt(x + gap))
        for x in (end * (i / _CURVE_STEPS) ** 2 for i in range(_CURVE_STEPS + 1))
    ]
    left = [(lowest, math.sqrt(gap)), *line]
    split = math.sqrt(min(target, end))
    on_line = (split, math.sqrt(split**2 + gap))
    over = [*left, (lowest, edge)]
    balanced = [*[point for point in left if point[0] < split], on_line, (split, lowest), (lowest, lowest)]
    under = [
        on_line,
        *[point for point in left if point[0] > split],
        (edge, edge),
        (edge, lowest),
        (split, lowest),
    ]
    shapes = [
        _area(over, "--region-over"),
        _area(balanced, "--region-balanced"),
        _area(under, "--region-under"),
        _line(left, "--ink", "dash"),
        _line([(split, lowest), on_line], "--quiet", "dot"),
    ]
    above = say(language, "charts.gap_limit", limit=_gap(limits.full_at_most, measure, language))
    labels = [
        _label(f"{named(language, 'fit', 'overfitting')}<br>{above}", lowest, edge, "left", "top"),
        _label(named(language, "fit", "underfitting"), edge, lowest, "right", "bottom"),
        _label(named(language, "fit", "balanced"), lowest, lowest, "left", "bottom"),
    ]
    return {"shapes": shapes, "annotations": labels}


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.5f},{y:.5f}" for x, y in points)


def _area(points: Sequence[tuple[float, float]], colour: str) -> dict[str, Any]:
    return {
        "type": "path",
        "path": f"{_path(points)}Z",
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> dict[str, Any]:
    style = {"width": 1.5, "color": colour, "dash": dash}
    return {"type": "path", "path": _path(points), "line": style, "layer": "below"}


def _label(text: str, x: float, y: float, xanchor: str, yanchor: str) -> dict[str, Any]:
    anchors = {"xanchor": xanchor, "yanchor": yanchor, "align": xanchor}
    return {"text": text, "x": x, "y": y, **anchors, "showarrow": False, "font": {"color": "--quiet"}}
