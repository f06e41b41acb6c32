"""What instructors decide about grades: points in place of the computed ones, due dates of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
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


def give_override(
    services: Services, who: repository.Principal, submission_id: str, new: OverrideIn
) -> repository.OverrideRow:
    """An earlier one is withdrawn by it, and stays on record. Raises ProblemError."""
    with transaction(services.engine) as session:
        worth = judged(session, who, submission_id)
        if new.points > worth.max_points:
            raise ProblemError(
                "validation_failed", f"body.points: at most {worth.max_points:g} can be given."
            )
        return repository.give_override(
            session,
            submission_id=submission_id,
            points=new.points,
            computed_points=worth.computed_points,
            reason=new.reason,
            author_id=who.user_id,
        )


def withdraw_override(
    services: Services, who: repository.Principal, submission_id: str, reason: str | None
) -> None:
    """The computed points hold again. Raises ProblemError."""
    with transaction(services.engine) as session:
        worth = judged(session, who, submission_id)
        withdrawn = repository.withdraw_override(
            session,
            submission_id=submission_id,
            computed_points=worth.computed_points,
            actor_id=who.user_id,
            reason=reason,
        )
        if not withdrawn:
            raise ProblemError("not_found", f"Submission {submission_id} has no override.")


def judged(session: Session, who: repository.Principal, submission_id: str) -> SubmissionGrade:
    """What the submission is worth, for who may decide about it."""
    details, _ = reachable_submission(session, who, submission_id)
    require_instructor(repository.course_role(session, who, details.course_id))
    assignment, _ = reachable_assignment(session, who, details.assignment_slug)
    rows = repository.gradebook(session, assignment.id, user_id=details.submission.user_id)
    for row in rows:
        for worth in grade_row(row, assignment).submissions:
            if worth.id == submission_id:
                return worth
    raise ProblemError("not_found", "Whoever handed this in is no longer in the course.")


def set_extension(
    services: Services, who: repository.Principal, slug: str, user: str, new: ExtensionIn
) -> repository.ExtensionRow:
    """In place of an earlier one. Raises ProblemError."""
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
        given = repository.set_extension(
            session,
            assignment_id=assignment.id,
            user_id=user_id,
            due_at=new.due_at,
            reason=new.reason,
            author_id=who.user_id,
        )
        if not given:
            raise ProblemError("not_found", f"There is no student {user!r} in this course.")
        (extension,) = repository.extensions(session, assignment.id, user_id=user_id)
        return extension


def remove_extension(
    services: Services, who: repository.Principal, slug: str, user: str, reason: str | None
) -> None:
    """The assignment's own due date holds again. Raises ProblemError."""
    with transaction(services.engine) as session:
        assignment, role = reachable_assignment(session, who, slug)
        require_instructor(role)
        removed = repository.remove_extension(
            session,
            assignment_id=assignment.id,
            user_id=_user_id(session, user),
            actor_id=who.user_id,
            reason=reason,
        )
        if not removed:
            raise ProblemError("not_found", f"{user!r} has no extension of {slug!r}.")


def _user_id(session: Session, name: str) -> str:
    user = repository.user_by_name(session, name)
    # Nobody has an empty id: an unknown name is answered as one that is not in the course.
    return "" if user is None else user.id
