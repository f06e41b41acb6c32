"""The people of a course, for its instructors."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.people import give_role, import_roster, managed_course, remove_person
from api.schemas_people import (
    CoursePart,
    CourseRole,
    EnrollmentIn,
    EnrollmentOut,
    EnrollmentsOut,
    RosterOut,
    RosterRowOut,
    UserPart,
)
from api.security import PrincipalDep  # noqa: TC001 - as above
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from store.repository import PersonRow, RosterStep

router = APIRouter(prefix="/api/v1/courses/{course}", tags=["people"])
_STAFF: Final = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_CSV: Final = {"type": "string", "description": "A header with name,email and, if wanted, role and login"}
_EXAMPLE: Final = "name,email\nAna Popescu,ana.popescu@example.org\n"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": _CSV, "example": _EXAMPLE},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
                "example": {"file": _EXAMPLE},
            },
        },
    }
}
_LOGIN: Final = r"^[^\x00]*$"


@router.post(
    "/roster",
    responses=documented(*_STAFF, "bad_request", "too_large", "unsupported_media_type", "roster_invalid"),
    openapi_extra=_BODY,
)
async def post_roster(
    course: CoursePart,
    request: Request,
    services: ServicesDep,
    who: PrincipalDep,
    dry_run: Annotated[bool, Query(description="Only say what would be done", examples=[True])] = False,
) -> RosterOut:
    """Everybody on the list is in the course afterwards; who has no account gets one.

    Sending it again changes nothing. Nobody is removed, and no account that is there is changed but for its
    role in this course, where the list has roles. A file with a fault changes nothing: each is told with its
    line.
    """
    content = await read_roster_upload(request)
    steps = await run_in_threadpool(import_roster, services, who, course, content, dry_run=dry_run)
    return RosterOut(
        dry_run=dry_run,
        counts=dict(Counter(step.outcome for step in steps)),
        rows=[_row_out(step) for step in steps],
    )


@router.get("/enrollments", responses=documented(*_STAFF))
def list_enrollments(  # noqa: PLR0917 - FastAPI passes by name
    course: CoursePart,
    session: ReadingDep,
    who: PrincipalDep,
    role: Annotated[CourseRole | None, Query(description="Of this role alone", examples=["student"])] = None,
    after: Annotated[
        str | None,
        Query(
            max_length=254,
            pattern=_LOGIN,
            description="Login of the last that was read",
            examples=["ana-popescu"],
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most", examples=[100])] = 100,
) -> EnrollmentsOut:
    """Who is in the course, by name."""
    found, _ = managed_course(session, who, course)
    # One more than is shown tells whether there are others.
    people = repository.people_of(
        session, found.id, now=time.time(), role=role, after=after, limit=limit + 1
    )
    shown = people[:limit]
    asked = {"limit": limit, **({} if role is None else {"role": role})}
    query = {**asked, "after": shown[-1].user if shown else ""}
    following = f"/api/v1/courses/{course}/enrollments?{urlencode(query)}"
    return EnrollmentsOut(
        items=[_enrollment_out(person) for person in shown], next=following if len(people) > limit else None
    )


@router.put("/enrollments/{user}", responses=documented(*_STAFF, "bad_request", "own_role"))
def put_enrollment(  # noqa: PLR0917 - FastAPI passes by name
    course: CoursePart,
    user: UserPart,
    new: EnrollmentIn,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
) -> EnrollmentOut:
    """Somebody who has an account: into the course, or into another role there. Never one above your own."""
    if give_role(services, who, course, user, new.role):
        response.status_code = 201
    with reading(services.engine) as session:
        found, _ = managed_course(session, who, course)
        account = repository.user_by_name(session, user)
        people = (
            []
            if account is None
            else repository.people_of(session, found.id, now=time.time(), user_id=account.id)
        )
    if not people:
        raise ProblemError("not_found", "removed", user=user)
    return _enrollment_out(people[0])


@router.delete("/enrollments/{user}", status_code=204, responses=documented(*_STAFF, "own_role"))
def delete_enrollment(course: CoursePart, user: UserPart, services: ServicesDep, who: PrincipalDep) -> None:
    """Out of the course. What they handed in stays, and counts again when they come back."""
    remove_person(services, who, course, user)


async def read_roster_upload(request: Request) -> bytes:
    """Raises ProblemError."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "text/csv":
        return await request.body()
    if content_type != "multipart/form-data":
        raise ProblemError("unsupported_media_type", "list")
    async with request.form(max_files=1, max_fields=10) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            raise ProblemError("validation_failed", "no_file")
        return await upload.read()


def _row_out(step: RosterStep) -> RosterRowOut:
    return RosterRowOut(
        line=step.row.line,
        user=step.login,
        display_name=step.row.name,
        email=step.row.email,
        role=step.role,
        outcome=step.outcome,
        was=step.was,
        reason=step.reason,
    )


def _enrollment_out(person: PersonRow) -> EnrollmentOut:
    return EnrollmentOut(
        user=person.user,
        display_name=person.display_name,
        email=person.email,
        role=person.role,
        signs_in=person.signs_in,
        invited_until=person.invited_until,
    )
