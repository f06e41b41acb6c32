"""Grades: read by students and staff, and what instructors decide about them."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api import deciding
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.grades import grade_out, grade_row_out, grades, grades_csv, override_out, own_grade
from api.reach import reachable_assignment, require_staff
from api.schemas_grade import (
    ChoiceIn,
    ChoiceOut,
    ExtensionIn,
    ExtensionOut,
    ExtensionsOut,
    GradeOut,
    GradesOut,
    OverrideIn,
    OverrideOut,
    Reason,
)
from api.security import PrincipalDep  # noqa: TC001 - as above
from store import repository
from store.engine import transaction

router = APIRouter(prefix="/api/v1", tags=["grades"])
_STAFF = documented("unauthenticated", "forbidden", "not_found", "validation_failed")
ReasonDep = Annotated[Reason | None, Query(description="Why; it is kept in the audit")]


@router.get("/assignments/{slug}/grades", responses=_STAFF)
def get_grades(slug: str, session: ReadingDep, who: PrincipalDep) -> GradesOut:
    """Every student's grade, and how it came about."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return GradesOut(
        assignment=slug,
        max_points=round(assignment.spec.max_points, 2),
        counting=assignment.spec.counting,
        due_at=assignment.due_at,
        items=[grade_row_out(student, assignment) for student in grades(session, assignment)],
    )


@router.get(
    "/assignments/{slug}/grades.csv",
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **_STAFF},
    response_class=Response,
)
def get_grades_csv(slug: str, session: ReadingDep, who: PrincipalDep) -> Response:
    """The same, one line a student, for a spreadsheet."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return Response(
        grades_csv(grades(session, assignment), assignment),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="grades-{assignment.slug}.csv"'},
    )


@router.get(
    "/assignments/{slug}/grades/me",
    responses=documented("unauthenticated", "not_found", "validation_failed"),
)
def get_own_grade(slug: str, session: ReadingDep, who: PrincipalDep) -> GradeOut:
    """Yours, without what is hidden from you while you can still hand in."""
    assignment, _ = reachable_assignment(session, who, slug)
    own = own_grade(session, assignment, who.user_id, now=time.time())
    if own is None:
        raise ProblemError("not_found", f"You are not enrolled in the course of {slug!r}.")
    return grade_out(own, assignment)


@router.put(
    "/assignments/{slug}/choice",
    responses=documented("unauthenticated", "not_found", "no_choice", "validation_failed"),
)
def choose_submission(slug: str, chosen: ChoiceIn, services: ServicesDep, who: PrincipalDep) -> ChoiceOut:
    """Which of your submissions is to count."""
    with transaction(services.engine) as session:
        assignment, _ = reachable_assignment(session, who, slug)
        if assignment.spec.counting != "chosen":
            raise ProblemError("no_choice", f"Of {slug!r}, the {assignment.spec.counting} submission counts.")
        done = repository.choose(
            session, assignment_id=assignment.id, user_id=who.user_id, submission_id=chosen.submission
        )
        if not done:
            raise ProblemError("not_found", f"You have no submission {chosen.submission} to {slug!r}.")
    return ChoiceOut(submission=chosen.submission)


@router.get("/assignments/{slug}/extensions", responses=_STAFF)
def list_extensions(slug: str, session: ReadingDep, who: PrincipalDep) -> ExtensionsOut:
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    return ExtensionsOut(
        items=[_extension_out(extension) for extension in repository.extensions(session, assignment.id)]
    )


@router.put(
    "/assignments/{slug}/extensions/{user}",
    responses=documented("unauthenticated", "forbidden", "not_found", "no_due_date", "validation_failed"),
)
def put_extension(
    slug: str, user: str, new: ExtensionIn, services: ServicesDep, who: PrincipalDep
) -> ExtensionOut:
    """A due date of one student's own, in place of an earlier one."""
    return _extension_out(deciding.set_extension(services, who, slug, user, new))


@router.delete("/assignments/{slug}/extensions/{user}", status_code=204, responses=_STAFF)
def delete_extension(
    slug: str, user: str, services: ServicesDep, who: PrincipalDep, reason: ReasonDep = None
) -> None:
    """The assignment's own due date holds again."""
    deciding.remove_extension(services, who, slug, user, reason)


@router.post("/submissions/{submission_id}/override", status_code=201, responses=_STAFF)
def post_override(
    submission_id: str, new: OverrideIn, services: ServicesDep, who: PrincipalDep
) -> OverrideOut:
    """Points in place of the computed ones. An earlier override is withdrawn by it, and stays on record."""
    return override_out(deciding.give_override(services, who, submission_id, new))


@router.delete("/submissions/{submission_id}/override", status_code=204, responses=_STAFF)
def delete_override(
    submission_id: str, services: ServicesDep, who: PrincipalDep, reason: ReasonDep = None
) -> None:
    """The computed points hold again."""
    deciding.withdraw_override(services, who, submission_id, reason)


def _extension_out(extension: repository.ExtensionRow) -> ExtensionOut:
    return ExtensionOut(
        user=extension.user,
        display_name=extension.display_name,
        due_at=extension.due_at,
        reason=extension.reason,
        author=extension.author,
        created_at=extension.created_at,
    )
