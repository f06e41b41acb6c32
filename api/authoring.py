"""Assignments as instructors write them: checked, created, published; for the API and the editor alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors import ProblemError
from api.reach import reachable_assignment, reachable_course, require_instructor
from api.spec_upload import spec_invalid
from graders.spec_document import Fault, SpecDocument, SpecError, read_document
from graders.spec_places import shown
from graders.spec_sentences import in_spec
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from graders.spec_document import Form
    from store.models import Course


@dataclass(frozen=True, kw_only=True)
class Checked:
    """`document` only where there is no fault."""

    document: SpecDocument | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Published:
    """`is_new`: False when the newest version asked just this already."""

    assignment: repository.AssignmentDetails
    version: int
    is_new: bool
    older: repository.OlderGrades


def check(
    session: Session, text: str, *, form: Form, course_ids: Collection[str], slug: str | None = None
) -> Checked:
    """What would be said of the document: its form first, and where that is right, the data it names.

    `slug`: of the assignment that it is to be a version of; None: it may be any.
    """
    try:
        document = read_document(text, form=form)
    except SpecError as error:
        return Checked(document=None, faults=error.faults)
    faults = repository.data_faults(session, course_ids=course_ids, spec=document.spec)
    placed = tuple(document.placed(fault) for fault in faults)
    foreign = None if slug is None else slug_fault(document, slug)
    placed = placed if foreign is None else (foreign, *placed)
    return Checked(document=None if placed else document, faults=placed)


def create(
    services: Services,
    who: repository.Principal,
    course: str,
    document: SpecDocument,
    *,
    due_at: float | None = None,
    note: str | None = None,
) -> None:
    """A new assignment of the course, at its version 1. Raises ProblemError."""
    with transaction(services.engine) as session:
        course_id = instructed_course(session, who, course).id
        _require_data(session, document, course_id)
        try:
            repository.author_assignment(
                session,
                course_id=course_id,
                spec=document.spec,
                author_id=who.user_id,
                due_at=due_at,
                note=note,
            )
        except repository.SlugTakenError as error:
            raise ProblemError("slug_taken", slug=document.spec.slug) from error


def publish(
    services: Services,
    who: repository.Principal,
    slug: str,
    document: SpecDocument,
    *,
    made_from: Collection[int] | None,
    note: str | None,
    draft: str = "",
) -> Published:
    """`draft`: the revision that is done with by this, if there is one.

    Raises ProblemError, and VersionConflictError when somebody published since `made_from`.
    """
    require_own_slug(document, slug)
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        _require_data(session, document, assignment.course_id)
        version = repository.publish_version(
            session,
            assignment_id=assignment.id,
            spec=document.spec,
            author_id=who.user_id,
            made_from=made_from,
            note=note,
        )
        if draft:
            repository.clear_draft(session, assignment_id=assignment.id, revision=draft)
        return Published(
            assignment=assignment,
            version=version,
            is_new=version != assignment.version,
            older=repository.older_grades(session, assignment.id),
        )


def instructed_course(session: Session, who: repository.Principal, slug: str) -> Course:
    """Raises not_found, and forbidden for those who may not write assignments there."""
    found, role = reachable_course(session, who, slug)
    require_instructor(role)
    return found


def require_own_slug(document: SpecDocument, slug: str) -> None:
    """A version of another name would be another assignment. Raises ProblemError."""
    fault = slug_fault(document, slug)
    if fault is not None:
        raise spec_invalid([fault])


def slug_fault(document: SpecDocument, slug: str) -> Fault | None:
    if document.spec.slug == slug:
        return None
    foreign = in_spec("another_slug", value=shown(document.spec.slug))
    return document.placed(Fault(path="slug", said=foreign, allowed=slug))


def _require_data(session: Session, document: SpecDocument, course_id: str) -> None:
    faults = repository.data_faults(session, course_ids=[course_id], spec=document.spec, hold=True)
    if faults:
        raise spec_invalid([document.placed(fault) for fault in faults])
