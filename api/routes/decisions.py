"""What instructors decide about grades: a due date of one's own, points in place of the computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from api.collisions import IfMatch, require_seen
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.grades import extension_etag, extension_out, override_etag, override_out
from api.paging import Cursor, next_page, page_of
from api.parameters import AssignmentSlug, ManyLimit, SubmissionId, UserName  # noqa: TC001 - as above
from api.reach import reachable_assignment, require_instructor, require_staff
from api.schemas_grade import ExtensionIn, ExtensionOut, ExtensionsOut, OverrideIn, OverrideOut, Reason
from api.security import PrincipalDep, reachable_submission
from api.views import API
from store import repository
from store.engine import transaction
from store.grading import grade_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from graders.final_grade import SubmissionGrade
    from store.repository import AssignmentDetails, ExtensionRow, OverrideRow, Principal

router = APIRouter(prefix="/api/v1", tags=["grades"])
_READING = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_CHANGING = (*_READING, "if_match_required", "changed_meanwhile")
ReasonDep = Annotated[
    Reason | None, Query(description="Why; it is kept in the audit", examples=["Given by mistake"])
]


@router.get("/assignments/{slug}/extensions", responses=documented(*_READING))
def list_extensions(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> ExtensionsOut:
    """Everybody who has a due date of their own. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = repository.extensions(session, assignment.id)
    shown, cursor = page_of(found, lambda each: (each.display_name, each.user), after=after, limit=limit)
    own = f"{API}/assignments/{slug}/extensions"
    return ExtensionsOut(
        items=[extension_out(extension) for extension in shown],
        next=next_page(own, limit=limit, after=cursor) if cursor else None,
    )


@router.get("/assignments/{slug}/extensions/{user}", responses=documented(*_READING))
def get_extension(
    slug: AssignmentSlug, user: UserName, session: ReadingDep, who: PrincipalDep, response: Response
) -> ExtensionOut:
    """One student's own due date, with the ETag that changing it asks for. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    found = _extension(session, assignment, _user_id(session, user))
    if found is None:
        raise ProblemError("not_found", f"{user!r} has no extension of {slug!r}.")
    response.headers["ETag"] = extension_etag(found)
    return extension_out(found)


@router.put("/assignments/{slug}/extensions/{user}", responses=documented(*_CHANGING, "no_due_date"))
def put_extension(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    user: UserName,
    new: ExtensionIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExtensionOut:
    """A due date of one student's own. In place of an earlier one only with its ETag."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        if assignment.due_at is None:
            raise ProblemError("no_due_date", f"Nothing handed in to {slug!r} is late.")
        if new.due_at <= assignment.due_at:
            raise ProblemError(
                "validation_failed", f"body.due_at: must be after the due date, {assignment.due_at:.0f}."
            )
        user_id = _user_id(session, user)
        if repository.enrolled_student(session, assignment.id, user_id) is None:
            raise ProblemError("not_found", f"There is no student {user!r} in this course.")
        earlier = _extension(session, assignment, user_id)
        require_seen(None if earlier is None else extension_etag(earlier), if_match)
        repository.set_extension(
            session,
            assignment_id=assignment.id,
            user_id=user_id,
            due_at=new.due_at,
            reason=new.reason,
            author_id=who.user_id,
        )
        given = _extension(session, assignment, user_id)
    assert given is not None  # it was set above
    response.headers["ETag"] = extension_etag(given)
    return extension_out(given)


@router.delete("/assignments/{slug}/extensions/{user}", status_code=204, responses=documented(*_CHANGING))
def delete_extension(  # noqa: PLR0917 - as above
    slug: AssignmentSlug,
    user: UserName,
    services: ServicesDep,
    who: PrincipalDep,
    reason: ReasonDep = None,
    if_match: IfMatch = None,
) -> None:
    """The assignment's own due date holds again."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        user_id = _user_id(session, user)
        held = repository.enrolled_student(session, assignment.id, user_id)
        earlier = _extension(session, assignment, user_id)
        if held is None or earlier is None:
            raise ProblemError("not_found", f"{user!r} has no extension of {slug!r}.")
        require_seen(extension_etag(earlier), if_match)
        repository.remove_extension(
            session, assignment_id=assignment.id, user_id=user_id, actor_id=who.user_id, reason=reason
        )


@router.get("/submissions/{submission_id}/override", responses=documented(*_READING))
def get_override(
    submission_id: SubmissionId, session: ReadingDep, who: PrincipalDep, response: Response
) -> OverrideOut:
    """The points that a person gave, with the ETag that changing them asks for. For staff."""
    details, staff = reachable_submission(session, who, submission_id)
    if not staff:
        raise ProblemError("forbidden", "This is for the graders and instructors of the course.")
    found = _override(session, details)
    if found is None:
        raise ProblemError("not_found", f"Submission {submission_id} has no override.")
    response.headers["ETag"] = override_etag(found)
    return override_out(found)


@router.post("/submissions/{submission_id}/override", status_code=201, responses=documented(*_CHANGING))
def post_override(  # noqa: PLR0917 - as above
    submission_id: SubmissionId,
    new: OverrideIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> OverrideOut:
    """Points in place of the computed ones. An earlier override is withdrawn by it, and stays on record."""
    with transaction(services.engine) as session:
        worth, earlier = _judged(session, who, submission_id)
        if new.points > worth.max_points:
            raise ProblemError(
                "validation_failed", f"body.points: at most {worth.max_points:g} can be given."
            )
        require_seen(None if earlier is None else override_etag(earlier), if_match)
        given = repository.give_override(
            session,
            submission_id=submission_id,
            points=new.points,
            computed_points=worth.computed_points,
            reason=new.reason,
            author_id=who.user_id,
        )
    response.headers["ETag"] = override_etag(given)
    return override_out(given)


@router.delete("/submissions/{submission_id}/override", status_code=204, responses=documented(*_CHANGING))
def delete_override(
    submission_id: SubmissionId,
    services: ServicesDep,
    who: PrincipalDep,
    reason: ReasonDep = None,
    if_match: IfMatch = None,
) -> None:
    """The computed points hold again."""
    with transaction(services.engine) as session:
        worth, earlier = _judged(session, who, submission_id)
        if earlier is None:
            raise ProblemError("not_found", f"Submission {submission_id} has no override.")
        require_seen(override_etag(earlier), if_match)
        repository.withdraw_override(
            session,
            submission_id=submission_id,
            computed_points=worth.computed_points,
            actor_id=who.user_id,
            reason=reason,
        )


def _judged(
    session: Session, who: Principal, submission_id: str
) -> tuple[SubmissionGrade, OverrideRow | None]:
    """What the submission is worth, and the override that stands; held for who may decide about it."""
    details, _ = reachable_submission(session, who, submission_id)
    require_instructor(repository.course_role(session, who, details.course_id))
    repository.hold_submission(session, submission_id)
    assignment, _ = reachable_assignment(session, who, details.assignment_slug)
    for row in repository.gradebook(session, assignment.id, user_id=details.submission.user_id):
        for worth in grade_row(row, assignment).submissions:
            if worth.id == submission_id:
                return worth, _override(session, details)
    raise ProblemError("not_found", "Whoever handed this in is no longer in the course.")


def _override(session: Session, details: repository.SubmissionDetails) -> OverrideRow | None:
    given = repository.active_overrides(
        session, details.submission.assignment_id, user_id=details.submission.user_id
    )
    return given.get(details.submission.id)


def _extension(session: Session, assignment: AssignmentDetails, user_id: str) -> ExtensionRow | None:
    return next(iter(repository.extensions(session, assignment.id, user_id=user_id)), None)


def _user_id(session: Session, name: str) -> str:
    user = repository.user_by_name(session, name)
    # Nobody has an empty id: an unknown name is answered as one that is not in the course.
    return "" if user is None else user.id
