"""Opening a course: what API and dashboard do alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import ProblemError
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from api.dependencies import Services
    from api.schemas_course import NewCourseIn
    from store.repository import CourseSummary, Principal


def require_opener(who: Principal) -> None:
    """Raises forbidden for who is no administrator."""
    if not who.acts_as_admin:
        raise ProblemError("forbidden", "courses")


def open_course(services: Services, who: Principal, new: NewCourseIn) -> CourseSummary:
    """An empty course. Raises forbidden for who is no administrator, and course_taken."""
    require_opener(who)
    with transaction(services.engine) as session:
        try:
            course = repository.open_course(
                session, slug=new.slug, title=new.title.strip(), author_id=who.user_id
            )
        except repository.CourseTakenError as error:
            raise ProblemError("course_taken", slug=new.slug) from error
        (summary,) = repository.course_summaries(session, [course.id])
    return summary
