"""States, verdicts and diagnoses as people read them: always a word, and a sign that is not a colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.messages import FIT_NAMES

if TYPE_CHECKING:
    from graders.report import Fit, Verdict

STATE_NAMES: Final[dict[str, str]] = {
    "queued": "Waiting in the queue",
    "claimed": "Starting",
    "training": "Training",
    "evaluating": "Evaluating",
    "graded": "Graded",
    "failed": "Your code gave no model",
    "errored": "A fault on our side, which costs no attempt: an operator will look at it",
    "cancelled": "Cancelled",
    "superseded": "Replaced by a newer submission",
}
# For a column of a table.
SHORT_STATE_NAMES: Final[dict[str, str]] = {
    **STATE_NAMES,
    "queued": "Waiting",
    "failed": "No model",
    "errored": "Our fault",
    "superseded": "Replaced",
}
_STATE_SIGNS: Final[dict[str, str]] = {
    "queued": "…",
    "claimed": "▸",
    "training": "▸",
    "evaluating": "▸",
    "graded": "✓",
    "failed": "✗",
    "errored": "!",
    "cancelled": "–",
    "superseded": "–",
}
_VERDICTS: Final[dict[Verdict, tuple[str, str]]] = {
    "passed": ("✓", "passed"),
    "partial": ("◐", "partial"),
    "failed": ("✗", "failed"),
    "not_graded": ("–", "not graded"),
}
# The shapes of the dots in the chart of training against validation error, too.
_FIT_SIGNS: Final[dict[Fit, str]] = {
    "underfitting": "▼",
    "overfitting": "▲",
    "balanced": "●",
    "inconclusive": "◆",
}


_SOON_S: Final = 10


@dataclass(frozen=True, kw_only=True)
class Badge:
    """`kind` names the colour in the style sheet; the sign and the word say the same without it."""

    kind: str
    sign: str
    word: str


def state_badge(state: str) -> Badge:
    return Badge(
        kind=f"state-{state}", sign=_STATE_SIGNS.get(state, "–"), word=SHORT_STATE_NAMES.get(state, state)
    )


def verdict_badge(verdict: Verdict) -> Badge:
    sign, word = _VERDICTS[verdict]
    return Badge(kind=f"verdict-{verdict}", sign=sign, word=word)


def fit_badge(fit: Fit) -> Badge:
    return Badge(kind=f"fit-{fit}", sign=_FIT_SIGNS[fit], word=FIT_NAMES[fit])


def per_cent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def starts_in(seconds: float) -> str:
    """Coarse on purpose: it is reckoned, and a line that changes every second tells nobody more."""
    if seconds < _SOON_S:
        return "begins soon"
    step = 10 if seconds < 120 else 60
    return f"begins in about {duration(step * round(seconds / step))}"


def duration(seconds: float) -> str:
    """Coarse, for a glance: 42 s, 5 min, 3 h, 2 days."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(0, seconds) / unit:.0f} {name}"
    return f"{seconds / 86400:.0f} days"
