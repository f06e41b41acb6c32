"""Courses: listed for who may enter them, and opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from store.models import Assignment, Course, Enrollment
from store.repository.accounts import course_by_slug, create_course
from store.repository.audit import audit

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ScalarSelect
    from sqlalchemy.orm import Session


class CourseTakenError(Exception):
    """Another course has this name in addresses."""


@dataclass(frozen=True, kw_only=True)
class CourseSummary:
    id: str
    slug: str
    title: str
    created_at: float
    students: int
    assignments: int


def course_summaries(
    session: Session, course_ids: Collection[str], *, after: str | None = None, limit: int = 100
) -> list[CourseSummary]:
    """Of these courses, by slug; those after the slug `after`."""
    students = _number_of(Enrollment.course_id, Enrollment.role == "student")
    assignments = _number_of(Assignment.course_id)
    query = (
        select(Course, students, assignments)
        .where(Course.id.in_(course_ids))
        .order_by(Course.slug)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Course.slug > after)
    return [
        CourseSummary(
            id=course.id,
            slug=course.slug,
            title=course.title,
            created_at=course.created_at,
            students=enrolled,
            assignments=asked,
        )
        for course, enrolled, asked in session.execute(query)
    ]


def open_course(session: Session, *, slug: str, title: str, author_id: str) -> Course:
    """`create_course` by a person. Raises CourseTakenError."""
    if course_by_slug(session, slug) is not None:
        raise CourseTakenError(slug)
    try:
        course = create_course(session, slug=slug, title=title)
    except IntegrityError as error:
        # Another transaction took the slug since it was looked for.
        raise CourseTakenError(slug) from error
    audit(
        session,
        actor_id=author_id,
        action="course.created",
        subject=course.id,
        course_id=course.id,
        detail={"slug": slug, "title": title},
    )
    return course


def _number_of(course_id: Any, *which: Any) -> ScalarSelect[int]:
    return select(func.count()).where(course_id == Course.id, *which).scalar_subquery()
