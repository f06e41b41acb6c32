"""From what a student handed in to the grade: lateness, which submission counts, what a person decided.

A report's points are of one submission; a grade is of one student on one assignment. It says which submission
gives it and why, in codes, so that nobody has to reckon it again by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graders.report import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.spec import Counting, LatePolicy

DAY_S = 86_400
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """One submission. `points`: of its newest report, 0 for code that failed, None where there is no report.

    `at_s`: when it was handed in, in seconds since any one moment. `max_points` are those of the report, or,
    without one, of the assignment. `override_points`: what a person gave it instead, after lateness.
    """

    id: str
    at_s: float
    points: float | None
    max_points: float
    override_points: float | None = None


@dataclass(frozen=True, kw_only=True)
class SubmissionGrade:
    """What one submission is worth: `points` after lateness and override, None while it does not count.

    `computed_points`: after lateness, before an override. `late_days`: begun ones, which cost `taken` points.
    """

    id: str
    at_s: float
    reported_points: float | None
    computed_points: float | None
    override_points: float | None
    points: float | None
    max_points: float
    late_days: int
    late_percent: float
    taken: float
    after_cut_off: bool


@dataclass(frozen=True, kw_only=True)
class FinalGrade:
    """`points` 0..`max_points`, two decimals, best `max_points`; None while no submission counts.

    `counts`: the submission that gives the points. `submissions`: all of them, in the order of handing in.
    `due_at_s`: the student's own due date.
    """

    points: float | None
    max_points: float | None
    counts: SubmissionGrade | None
    due_at_s: float | None
    messages: tuple[Message, ...]
    submissions: tuple[SubmissionGrade, ...]


def grade_of(
    submissions: Sequence[HandedIn],
    *,
    due_at_s: float | None = None,
    extended_to_s: float | None = None,
    late: LatePolicy | None = None,
    counting: Counting = "best",
    chosen: str | None = None,
) -> FinalGrade:
    """One student's grade on one assignment. Same values in, same grade out.

    A submission counts when it has a report or an override: one that we could not run, that was cancelled or
    that still waits is nobody's zero. `best` is the best after lateness and overrides, of equals the one that
    came first; `last` the one handed in last; `chosen` the chosen one, and the best while that does not
    count. Days are begun periods of 24 h after the due date, at which exactly it is in time; `extended_to_s`
    takes its place where it is later, so that an extension never takes anything. What comes after the cut-off
    is worth 0 and still is the last. Raises ValueError for points that are not finite, and for a maximum
    below 0.

    >>> from graders.spec import LatePolicy
    >>> late = LatePolicy(percent_per_day=10, cut_off_days=7)
    >>> monday = HandedIn(id="a", at_s=0, points=7, max_points=10)
    >>> thursday = HandedIn(id="b", at_s=2.5 * DAY_S, points=9.5, max_points=10)
    >>> grade = grade_of([monday, thursday], due_at_s=DAY_S, late=late)
    >>> grade.points, grade.counts.id, grade.counts.late_days, grade.counts.taken
    (7.6, 'b', 2, 1.9)
    >>> [message.code for message in grade.messages]
    ['grade.best', 'grade.late']
    """
    due = _own_due(due_at_s, extended_to_s)
    ordered = sorted(submissions, key=lambda handed_in: (handed_in.at_s, handed_in.id))
    judged = tuple(_worth(handed_in, due, late) for handed_in in ordered)
    counts, why = _counting(judged, counting, chosen)
    messages = [why, *_extended(due_at_s, due)]
    if counts is not None:
        messages += _explained(counts, late)
    return FinalGrade(
        points=None if counts is None else counts.points,
        max_points=None if counts is None else counts.max_points,
        counts=counts,
        due_at_s=due,
        messages=tuple(messages),
        submissions=judged,
    )


def closes_at_s(
    *, due_at_s: float | None, extended_to_s: float | None = None, late: LatePolicy | None = None
) -> float | None:
    """From when on what is handed in is worth nothing; the due date itself where lateness costs nothing.

    None: there is no due date.

    >>> from graders.spec import LatePolicy
    >>> closes_at_s(due_at_s=0.0, late=LatePolicy(percent_per_day=50))  # the second day takes the rest
    86400.0
    """
    due = _own_due(due_at_s, extended_to_s)
    if due is None or late is None:
        return due
    days = [] if late.cut_off_days is None else [late.cut_off_days]
    if late.percent_per_day * _MILLION >= 1:  # less than that takes nothing, see _kept
        days.append(math.ceil(100 / late.percent_per_day) - 1)
    return due + min(days) * DAY_S if days else due


def _own_due(due_at_s: float | None, extended_to_s: float | None) -> float | None:
    if due_at_s is None or extended_to_s is None:
        return due_at_s
    return max(due_at_s, extended_to_s)


def _worth(handed_in: HandedIn, due_at_s: float | None, late: LatePolicy | None) -> SubmissionGrade:
    numbers = (handed_in.points, handed_in.override_points, handed_in.max_points, handed_in.at_s)
    if not all(number is None or math.isfinite(number) for number in numbers) or handed_in.max_points < 0:
        raise ValueError(f"submission {handed_in.id}: {numbers} are not points, a maximum and a time")
    late_s = 0.0 if due_at_s is None else max(0.0, handed_in.at_s - due_at_s)
    days = math.ceil(late_s / DAY_S)
    after_cut_off = late is not None and late.cut_off_days is not None and late_s > late.cut_off_days * DAY_S
    percent = 0.0 if late is None else min(100.0, days * late.percent_per_day)
    percent = 100.0 if after_cut_off else percent
    reported = None if handed_in.points is None else _within(handed_in.points, handed_in.max_points)
    computed = None if reported is None else _kept(reported, percent)
    override = handed_in.override_points
    override = None if override is None else _within(override, handed_in.max_points)
    return SubmissionGrade(
        id=handed_in.id,
        at_s=handed_in.at_s,
        reported_points=reported,
        computed_points=computed,
        override_points=override,
        points=computed if override is None else override,
        max_points=_kept(handed_in.max_points, 0),
        late_days=days,
        late_percent=percent,
        taken=0.0 if reported is None or computed is None else round(reported - computed, 2),
        after_cut_off=after_cut_off,
    )


def _counting(
    judged: tuple[SubmissionGrade, ...], counting: Counting, chosen: str | None
) -> tuple[SubmissionGrade | None, Message]:
    """The submission that counts, and the code that says why this one."""
    able = [submission for submission in judged if submission.points is not None]
    if not able:
        code = "grade.nothing_counts" if judged else "grade.nothing_handed_in"
        return None, Message(code=code, parameters={"of": len(judged)})
    # `max` keeps the first of equals, which are in the order of handing in.
    best = max(able, key=lambda submission: submission.points or 0.0)
    counts, code = (able[-1], "grade.last") if counting == "last" else (best, "grade.best")
    if counting == "chosen":
        counts, code = best, "grade.not_chosen_yet" if chosen is None else "grade.chosen_does_not_count"
        for submission in able:
            if submission.id == chosen:
                counts, code = submission, "grade.chosen"
    elif len(able) == 1:
        code = "grade.only"
    return counts, Message(code=code, parameters={"of": len(able)})


def _extended(due_at_s: float | None, own_due_s: float | None) -> tuple[Message, ...]:
    if due_at_s is None or own_due_s is None or own_due_s <= due_at_s:
        return ()
    told = {"days": round((own_due_s - due_at_s) / DAY_S, 2), "due_at": own_due_s}
    return (Message(code="grade.extended", parameters=told),)


def _explained(counts: SubmissionGrade, late: LatePolicy | None) -> list[Message]:
    """Where the points come from: first what lateness took, then what a person gave instead."""
    messages = []
    told = {"days": counts.late_days, "percent": counts.late_percent, "taken": counts.taken}
    if counts.after_cut_off and late is not None:
        cut_off = told | {"cut_off_days": late.cut_off_days}
        messages.append(Message(code="grade.after_cut_off", parameters=cut_off))
    elif counts.late_percent > 0:
        messages.append(Message(code="grade.late", parameters=told))
    elif counts.late_days > 0:
        messages.append(Message(code="grade.late_costs_nothing", parameters=told))
    if counts.override_points is not None:
        given = {"points": counts.override_points}
        if counts.computed_points is None:
            messages.append(Message(code="grade.given_without_report", parameters=given))
        else:
            replaced = given | {"computed": counts.computed_points}
            messages.append(Message(code="grade.overridden", parameters=replaced))
    return messages


def _within(points: float, max_points: float) -> float:
    """0..max_points, in two decimals."""
    return _kept(min(max(points, 0.0), max_points), 0)


def _kept(points: float, percent: float) -> float:
    """What `percent` leaves, halves of a hundredth going up, as a student reckons it on paper.

    In whole numbers: as floats, 15 % off 9.5 leaves a little less than 8.075. Grows with `points`.

    >>> _kept(9.5, 15)
    8.08
    """
    kept = round(points * _MILLION) * round((100 - percent) * _MILLION)
    hundredth = _MILLION * _MILLION
    return (2 * kept + hundredth) // (2 * hundredth) / 100
