"""Assignments and the versions of what they ask."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Row, Select, func, select

from graders.spec import AssignmentSpec, run_digest
from store.ids import new_id
from store.models import Assignment, AssignmentVersion, Enrollment, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.repository.accounts import Principal


@dataclass(frozen=True, kw_only=True)
class AssignmentDetails:
    """An assignment as its newest version asks it. The secret seed stays in the store."""

    id: str
    slug: str
    course_id: str
    due_at: float | None
    version: int
    spec: AssignmentSpec


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """`author`: as people read their name; None: the command line, or an import. `digest`: of what is run."""

    version: int
    author: str | None
    note: str | None
    created_at: float
    digest: str


def create_assignment(
    session: Session,
    *,
    course_id: str,
    spec: AssignmentSpec,
    due_at: float | None = None,
    author_id: str | None = None,
    note: str | None = None,
) -> Assignment:
    """The assignment with `spec` as its version 1, and a new secret seed for its splits."""
    assignment = Assignment(
        id=new_id(),
        slug=spec.slug,
        course_id=course_id,
        secret_seed=secrets.token_bytes(32),
        due_at=due_at,
        created_at=time.time(),
    )
    session.add(assignment)
    session.flush()
    add_assignment_version(session, assignment_id=assignment.id, spec=spec, author_id=author_id, note=note)
    return assignment


def add_assignment_version(
    session: Session,
    *,
    assignment_id: str,
    spec: AssignmentSpec,
    author_id: str | None = None,
    note: str | None = None,
) -> int:
    """Stores `spec` as the newest version and returns its number; earlier submissions keep theirs."""
    newest = session.scalar(
        select(func.max(AssignmentVersion.version)).where(AssignmentVersion.assignment_id == assignment_id)
    )
    version = (newest or 0) + 1
    session.add(
        AssignmentVersion(
            assignment_id=assignment_id,
            version=version,
            spec=spec.model_dump(mode="json"),
            author_id=author_id,
            note=note,
            created_at=time.time(),
        )
    )
    session.flush()
    return version


def assignment_by_slug(session: Session, slug: str, *, hold: bool = False) -> AssignmentDetails | None:
    """`hold`: who else is about to change it waits until the transaction ends."""
    query = _newest_versions().where(Assignment.slug == slug)
    if hold:
        query = query.with_for_update(of=Assignment)
    row = session.execute(query).first()
    return None if row is None else _details(row)


def assignments_for(session: Session, principal: Principal) -> list[AssignmentDetails]:
    """Those of the courses that `principal` is enrolled in; all of them for an administrator."""
    query = _newest_versions().order_by(Assignment.slug)
    if not principal.acts_as_admin:
        query = query.join(Enrollment, Enrollment.course_id == Assignment.course_id).where(
            Enrollment.user_id == principal.user_id
        )
    return [_details(row) for row in session.execute(query)]


def every_assignment(session: Session) -> list[AssignmentDetails]:
    """Of all courses."""
    return [_details(row) for row in session.execute(_newest_versions().order_by(Assignment.id))]


def spec_of_version(session: Session, assignment_id: str, version: int) -> AssignmentSpec:
    """Raises LookupError where there is no such version."""
    found = session.get(AssignmentVersion, (assignment_id, version))
    if found is None:
        raise LookupError(f"assignment {assignment_id} has no version {version}")
    return AssignmentSpec.model_validate(found.spec)


def assignment_versions(
    session: Session, assignment_id: str, *, before: int | None = None, limit: int | None = None
) -> list[VersionRow]:
    """The newest first; those older than the version `before`."""
    query = (
        select(AssignmentVersion, User.display_name)
        .outerjoin(User, User.id == AssignmentVersion.author_id)
        .where(AssignmentVersion.assignment_id == assignment_id)
        .order_by(AssignmentVersion.version.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AssignmentVersion.version < before)
    return [
        VersionRow(
            version=version.version,
            author=author,
            note=version.note,
            created_at=version.created_at,
            digest=run_digest(AssignmentSpec.model_validate(version.spec)),
        )
        for version, author in session.execute(query)
    ]


def _newest_versions() -> Select[Assignment, AssignmentVersion]:
    newest = (
        select(AssignmentVersion.assignment_id, func.max(AssignmentVersion.version).label("version"))
        .group_by(AssignmentVersion.assignment_id)
        .subquery()
    )
    return (
        select(Assignment, AssignmentVersion)
        .join(AssignmentVersion, AssignmentVersion.assignment_id == Assignment.id)
        .join(
            newest,
            (newest.c.assignment_id == AssignmentVersion.assignment_id)
            & (newest.c.version == AssignmentVersion.version),
        )
    )


def _details(row: Row[Assignment, AssignmentVersion]) -> AssignmentDetails:
    assignment, version = row
    return AssignmentDetails(
        id=assignment.id,
        slug=assignment.slug,
        course_id=assignment.course_id,
        due_at=assignment.due_at,
        version=version.version,
        spec=AssignmentSpec.model_validate(version.spec),
    )
