"""States, verdicts and diagnoses as people read them: always a word, and a sign that is not a colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.dashboard.texts import named, say
from api.starters.sources import lab_of
from graders.labs import LABS

if TYPE_CHECKING:
    from api.language import Language
    from graders.report import Fit, Verdict
    from graders.spec import AssignmentSpec

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
_VERDICT_SIGNS: Final[dict[Verdict, str]] = {"passed": "✓", "partial": "◐", "failed": "✗", "not_graded": "–"}
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


def state_badge(language: Language, state: str) -> Badge:
    word = named(language, "short_state", state)
    return Badge(kind=f"state-{state}", sign=_STATE_SIGNS.get(state, "–"), word=word)


def verdict_badge(language: Language, verdict: Verdict) -> Badge:
    word = named(language, "verdict", verdict)
    return Badge(kind=f"verdict-{verdict}", sign=_VERDICT_SIGNS[verdict], word=word)


def fit_badge(language: Language, fit: Fit) -> Badge:
    return Badge(kind=f"fit-{fit}", sign=_FIT_SIGNS[fit], word=named(language, "fit", fit))


def starts_in(language: Language, seconds: float) -> str:
    """Coarse on purpose: it is reckoned, and a line that changes every second tells nobody more."""
    if seconds < _SOON_S:
        return say(language, "queue.soon")
    step = 10 if seconds < 120 else 60
    return say(language, "queue.starts_in", time=duration(language, step * round(seconds / step)))


def duration(language: Language, seconds: float) -> str:
    """Coarse, for a glance: 42 s, 5 min, 3 h, 2 days."""
    for limit, unit, key in (
        (120, 1, "frame.seconds"),
        (7200, 60, "frame.minutes"),
        (172800, 3600, "frame.hours"),
    ):
        if seconds < limit:
            return say(language, key, count=round(max(0, seconds) / unit))
    return say(language, "frame.days", count=round(seconds / 86400))


def criterion_name(criterion_id: str, language: Language) -> str:
    """Those of the built-in labs in each language; of any other, as its author named it."""
    return named(language, "criterion", criterion_id)


def description_of(spec: AssignmentSpec, language: Language) -> str:
    """A built-in lab's in each language; of any other, as its author wrote it."""
    lab = lab_of(spec)
    if lab is not None and spec.description == LABS[lab].description:
        return say(language, f"lab.{lab.replace('-', '_')}")
    return spec.description
