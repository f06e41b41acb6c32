"""Of each criterion: how many students pass it, pass it in part, and fail it."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api import wording
from api.dashboard.texts import named, say
from api.dashboard.words import criterion_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.language import Language
    from graders.report import Verdict

# The order in the bars, the token of the colour, and a pattern: colour alone would not tell them apart.
_DRAWN: Final[dict[Verdict, tuple[str, str]]] = {
    "passed": ("--good", ""),
    "partial": ("--warn", "/"),
    "failed": ("--bad", "x"),
    "not_graded": ("--quiet", "."),
}
_ROW_PX: Final = 44


@dataclass(frozen=True, kw_only=True)
class CriterionRate:
    """`students` by verdict; `passed` is their share in 0..1."""

    name: str
    students: dict[str, int]
    passed: float


@dataclass(frozen=True, kw_only=True)
class PassRates:
    """`figure` is what static/charts.js hands to Plotly; `rows` are the table behind it."""

    title: str
    description: str
    verdicts: tuple[str, ...]
    rows: tuple[CriterionRate, ...]
    figure: dict[str, Any]


def pass_rates(
    verdicts: Sequence[Mapping[str, str]], criteria: Sequence[str], language: Language
) -> PassRates | None:
    """`verdicts`: of each student's counted submission, by criterion. None without any."""
    if not verdicts or not criteria:
        return None
    rows = tuple(_rate(criterion, verdicts, language) for criterion in criteria)
    hardest = min(rows, key=lambda row: row.passed)
    return PassRates(
        title=say(language, "charts.pass_title"),
        description=say(
            language, "charts.pass_description", name=hardest.name, share=hardest.passed, count=len(verdicts)
        ),
        verdicts=tuple(named(language, "verdict", verdict) for verdict in _DRAWN),
        rows=rows,
        figure={
            "data": [_bars(verdict, rows, language) for verdict in _DRAWN],
            "layout": _layout(rows, language),
        },
    )


def _rate(criterion: str, verdicts: Sequence[Mapping[str, str]], language: Language) -> CriterionRate:
    counts = Counter(found[criterion] for found in verdicts if criterion in found)
    judged = counts.total()
    return CriterionRate(
        name=criterion_name(criterion, language),
        students={verdict: counts[verdict] for verdict in _DRAWN},
        passed=counts["passed"] / judged if judged else 0.0,
    )


def _bars(verdict: Verdict, rows: tuple[CriterionRate, ...], language: Language) -> dict[str, Any]:
    colour, pattern = _DRAWN[verdict]
    word = named(language, "verdict", verdict)
    totals = [sum(row.students.values()) or 1 for row in rows]
    counts = [row.students[verdict] for row in rows]
    return {
        "type": "bar",
        "orientation": "h",
        "name": word,
        "visible": any(counts),
        # Plotly reads tags in text: a criterion's name must not be one.
        "y": [html.escape(row.name) for row in rows],
        "x": [100 * count / total for count, total in zip(counts, totals, strict=True)],
        "text": [
            say(
                language,
                "charts.pass_hover",
                name=html.escape(row.name),
                verdict=word,
                count=count,
                share=count / total,
            )
            for row, count, total in zip(rows, counts, totals, strict=True)
        ],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": colour,
            "pattern": {
                "shape": pattern,
                "fillmode": "overlay",
                "fgcolor": "--card",
                "size": 7,
                "solidity": 0.2,
            },
            "line": {"width": 1, "color": "--card"},
        },
    }


def _layout(rows: tuple[CriterionRate, ...], language: Language) -> dict[str, Any]:
    return {
        "barmode": "stack",
        "bargap": 0.35,
        "height": 120 + _ROW_PX * len(rows),
        "xaxis": {
            "title": {"text": say(language, "charts.share_axis")},
            "range": [0, 101],
            "tickvals": [0, 25, 50, 75, 100],
            "ticktext": [wording.decimal(language, value, 0) for value in (0, 25, 50, 75, 100)],
            "gridcolor": "--line",
            "fixedrange": True,
            "zeroline": False,
        },
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True, "ticksuffix": " "},
        "margin": {"l": 8, "r": 20, "t": 8, "b": 52},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        "showlegend": True,
        "dragmode": False,
    }
