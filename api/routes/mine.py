"""Who somebody is, and what became of what they have handed in, in words."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import documented
from api.feedback import feedback_out
from api.parameters import SubmissionId  # noqa: TC001 - as above
from api.schemas_feedback import CourseOut, FeedbackOut, MeOut
from api.security import LanguageDep, PrincipalDep, reachable_submission
from api.views import submission_out
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
    "/submissions/{submission_id}/feedback",
    responses=documented("unauthenticated", "not_found", "validation_failed"),
)
def get_feedback(
    submission_id: SubmissionId,
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    language: LanguageDep,
) -> FeedbackOut:
    """The report in words, with the lines of code that failed; what there is of it, before it has ended."""
    details, staff = reachable_submission(session, who, submission_id)
    submission = submission_out(
        details,
        staff=staff,
        place=services.queue.place(details.run.id) if details.run.state == "queued" else None,
        waits_for=waits_for(services, details.run),
        language=language,
    )
    return feedback_out(details, submission, staff=staff, language=language)
