"""Submissions that read as if one were copied from the other: the pairs, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dashboard.listing import listing
from api.dashboard.pages.acting_job import JobLine, job_line
from api.dashboard.texts import CATALOGS, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.language import Language
    from store.models import StaffJob
    from store.repository import SubmissionDetails

_PAIRS_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class PairRow:
    href: str
    first: str
    second: str
    share_first: float
    share_second: float
    passages: int


@dataclass(frozen=True, kw_only=True)
class SkippedRow:
    student: str
    href: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SimilarityPage:
    """`checked_at`: None before the first check has ended. `under_way`: a check that has not."""

    slug: str
    checked_at: float | None
    compared: int
    threshold: float
    rows: tuple[PairRow, ...]
    more: int
    skipped: tuple[SkippedRow, ...]
    under_way: JobLine | None
    sent_threshold: str = ""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class MarkedLine:
    """`passages`: which shared ones it is in, counted from 1; `begins`: that one begins here, else 0."""

    text: str
    passages: tuple[int, ...]
    begins: int


@dataclass(frozen=True, kw_only=True)
class Side:
    """`other`: the name of the other side in ids, `a` or `b`."""

    name: str
    other: str
    student: str
    filename: str
    submission_id: str
    share: float
    lines: tuple[MarkedLine, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True)
class PairPage:
    slug: str
    sides: tuple[Side, Side]
    passages: int
    previous_href: str
    next_href: str


def similarity_page(
    slug: str,
    language: Language,
    *,
    ended: StaffJob | None,
    newest: tuple[StaffJob, str] | None,
    named: Mapping[str, str],
    sent_threshold: str = "",
    problem: str = "",
) -> SimilarityPage:
    result: dict[str, Any] = (ended.result if ended else None) or {"pairs": [], "skipped": [], "compared": 0}
    under_way = job_line(*newest, language) if newest else None
    return SimilarityPage(
        slug=slug,
        checked_at=ended.finished_at if ended else None,
        compared=result["compared"],
        threshold=ended.parameters["threshold"] if ended else 0.8,
        rows=tuple(_row(slug, pair, named) for pair in result["pairs"][:_PAIRS_SHOWN]),
        more=max(0, len(result["pairs"]) - _PAIRS_SHOWN),
        skipped=tuple(_skipped(entry, named, language) for entry in result["skipped"]),
        under_way=under_way if under_way and not under_way.is_over else None,
        sent_threshold=sent_threshold,
        problem=problem,
    )


def pair_page(
    slug: str,
    pairs: Sequence[dict[str, Any]],
    index: int,
    first: SubmissionDetails,
    second: SubmissionDetails,
) -> PairPage:
    pair = pairs[index]
    spans = pair["spans"]
    return PairPage(
        slug=slug,
        sides=(
            _side("a", first, pair["share_first"], [(s[0], s[1]) for s in spans]),
            _side("b", second, pair["share_second"], [(s[2], s[3]) for s in spans]),
        ),
        passages=len(spans),
        previous_href=pair_href(slug, pairs[index - 1]) if index else "",
        next_href=pair_href(slug, pairs[index + 1]) if index + 1 < len(pairs) else "",
    )


def pair_href(slug: str, pair: Mapping[str, Any]) -> str:
    return f"/assignments/{slug}/similarity/{pair['first']}/{pair['second']}"


def _side(name: str, details: SubmissionDetails, share: float, spans: Sequence[tuple[int, int]]) -> Side:
    shown = listing(details.submission.source)
    begins: dict[int, int] = {}
    inside: dict[int, list[int]] = {}
    for number, (start, end) in enumerate(spans, 1):
        begins.setdefault(start, number)
        for line in range(start, min(end, len(shown.lines)) + 1):
            inside.setdefault(line, []).append(number)
    return Side(
        name=name,
        other="b" if name == "a" else "a",
        student=details.user_display_name,
        filename=details.submission.filename,
        submission_id=details.submission.id,
        share=share,
        lines=tuple(
            MarkedLine(text=text, passages=tuple(inside.get(number, ())), begins=begins.get(number, 0))
            for number, text in enumerate(shown.lines, 1)
        ),
        left_out=shown.left_out,
    )


def _row(slug: str, pair: dict[str, Any], named: Mapping[str, str]) -> PairRow:
    return PairRow(
        href=pair_href(slug, pair),
        first=named.get(pair["first"], ""),
        second=named.get(pair["second"], ""),
        share_first=pair["share_first"],
        share_second=pair["share_second"],
        passages=len(pair["spans"]),
    )


def _skipped(entry: dict[str, str], named: Mapping[str, str], language: Language) -> SkippedRow:
    key = f"similarity.skipped_{entry['reason']}"
    return SkippedRow(
        student=named.get(entry["submission"], ""),
        href=f"/submissions/{entry['submission']}",
        reason=say(language, key) if key in CATALOGS[language] else entry["reason"],
    )
