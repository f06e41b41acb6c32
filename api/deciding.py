"""What instructors decide about grades: points in place of the computed ones, due dates of one's own.

`if_match` is the ETag of what its author has read, as `api.collisions` asks: no decision is lost unseen. All
raise ProblemError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.collisions import require_seen
from api.errors import ProblemError
from api.grades import extension_etag, override_etag
from api.reach import reachable_assignment, require_instructor
from api.security import reachable_submission
from store import repository
from store.engine import transaction
from store.grading import grade_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from api.schemas_grade import ExtensionIn, OverrideIn
    from graders.final_grade import SubmissionGrade
    from store.repository import AssignmentDetails, ExtensionRow, OverrideRow, Principal


def give_override(
    services: Services, who: Principal, submission_id: str, new: OverrideIn, *, if_match: str | None
) -> OverrideRow:
    """An earlier one is withdrawn by it, and stays on record."""
    with transaction(services.engine) as session:
        worth, earlier = judged(session, who, submission_id)
        if new.points > worth.max_points:
            raise ProblemError("validation_failed", "points", most=worth.max_points)
        require_seen(None if earlier is None else override_etag(earlier), if_match)
        return repository.give_override(
            session,
            submission_id=submission_id,
            points=new.points,
            computed_points=worth.computed_points,
            reason=new.reason,
            author_id=who.user_id,
        )


def withdraw_override(
    services: Services, who: Principal, submission_id: str, reason: str | None, *, if_match: str | None
) -> None:
    """The computed points hold again."""
    with transaction(services.engine) as session:
        worth, earlier = judged(session, who, submission_id)
        if earlier is None:
            raise ProblemError("not_found", "override", id=submission_id)
        require_seen(override_etag(earlier), if_match)
        repository.withdraw_override(
            session,
            submission_id=submission_id,
            computed_points=worth.computed_points,
            actor_id=who.user_id,
            reason=reason,
        )


def judged(
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
                return worth, standing_override(session, details)
    raise ProblemError("not_found", "student_left")


def standing_override(session: Session, details: repository.SubmissionDetails) -> OverrideRow | None:
    submission = details.submission
    given = repository.active_overrides(session, submission.assignment_id, user_id=submission.user_id)
    return given.get(submission.id)


def set_extension(
    services: Services, who: Principal, slug: str, user: str, new: ExtensionIn, *, if_match: str | None
) -> ExtensionRow:
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        if assignment.due_at is None:
            raise ProblemError("no_due_date", slug=slug)
        if new.due_at <= assignment.due_at:
            raise ProblemError("validation_failed", "due_at", due_at=f"{assignment.due_at:.0f}")
        user_id = user_id_of(session, user)
        if repository.enrolled_student(session, assignment.id, user_id) is None:
            raise ProblemError("not_found", "student", user=user)
        earlier = extension_of(session, assignment, user_id)
        require_seen(None if earlier is None else extension_etag(earlier), if_match)
        repository.set_extension(
            session,
            assignment_id=assignment.id,
            user_id=user_id,
            due_at=new.due_at,
            reason=new.reason,
            author_id=who.user_id,
        )
        given = extension_of(session, assignment, user_id)
    assert given is not None  # it was set above
    return given


def remove_extension(
    services: Services, who: Principal, slug: str, user: str, reason: str | None, *, if_match: str | None
) -> None:
    """The assignment's own due date holds again."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        user_id = user_id_of(session, user)
        held = repository.enrolled_student(session, assignment.id, user_id)
        earlier = extension_of(session, assignment, user_id)
        if held is None or earlier is None:
            raise ProblemError("not_found", "extension", user=user, slug=slug)
        require_seen(extension_etag(earlier), if_match)
        repository.remove_extension(
            session, assignment_id=assignment.id, user_id=user_id, actor_id=who.user_id, reason=reason
        )


def extension_of(session: Session, assignment: AssignmentDetails, user_id: str) -> ExtensionRow | None:
    return next(iter(repository.extensions(session, assignment.id, user_id=user_id)), None)


def user_id_of(session: Session, name: str) -> str:
    user = repository.user_by_name(session, name)
    # Nobody has an empty id: an unknown name is answered as one that is not in the course.
    return "" if user is None else user.id
