"""Assignments' documents as staff read and try them; nothing here changes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import JSONResponse

from api import authoring
from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError, documented
from api.paging import next_page
from api.parameters import TEXT, AssignmentSlug, ManyLimit
from api.reach import reachable_assignment, require_staff
from api.schemas_authoring import CheckedOut, VersionOut, VersionsOut
from api.security import LanguageDep, PrincipalDep  # noqa: TC001 - as above
from api.spec_upload import (
    DOCUMENTS,
    KNOWN_FIRST,
    MEDIA_TYPES,
    SENDING,
    SPEC_BODY,
    SentSpecDep,
    etag,
    fault_out,
    form_asked,
    warnings_out,
)
from api.views import API
from graders.spec import run_digest
from graders.spec_document import spec_schema, write_spec
from store import repository

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

router = APIRouter(prefix="/api/v1", tags=["authoring"])
_SCHEMA = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}


class SchemaResponse(JSONResponse):
    media_type = "application/schema+json"


Version = Annotated[int | None, Query(ge=1, le=10**9, description="Without it: the newest", examples=[2])]


@router.get(
    "/schemas/assignment.json",
    response_class=SchemaResponse,
    responses={
        200: {"content": {"application/schema+json": {"schema": {"type": "object"}, "example": _SCHEMA}}}
    },
)
def assignment_schema() -> SchemaResponse:
    """JSON Schema (2020-12) of an assignment's document, for editors. Anybody may read it."""
    return SchemaResponse(spec_schema())


@router.post(
    "/assignments/validate",
    dependencies=KNOWN_FIRST,
    openapi_extra=SPEC_BODY,
    responses=documented(*SENDING, "not_found"),
)
def validate_assignment(
    sent: SentSpecDep,
    session: ReadingDep,
    who: PrincipalDep,
    language: LanguageDep,
    course: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=TEXT,
            description="Whose data sets may be named; else those of all your courses",
            examples=["ml-2026"],
        ),
    ] = None,
) -> CheckedOut:
    """What would be said of the document; nothing is stored. For course staff."""
    course_ids = _staffed(session, who, course)
    found = authoring.check(session, sent.text, form=sent.form, course_ids=course_ids)
    document = found.document
    return CheckedOut(
        valid=document is not None,
        faults=[fault_out(fault, language) for fault in found.faults],
        warnings=[] if document is None else warnings_out(document, language),
        max_points=None if document is None else document.spec.max_points,
    )


@router.get(
    "/assignments/{slug}/spec",
    response_class=Response,
    responses={
        200: {"content": DOCUMENTS},
        **documented("unauthenticated", "forbidden", "not_found", "not_acceptable", "validation_failed"),
    },
)
def read_version(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    version: Version = None,
    accept: Annotated[
        str | None, Header(description="YAML unless JSON is preferred", examples=["application/json"])
    ] = None,
) -> Response:
    """The document of a version, with its number as the ETag. For course staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    form = form_asked(accept)
    number = assignment.version if version is None else version
    if number > assignment.version:
        newest = str(assignment.version)
        raise ProblemError("not_found", "newest_version", slug=slug, version=str(number), newest=newest)
    spec = repository.spec_of_version(session, assignment.id, number)
    media_type = next(name for name, of in MEDIA_TYPES.items() if of == form)
    headers = {"ETag": etag(number), "Vary": "Accept"}
    return Response(write_spec(spec, form=form), media_type=media_type, headers=headers)


@router.get(
    "/assignments/{slug}/versions",
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def list_versions(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    before: Annotated[
        int | None, Query(ge=1, le=10**9, description="The last version that was read", examples=[3])
    ] = None,
    limit: ManyLimit = 1000,
) -> VersionsOut:
    """Every version, the newest first. For course staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    newest = run_digest(assignment.spec)
    own = f"{API}/assignments/{slug}"
    # One more than is shown tells whether there are others.
    found = repository.assignment_versions(session, assignment.id, before=before, limit=limit + 1)
    items = [
        VersionOut(
            version=row.version,
            author=row.author,
            note=row.note,
            created_at=row.created_at,
            runs_as_newest=row.digest == newest,
            links={"spec": f"{own}/spec?version={row.version}"},
        )
        for row in found[:limit]
    ]
    more = len(found) > limit
    following = next_page(f"{own}/versions", before=items[-1].version, limit=limit) if more else None
    return VersionsOut(items=items, next=following)


def _staffed(session: Session, who: repository.Principal, course: str | None) -> Collection[str]:
    """Ids of the courses whose data sets may be named. Raises ProblemError."""
    roles = repository.course_roles(session, who)
    if course is not None:
        found = repository.course_by_slug(session, course)
        if found is None or found.id not in roles:
            raise ProblemError("not_found", "course", slug=course)
        roles = {found.id: roles[found.id]}
    staffed = [course_id for course_id, role in roles.items() if repository.is_staff(role)]
    if not (who.acts_as_admin and course is None):
        require_staff(max(roles.values(), key=repository.is_staff, default=None))
    return staffed
