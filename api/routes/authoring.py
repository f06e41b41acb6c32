"""Assignments as instructors write them: created, published as versions, given another due date."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api import authoring
from api.collisions import IfMatch, require_seen
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.parameters import AssignmentSlug, CourseSlug  # noqa: TC001 - as above
from api.reach import reachable_assignment, require_instructor
from api.schemas import AssignmentOut  # noqa: TC001 - as above
from api.schemas_authoring import AuthoredOut, DueDateIn, Moment, OlderGradesOut, PublishedOut
from api.security import LanguageDep, PrincipalDep  # noqa: TC001 - as above
from api.spec_upload import (
    KNOWN_FIRST,
    SCHEMA_AT,
    SENDING,
    SPEC_BODY,
    SentSpecDep,
    document_of,
    etag,
    seen_versions,
    warnings_out,
)
from api.views import API, assignment_out, due_date_etag
from store import repository
from store.engine import transaction

router = APIRouter(prefix="/api/v1", tags=["authoring"])

Note = Annotated[
    str | None,
    Query(
        max_length=1000,
        pattern=r"^[^\x00]*$",
        description="For the list of versions: what, and why",
        examples=["The gap may be 6 % now"],
    ),
]


@router.post(
    "/courses/{course}/assignments",
    status_code=201,
    dependencies=KNOWN_FIRST,
    openapi_extra=SPEC_BODY,
    responses=documented(*SENDING, "not_found", "spec_invalid", "slug_taken"),
)
def create_assignment(  # noqa: PLR0917 - FastAPI gives them by name
    course: CourseSlug,
    sent: SentSpecDep,
    session: ReadingDep,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    language: LanguageDep,
    due_at: Annotated[
        Moment | None,
        Query(
            description="RFC 3339, with its offset: 2026-12-01T23:59:00+02:00",
            examples=["2026-12-01T23:59:00+02:00"],
        ),
    ] = None,
    note: Note = None,
) -> AuthoredOut:
    """A new assignment of the course, at its version 1. For instructors."""
    # Whoever may not write assignments here learns that first, and nothing of their document.
    authoring.instructed_course(session, who, course)
    document = document_of(sent)
    due = None if due_at is None else due_at.timestamp()
    authoring.create(services, who, course, document, due_at=due, note=note)
    response.headers["Location"] = f"{API}/assignments/{document.spec.slug}"
    response.headers["ETag"] = etag(1)
    return AuthoredOut(
        slug=document.spec.slug,
        version=1,
        due_at=due,
        warnings=warnings_out(document, language),
        links=_links(document.spec.slug),
    )


@router.put(
    "/assignments/{slug}/spec",
    dependencies=KNOWN_FIRST,
    openapi_extra=SPEC_BODY,
    responses=documented(*SENDING, "not_found", "spec_invalid", "version_conflict", "if_match_required"),
)
def publish_version(  # noqa: PLR0917 - as above
    slug: AssignmentSlug,
    sent: SentSpecDep,
    session: ReadingDep,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    language: LanguageDep,
    if_match: Annotated[
        str | None,
        Header(description='ETag of the version that yours was made from: `"3"`', examples=['"3"']),
    ] = None,
    note: Note = None,
) -> PublishedOut:
    """A new version, by which every later submission is judged. For instructors.

    Stored grades stay as they are: the answer counts the submissions that were graded under older versions,
    and of those the ones for which a regrade suffices, because what is run has not changed.
    """
    _, role = reachable_assignment(session, who, slug)
    require_instructor(role)
    made_from = seen_versions(if_match)
    document = document_of(sent)
    try:
        done = authoring.publish(services, who, slug, document, made_from=made_from, note=note)
    except repository.VersionConflictError as conflict:
        raise _conflict(slug, conflict.newest, if_match) from conflict
    response.headers["ETag"] = etag(done.version)
    older = done.older
    return PublishedOut(
        slug=slug,
        version=done.version,
        due_at=done.assignment.due_at,
        warnings=warnings_out(document, language),
        links=_links(slug),
        published=done.is_new,
        graded_under_older_versions=OlderGradesOut(
            submissions=older.regrade_suffices + older.need_new_runs,
            regrade_suffices=older.regrade_suffices,
            need_new_runs=older.need_new_runs,
        ),
    )


@router.patch(
    "/assignments/{slug}",
    responses=documented(
        "unauthenticated", "forbidden", "not_found", "validation_failed", "changed_meanwhile"
    ),
)
def move_due_date(  # noqa: PLR0917 - as above
    slug: AssignmentSlug,
    change: DueDateIn,
    session: ReadingDep,
    services: ServicesDep,
    who: PrincipalDep,
    response: Response,
    if_match: IfMatch = None,
) -> AssignmentOut:
    """Another due date, or none. For instructors. What is late is reckoned anew whenever grades are read.

    With the ETag of `GET /assignments/{slug}` as If-Match, only if nobody else has moved it meanwhile.
    """
    assignment, role = reachable_assignment(session, who, slug)
    require_instructor(role)
    due_at = None if change.due_at is None else change.due_at.timestamp()
    with transaction(services.engine) as writing:
        if if_match is not None:
            held = repository.assignment_by_slug(writing, slug, hold=True)
            require_seen(None if held is None else due_date_etag(held), if_match)
        repository.move_due_date(writing, assignment_id=assignment.id, due_at=due_at, author_id=who.user_id)
        changed = repository.assignment_by_slug(writing, slug)
    assert changed is not None  # assignments are never deleted
    response.headers["ETag"] = due_date_etag(changed)
    return assignment_out(changed)


def _conflict(slug: str, newest: int, if_match: str | None) -> ProblemError:
    return ProblemError(
        "version_conflict",
        headers={"ETag": etag(newest)},
        newest=str(newest),
        if_match=if_match,
        address=f"{API}/assignments/{slug}/spec",
    )


def _links(slug: str) -> dict[str, str]:
    own = f"{API}/assignments/{slug}"
    return {
        "self": own,
        "spec": f"{own}/spec",
        "versions": f"{own}/versions",
        "schema": SCHEMA_AT,
        "page": f"/assignments/{slug}",
    }
