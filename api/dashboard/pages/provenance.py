"""What a run was made with and what it took, and what its model says of itself: names and figures to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api import wording
from api.dashboard.texts import named, say

if TYPE_CHECKING:
    from api.language import Language
    from graders.report import Report

Pairs = tuple[tuple[str, str], ...]


def provenance(report: Report, attempt: int, language: Language) -> Pairs:
    made_with = ((named(language, "measured", name), value) for name, value in report.provenance.items())
    took = (
        (named(language, "measured", name), _figure(name, value, language))
        for name, value in report.resources.items()
    )
    counted = (
        (say(language, "submission.attempt"), str(attempt)),
        (say(language, "submission.spec_version"), str(report.spec_version)),
        (say(language, "submission.evidence_version"), str(report.evidence_version)),
    )
    return (*took, *made_with, *counted)


def claims(report: Report, language: Language) -> Pairs:
    return tuple(
        (named(language, "claimed", name), _claim(value, language)) for name, value in report.claims.items()
    )


def _figure(name: str, value: float, language: Language) -> str:
    """By the unit that its name carries."""
    if name.endswith("_bytes"):
        return wording.size(language, value)
    text = wording.number(language, value)
    return f"{text} s" if name.endswith("_s") else text


def _claim(value: Any, language: Language) -> str:
    if isinstance(value, list | tuple):
        return " → ".join(map(str, value))
    return wording.plain(language, value)
