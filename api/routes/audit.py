"""What staff did in a course."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import documented
from api.paging import next_page
from api.parameters import ID, CourseSlug
from api.reach import reachable_course, require_instructor
from api.schemas_grade import AuditEntryOut, AuditOut
from api.security import PrincipalDep  # noqa: TC001 - as above
from store import repository

router = APIRouter(prefix="/api/v1/courses", tags=["audit"])


@router.get(
    "/{course}/audit", responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed")
)
def get_audit(  # noqa: PLR0917 - FastAPI passes by name
    course: CourseSlug,
    session: ReadingDep,
    who: PrincipalDep,
    subject: Annotated[
        str | None,
        Query(
            pattern=ID, description="Of this id alone", examples=["01a2119c-0b10-7e55-9d00-6a1f4c8e2d07"]
        ),
    ] = None,
    before: Annotated[
        str | None,
        Query(
            pattern=ID,
            description="The last entry that was read",
            examples=["01a2119c-5a10-7b40-8f77-0d5c3e9a1b22"],
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most", examples=[100])] = 100,
) -> AuditOut:
    """Who changed what, from what to what, and why; the newest first."""
    found, role = reachable_course(session, who, course)
    require_instructor(role)
    # One more than is shown tells whether there are others.
    entries = repository.audit_entries(session, [found.id], subject=subject, before=before, limit=limit + 1)
    shown, older = entries[:limit], len(entries) > limit
    own = f"{router.prefix}/{course}/audit"
    return AuditOut(
        items=[
            AuditEntryOut(
                id=entry.id,
                at=entry.at,
                actor=entry.actor,
                action=entry.action,
                subject=entry.subject,
                detail=entry.detail,
            )
            for entry in shown
        ],
        next=next_page(own, subject=subject, before=shown[-1].id, limit=limit) if older else None,
    )
