"""The courses that somebody is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.paging import next_page
from api.parameters import TEXT, CourseSlug, Limit
from api.reach import reachable_course
from api.schemas_course import CourseDetailOut, CoursesOut, NewCourseIn
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.views import API
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from store.repository import CourseSummary, Role

router = APIRouter(prefix="/api/v1/courses", tags=["courses"])


@router.get("", responses=documented("unauthenticated", "validation_failed"))
def list_courses(
    session: ReadingDep,
    who: PrincipalDep,
    after: Annotated[
        str | None,
        Query(max_length=200, pattern=TEXT, description="The last one that was read", examples=["ml-2025"]),
    ] = None,
    limit: Limit = 100,
) -> CoursesOut:
    """Those that you are in, by name; for an admin all of them."""
    roles = repository.course_roles(session, who)
    # One more than is shown tells whether there are others.
    found = repository.course_summaries(session, roles, after=after, limit=limit + 1)
    shown = found[:limit]
    more = len(found) > limit
    return CoursesOut(
        items=[_course_out(course, roles[course.id]) for course in shown],
        next=next_page(router.prefix, after=shown[-1].slug, limit=limit) if more else None,
    )


@router.get("/{course}", responses=documented("unauthenticated", "not_found", "validation_failed"))
def get_course(course: CourseSlug, session: ReadingDep, who: PrincipalDep) -> CourseDetailOut:
    """Its title, your role in it, and how much there is in it."""
    found, role = reachable_course(session, who, course)
    (summary,) = repository.course_summaries(session, [found.id])
    return _course_out(summary, role)


@router.post(
    "",
    status_code=201,
    responses=documented("unauthenticated", "forbidden", "course_taken", "validation_failed"),
)
def create_course(
    new: NewCourseIn, services: ServicesDep, who: PrincipalDep, response: Response
) -> CourseDetailOut:
    """An empty course. For admins, who then enroll its instructors."""
    if not who.acts_as_admin:
        raise ProblemError("forbidden", "courses")
    with transaction(services.engine) as session:
        try:
            course = repository.open_course(
                session, slug=new.slug, title=new.title.strip(), author_id=who.user_id
            )
        except repository.CourseTakenError as error:
            raise ProblemError("course_taken", slug=new.slug) from error
        (summary,) = repository.course_summaries(session, [course.id])
    created = _course_out(summary, "admin")
    response.headers["Location"] = created.links["self"]
    return created


def _course_out(course: CourseSummary, role: Role) -> CourseDetailOut:
    own = f"{API}/courses/{course.slug}"
    return CourseDetailOut(
        slug=course.slug,
        title=course.title,
        role=role,
        assignments=course.assignments,
        students=course.students if repository.is_staff(role) else None,
        created_at=course.created_at,
        links={"self": own, "assignments": f"{API}/assignments?course={course.slug}"},
    )
