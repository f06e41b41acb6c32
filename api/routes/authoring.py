"""Assignments as instructors write them: a document in, versions kept, nothing of it seen by students."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime  # noqa: TC002 - FastAPI reads it at run time

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - as above
from api.errors import ProblemError, documented
from api.reach import reachable_assignment, require_instructor, require_staff
from api.schemas import AssignmentOut  # noqa: TC001 - as above
from api.schemas_authoring import (
    AuthoredOut,
    CheckedOut,
    DueDateIn,
    OlderGradesOut,
    PublishedOut,
    VersionOut,
    VersionsOut,
)
from api.security import PrincipalDep, principal
from api.spec_upload import (
    MEDIA_TYPES,
    SentSpecDep,
    document_of,
    etag,
    fault_out,
    form_asked,
    placed,
    seen_versions,
    spec_invalid,
    warnings_out,
)
from api.views import API, assignment_out
from graders.spec import run_digest
from graders.spec_document import Fault, SpecDocument, SpecError, read_document, spec_schema, write_spec
from graders.spec_places import shown
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

router = APIRouter(prefix="/api/v1", tags=["authoring"])

_SCHEMA_AT = f"{API}/schemas/assignment.json"
_DOCUMENT = {"schema": {"type": "object", "description": f"As {_SCHEMA_AT} says."}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": _DOCUMENT, "application/json": _DOCUMENT},
    }
}
_SENT = (
    "unauthenticated",
    "forbidden",
    "too_large",
    "unsupported_media_type",
    "not_utf8",
    "validation_failed",
)
# First of all: nobody unknown makes us read a body.
_KNOWN = [Depends(principal)]
Note = Annotated[
    str | None,
    Query(max_length=1000, pattern=r"^[^\x00]*$", description="For the list of versions: what, and why"),
]
Version = Annotated[int | None, Query(ge=1, le=10**9, description="Without it: the newest")]


@router.get("/schemas/assignment.json", response_class=JSONResponse)
def assignment_schema() -> JSONResponse:
    """JSON Schema (2020-12) of an assignment's document, for editors. Anybody may read it."""
    return JSONResponse(spec_schema(), media_type="application/schema+json")


@router.post(
    "/courses/{course}/assignments",
    status_code=201,
    dependencies=_KNOWN,
    openapi_extra=_BODY,
    responses=documented(*_SENT, "not_found", "spec_invalid", "slug_taken"),
)
def create_assignment(  # noqa: PLR0917 - FastAPI gives them by name
    course: str,
    sent: SentSpecDep,
    session: ReadingDep,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    due_at: Annotated[
        AwareDatetime | None, Query(description="RFC 3339, with its offset: 2026-12-01T23:59:00+02:00")
    ] = None,
    note: Note = None,
) -> AuthoredOut:
    """A new assignment of the course, at its version 1. For instructors."""
    found = repository.course_by_slug(session, course)
    role = None if found is None else repository.course_role(session, who, found.id)
    if found is None or role is None:
        raise ProblemError("not_found", f"You have no course {course!r}.")
    require_instructor(role)
    document = document_of(sent)
    due = None if due_at is None else due_at.timestamp()
    with transaction(services.engine) as writing:
        _require_data(writing, document, {found.id})
        try:
            repository.author_assignment(
                writing, course_id=found.id, spec=document.spec, author_id=who.user_id, due_at=due, note=note
            )
        except repository.SlugTakenError as error:
            raise ProblemError(
                "slug_taken",
                f"There is an assignment {document.spec.slug!r}; its name is unique in the service.",
            ) from error
    response.headers["Location"] = f"{API}/assignments/{document.spec.slug}"
    response.headers["ETag"] = etag(1)
    return AuthoredOut(
        slug=document.spec.slug,
        version=1,
        due_at=due,
        warnings=warnings_out(document),
        links=_links(document.spec.slug),
    )


@router.post(
    "/assignments/validate",
    dependencies=_KNOWN,
    openapi_extra=_BODY,
    responses=documented(*_SENT, "not_found"),
)
def validate_assignment(
    sent: SentSpecDep,
    session: ReadingDep,
    who: PrincipalDep,
    course: Annotated[
        str | None, Query(description="Whose data sets may be named; else those of all your courses")
    ] = None,
) -> CheckedOut:
    """What would be said of the document; nothing is stored. For course staff."""
    course_ids = _staffed(session, who, course)
    try:
        document = read_document(sent.text, form=sent.form)
    except SpecError as error:
        return CheckedOut(valid=False, faults=[fault_out(fault) for fault in error.faults], warnings=[])
    faults = placed(repository.data_faults(session, course_ids=course_ids, spec=document.spec), document)
    return CheckedOut(
        valid=not faults,
        faults=[fault_out(fault) for fault in faults],
        warnings=warnings_out(document),
        max_points=document.spec.max_points,
    )


@router.put(
    "/assignments/{slug}/spec",
    dependencies=_KNOWN,
    openapi_extra=_BODY,
    responses=documented(*_SENT, "not_found", "spec_invalid", "version_conflict", "if_match_required"),
)
def publish_version(  # noqa: PLR0917 - as above
    slug: str,
    sent: SentSpecDep,
    session: ReadingDep,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: Annotated[
        str | None, Header(description='ETag of the version that yours was made from: `"3"`')
    ] = None,
    note: Note = None,
) -> PublishedOut:
    """A new version, by which every later submission is judged. For instructors.

    Stored grades stay as they are: the answer counts the submissions that were graded under older versions,
    and of those the ones for which a regrade suffices, because what is run has not changed.
    """
    assignment, role = reachable_assignment(session, who, slug)
    require_instructor(role)
    made_from = seen_versions(if_match)
    document = document_of(sent)
    if document.spec.slug != slug:
        message = f"{shown(document.spec.slug)} is another assignment's"
        raise spec_invalid(placed([Fault(path="slug", message=message, allowed=slug)], document))
    with transaction(services.engine) as writing:
        _require_data(writing, document, {assignment.course_id})
        try:
            version = repository.publish_version(
                writing,
                assignment_id=assignment.id,
                spec=document.spec,
                author_id=who.user_id,
                made_from=made_from,
                note=note,
            )
        except repository.VersionConflictError as conflict:
            raise _conflict(slug, conflict.newest, if_match) from conflict
        older = repository.older_grades(writing, assignment.id)
    response.headers["ETag"] = etag(version)
    return PublishedOut(
        slug=slug,
        version=version,
        due_at=assignment.due_at,
        warnings=warnings_out(document),
        links=_links(slug),
        published=version != assignment.version,
        graded_under_older_versions=OlderGradesOut(
            submissions=older.regrade_suffices + older.need_new_runs,
            regrade_suffices=older.regrade_suffices,
            need_new_runs=older.need_new_runs,
        ),
    )


@router.get(
    "/assignments/{slug}/spec",
    response_class=Response,
    responses={
        200: {"content": {"application/yaml": _DOCUMENT, "application/json": _DOCUMENT}},
        **documented("unauthenticated", "forbidden", "not_found", "not_acceptable", "validation_failed"),
    },
)
def read_version(
    slug: str,
    session: ReadingDep,
    who: PrincipalDep,
    version: Version = None,
    accept: Annotated[str | None, Header(description="YAML unless JSON is preferred")] = None,
) -> Response:
    """The document of a version, with its number as the ETag. For course staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    form = form_asked(accept)
    number = assignment.version if version is None else version
    if number > assignment.version:
        raise ProblemError(
            "not_found", f"{slug} has no version {number}; the newest is {assignment.version}."
        )
    spec = repository.spec_of_version(session, assignment.id, number)
    media_type = next(name for name, of in MEDIA_TYPES.items() if of == form)
    headers = {"ETag": etag(number), "Vary": "Accept"}
    return Response(write_spec(spec, form=form), media_type=media_type, headers=headers)


@router.get(
    "/assignments/{slug}/versions",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def list_versions(slug: str, session: ReadingDep, who: PrincipalDep) -> VersionsOut:
    """Every version, the newest first. For course staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    newest = run_digest(assignment.spec)
    items = [
        VersionOut(
            version=row.version,
            author=row.author,
            note=row.note,
            created_at=row.created_at,
            runs_as_newest=row.digest == newest,
            links={"spec": f"{API}/assignments/{slug}/spec?version={row.version}"},
        )
        for row in repository.assignment_versions(session, assignment.id)
    ]
    return VersionsOut(items=items)


@router.patch(
    "/assignments/{slug}",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def move_due_date(
    slug: str, change: DueDateIn, session: ReadingDep, services: ServicesDep, who: PrincipalDep
) -> AssignmentOut:
    """Another due date, or none. For instructors. What is late is reckoned anew whenever grades are read."""
    assignment, role = reachable_assignment(session, who, slug)
    require_instructor(role)
    due_at = None if change.due_at is None else change.due_at.timestamp()
    with transaction(services.engine) as writing:
        repository.move_due_date(writing, assignment_id=assignment.id, due_at=due_at, author_id=who.user_id)
        changed = repository.assignment_by_slug(writing, slug)
    assert changed is not None  # assignments are never deleted
    return assignment_out(changed)


def _staffed(session: Session, who: repository.Principal, course: str | None) -> Collection[str]:
    """Ids of the courses whose data sets may be named. Raises ProblemError."""
    roles = repository.course_roles(session, who)
    if course is not None:
        found = repository.course_by_slug(session, course)
        if found is None or found.id not in roles:
            raise ProblemError("not_found", f"You have no course {course!r}.")
        roles = {found.id: roles[found.id]}
    staffed = [course_id for course_id, role in roles.items() if repository.is_staff(role)]
    if not (who.acts_as_admin and course is None):
        require_staff(max(roles.values(), key=repository.is_staff, default=None))
    return staffed


def _require_data(session: Session, document: SpecDocument, course_ids: Collection[str]) -> None:
    faults: Sequence[Fault] = repository.data_faults(
        session, course_ids=course_ids, spec=document.spec, hold=True
    )
    if faults:
        raise spec_invalid(placed(faults, document))


def _conflict(slug: str, newest: int, if_match: str | None) -> ProblemError:
    detail = (
        f"Version {newest} is the newest, and yours was made from {if_match}. Read it at "
        f"{API}/assignments/{slug}/spec, bring both together, and send that with its ETag."
    )
    return ProblemError("version_conflict", detail, headers={"ETag": etag(newest)})


def _links(slug: str) -> dict[str, str]:
    own = f"{API}/assignments/{slug}"
    return {
        "self": own,
        "spec": f"{own}/spec",
        "versions": f"{own}/versions",
        "schema": _SCHEMA_AT,
        "page": f"/assignments/{slug}",
    }
