"""Who somebody is, what they have handed in, and what became of it in words."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import documented
from api.feedback import feedback_out
from api.parameters import SubmissionId  # noqa: TC001 - as above
from api.reach import reachable_assignment
from api.schemas_feedback import CourseOut, FeedbackOut, MeOut, SubmissionsOut
from api.security import PrincipalDep, reachable_submission
from api.views import API, submission_out
from api.waiting import waits_for
from store import repository

router = APIRouter(prefix="/api/v1", tags=["mine"])


@router.get("/me", responses=documented("unauthenticated"))
def get_me(session: ReadingDep, who: PrincipalDep) -> MeOut:
    """Whose token this is, and their courses."""
    roles = repository.course_roles(session, who)
    slugs: dict[str, list[str]] = {}
    for assignment in repository.assignments_for(session, who):
        slugs.setdefault(assignment.course_id, []).append(assignment.slug)
    return MeOut(
        user=who.name,
        display_name=who.display_name,
        role=who.role,
        courses=[
            CourseOut(
                slug=course.slug,
                title=course.title,
                role=roles[course.id],
                assignments=slugs.get(course.id, []),
            )
            for course in repository.courses_by_id(session, roles)
        ],
    )


@router.get(
    "/submissions",
    responses=documented("unauthenticated", "not_found", "validation_failed"),
)
def list_own_submissions(  # noqa: PLR0917 - FastAPI passes by name
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    assignment: Annotated[
        str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="Slug; all if left out")
    ] = None,
    before: Annotated[
        str | None, Query(max_length=64, pattern=r"^[0-9a-f-]*$", description="Id: only older ones")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SubmissionsOut:
    """Yours, the newest first."""
    assignment_id, roles = None, repository.course_roles(session, who)
    if assignment is not None:
        assignment_id = reachable_assignment(session, who, assignment)[0].id
    found = repository.recent_submissions(
        session, user_id=who.user_id, assignment_id=assignment_id, before_id=before, limit=limit
    )
    items = [
        submission_out(
            details,
            staff=repository.is_staff(roles.get(details.course_id)),
            place=services.queue.place(details.run.id) if details.run.state == "queued" else None,
            waits_for=waits_for(services, details.run),
        )
        for details in found
    ]
    following = {"assignment": assignment, "before": items[-1].id if items else None, "limit": limit}
    query = urlencode({name: value for name, value in following.items() if value is not None})
    return SubmissionsOut(items=items, next=f"{API}/submissions?{query}" if len(items) == limit else None)


@router.get(
    "/submissions/{submission_id}/feedback",
    responses=documented("unauthenticated", "not_found", "validation_failed"),
)
def get_feedback(
    submission_id: SubmissionId, session: ReadingDep, who: PrincipalDep, services: ServicesDep
) -> FeedbackOut:
    """The report in words, with the lines of code that failed; what there is of it, before it has ended."""
    details, staff = reachable_submission(session, who, submission_id)
    submission = submission_out(
        details,
        staff=staff,
        place=services.queue.place(details.run.id) if details.run.state == "queued" else None,
        waits_for=waits_for(services, details.run),
    )
    return feedback_out(details, submission, staff=staff)
