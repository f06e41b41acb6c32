"""Submissions in lists: one's own, and for staff those of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.paging import next_page
from api.parameters import TEXT, AssignmentSlug, CourseSlug, Limit
from api.reach import reachable_assignment, reachable_course
from api.schemas_feedback import SubmissionsOut
from api.security import LanguageDep, PrincipalDep  # noqa: TC001 - as above
from api.views import API, submission_out
from api.waiting import waits_for
from store import repository
from store.repository import State  # noqa: TC001 - as above

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from api.language import Language
    from store.repository import Principal

router = APIRouter(prefix="/api/v1", tags=["submissions"])
_READING = documented("unauthenticated", "not_found", "validation_failed")
_YEAR_3000 = 32_503_680_000
OfAssignment = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=TEXT,
        description="Slug; all if left out",
        examples=["iris-single-layer"],
    ),
]
StudentName = Annotated[
    str | None, Query(max_length=200, pattern=TEXT, description="Their login", examples=["ana-popescu"])
]
Flagged = Annotated[
    bool | None, Query(description="Whether a person is to look at it. For staff", examples=[True])
]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What every list of submissions may be asked for, besides whose and of what."""

    state: list[State]
    since: float | None
    before: str | None
    limit: int
    language: Language
    # As it was asked for in the address, so that the next page is in it too.
    asked_language: str | None


def _wanted(  # noqa: PLR0917 - FastAPI passes by name
    request: Request,
    language: LanguageDep,
    state: Annotated[
        list[State],
        Query(
            max_length=9,
            description="Of the run that counts; several may be given",
            examples=[["graded", "failed"]],
        ),
    ] = [],  # noqa: B006 - FastAPI copies it
    since: Annotated[
        float | None,
        Query(
            ge=0,
            le=_YEAR_3000,
            allow_inf_nan=False,
            description="Handed in then or later, UTC seconds",
            examples=[1795629600],
        ),
    ] = None,
    before: Annotated[
        str | None,
        Query(
            max_length=64,
            pattern=r"^[0-9a-f-]+$",
            description="Id: only older ones",
            examples=["01a2119c-4f3e-7d10-9c1b-5a7e1d0b2f44"],
        ),
    ] = None,
    limit: Limit = 20,
) -> Wanted:
    return Wanted(
        state=state,
        since=since,
        before=before,
        limit=limit,
        language=language,
        asked_language=request.query_params.get("language"),
    )


WantedDep = Annotated[Wanted, Depends(_wanted)]


@router.get("/submissions", responses=_READING)
def list_own_submissions(
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    wanted: WantedDep,
    assignment: OfAssignment = None,
) -> SubmissionsOut:
    """Yours, the newest first."""
    assignment_id = None
    if assignment is not None:
        assignment_id = reachable_assignment(session, who, assignment)[0].id
    return _page(
        services,
        session,
        who,
        wanted,
        address=f"{API}/submissions",
        asked={"assignment": assignment},
        which={"user_id": who.user_id, "assignment_id": assignment_id},
    )


@router.get(
    "/courses/{course}/submissions",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def list_course_submissions(  # noqa: PLR0917 - FastAPI passes by name
    course: CourseSlug,
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    wanted: WantedDep,
    assignment: OfAssignment = None,
    student: StudentName = None,
    flagged: Flagged = None,
) -> SubmissionsOut:
    """Of the whole class for its staff, their own for students; the newest first."""
    found, role = reachable_course(session, who, course)
    which: dict[str, Any] = {"course_ids": [found.id]}
    if assignment is not None:
        asked, _ = reachable_assignment(session, who, assignment)
        which["assignment_id"] = asked.id
    return _page(
        services,
        session,
        who,
        wanted,
        address=f"{API}/courses/{course}/submissions",
        asked={"assignment": assignment, "student": student, "flagged": flagged},
        which=which | _of_whom(who, role, student=student, flagged=flagged),
    )


@router.get(
    "/assignments/{slug}/submissions",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def list_assignment_submissions(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    wanted: WantedDep,
    student: StudentName = None,
    flagged: Flagged = None,
) -> SubmissionsOut:
    """Of the whole class for its staff, their own for students; the newest first."""
    assignment, role = reachable_assignment(session, who, slug)
    return _page(
        services,
        session,
        who,
        wanted,
        address=f"{API}/assignments/{slug}/submissions",
        asked={"student": student, "flagged": flagged},
        which={"assignment_id": assignment.id} | _of_whom(who, role, student=student, flagged=flagged),
    )


def _of_whom(
    who: Principal, role: repository.Role, *, student: str | None, flagged: bool | None
) -> dict[str, Any]:
    """Students read their own alone, and flags not at all."""
    if repository.is_staff(role):
        return {"student": student, "flagged": flagged}
    if flagged is not None or student not in {None, who.name}:
        raise ProblemError("forbidden", "staff")
    return {"user_id": who.user_id}


def _page(
    services: Services,
    session: Session,
    who: Principal,
    wanted: Wanted,
    *,
    address: str,
    asked: dict[str, Any],
    which: dict[str, Any],
) -> SubmissionsOut:
    roles = repository.course_roles(session, who)
    found = repository.recent_submissions(
        session,
        **which,
        states=wanted.state,
        since=wanted.since,
        before_id=wanted.before,
        # One more than is shown tells whether there are others.
        limit=wanted.limit + 1,
    )
    shown = found[: wanted.limit]
    items = [
        submission_out(
            details,
            staff=repository.is_staff(roles.get(details.course_id)),
            place=services.queue.place(details.run.id) if details.run.state == "queued" else None,
            waits_for=waits_for(services, details.run),
            language=wanted.language,
        )
        for details in shown
    ]
    if len(found) == len(shown):
        return SubmissionsOut(items=items, next=None)
    again = {"state": wanted.state, "since": wanted.since, "limit": wanted.limit}
    following = next_page(
        address, **asked, **again, language=wanted.asked_language, before=items[-1].id
    )
    return SubmissionsOut(items=items, next=following)
