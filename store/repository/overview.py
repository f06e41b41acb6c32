"""What pages show of many submissions at once: counted and picked by the database, a few queries a page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, func, select

from store.models import Assignment, Course, Enrollment, Run, Submission, User
from store.repository.order import serving_order
from store.repository.states import ACTIVE_OR_QUEUED
from store.repository.submissions import graded_by
from store.repository.vitals import stuck

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class CourseRow:
    id: str
    slug: str
    title: str
    students: int


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Submissions of one assignment by the state of their newest run; `students`: who handed in at all."""

    assignment_id: str
    course_id: str
    students: int = 0
    submissions: int = 0
    graded: int = 0  # with a report: also code that gave no model
    in_progress: int = 0
    attention: int = 0  # errored, or its worker fell silent


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """A run that waits or is worked on. `position` counts the waiting ones of its device from 1."""

    run_id: str
    submission_id: str
    student: str
    assignment_slug: str
    state: str
    attempt: int
    attempts_allowed: int
    device: str
    position: int | None
    created_at: float
    started_at: float | None
    lease_until: float | None


def courses_by_id(session: Session, course_ids: Collection[str]) -> list[CourseRow]:
    students = (
        select(func.count())
        .where(Enrollment.course_id == Course.id, Enrollment.role == "student")
        .scalar_subquery()
    )
    rows = session.execute(
        select(Course.id, Course.slug, Course.title, students)
        .where(Course.id.in_(course_ids))
        .order_by(Course.title)
    )
    return [CourseRow(id=i, slug=slug, title=title, students=count) for i, slug, title, count in rows]


def tallies(
    session: Session, course_ids: Collection[str], *, user_id: str | None = None, now: float | None = None
) -> dict[str, Tally]:
    """By assignment id, of everybody or of one user; assignments without a submission are left out."""
    now = time.time() if now is None else now
    query = (
        select(
            Assignment.id,
            Assignment.course_id,
            func.count(func.distinct(Submission.user_id)),
            func.count(),
            _count_of(Run.state.in_(("graded", "failed"))),
            _count_of(Run.state.in_(ACTIVE_OR_QUEUED)),
            _count_of((Run.state == "errored") | stuck(now=now)),
        )
        .select_from(Assignment)
        .join(Submission, Submission.assignment_id == Assignment.id)
        .join(Run, graded_by())
        .where(Assignment.course_id.in_(course_ids))
        .group_by(Assignment.id, Assignment.course_id)
    )
    if user_id is not None:
        query = query.where(Submission.user_id == user_id)
    names = ("assignment_id", "course_id", "students", "submissions", "graded", "in_progress", "attention")
    found = [Tally(**dict[str, Any](zip(names, row, strict=True))) for row in session.execute(query)]
    return {tally.assignment_id: tally for tally in found}


def waiting_and_running(
    session: Session,
    course_ids: Collection[str],
    *,
    limit: int = 200,
    offset: int = 0,
    now: float | None = None,
) -> list[QueueRow]:
    """Running ones first, then the waiting in the order in which they are served, from `offset` on."""
    waiting = serving_order(time.time() if now is None else now)
    rows = session.execute(
        select(Run, waiting.c.position, User.display_name, Assignment.slug)
        .join(Submission, Submission.id == Run.submission_id)
        .join(User, User.id == Submission.user_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .outerjoin(waiting, (waiting.c.run_id == Run.id) & (waiting.c.state == "queued"))
        .where(Run.state.in_(ACTIVE_OR_QUEUED), Assignment.course_id.in_(course_ids))
        .order_by(case((Run.state == "queued", 1), else_=0), waiting.c.position, Run.created_at)
        .limit(limit)
        .offset(offset)
    )
    return [
        QueueRow(
            run_id=run.id,
            submission_id=run.submission_id,
            student=student,
            assignment_slug=slug,
            state=run.state,
            attempt=run.attempt,
            attempts_allowed=run.attempts_allowed,
            device=run.device,
            position=position,
            created_at=run.created_at,
            started_at=run.started_at,
            lease_until=run.lease_until,
        )
        for run, position, student, slug in rows
    ]


def counts_under_way(session: Session, course_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """(device, state) -> how many runs."""
    rows = session.execute(
        select(Run.device, Run.state, func.count())
        .join(Submission, Submission.id == Run.submission_id)
        .join(Assignment, Assignment.id == Submission.assignment_id)
        .where(Run.state.in_(ACTIVE_OR_QUEUED), Assignment.course_id.in_(course_ids))
        .group_by(Run.device, Run.state)
    )
    return {(device, state): count for device, state, count in rows}


def _count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
