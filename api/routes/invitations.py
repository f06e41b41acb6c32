"""Links by which people who cannot sign in yet choose a password."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import documented
from api.people import make_links, managed_course, open_links, public_address, revoke_link
from api.schemas_people import (
    CoursePart,
    InvitationOut,
    InvitationPart,
    InvitationsIn,
    InvitationsOut,
    NewInvitationOut,
    NewInvitationsOut,
    NotInvitedOut,
)
from api.security import PrincipalDep  # noqa: TC001 - as above

router = APIRouter(prefix="/api/v1/courses/{course}/invitations", tags=["people"])
_STAFF: Final = ("unauthenticated", "forbidden", "not_found", "validation_failed")
_ID: Final = r"^[A-Za-z0-9-]{1,64}$"


@router.post("", status_code=201, responses=documented(*_STAFF, "bad_request"))
def post_invitations(
    course: CoursePart, new: InvitationsIn, request: Request, services: ServicesDep, who: PrincipalDep
) -> NewInvitationsOut:
    """A new link for each, shown this once; an earlier one of this course opens nothing any more.

    Only for accounts that are nobody's own yet: whoever has a password, a token, or signed in elsewhere keeps
    theirs, and an operator can reset it.
    """
    links = make_links(
        services, who, course, users=new.users, days=new.days, base=public_address(request, services)
    )
    return NewInvitationsOut(
        items=[
            NewInvitationOut(
                user=made.user,
                display_name=made.display_name,
                email=made.email,
                link=made.link,
                expires_at=made.expires_at,
            )
            for made in links.made
        ],
        not_invited=[NotInvitedOut(user=user, reason=why) for user, why in links.not_invited],
    )


@router.get("", responses=documented(*_STAFF))
def list_invitations(
    course: CoursePart,
    session: ReadingDep,
    who: PrincipalDep,
    before: Annotated[
        str | None,
        Query(
            pattern=_ID,
            description="The last one that was read",
            examples=["01a2119c-6a10-7c31-8d02-1b7e4f90aa33"],
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most", examples=[100])] = 100,
) -> InvitationsOut:
    """Those that open something, the newest first. None shows its link again."""
    found, _ = managed_course(session, who, course)
    rows = open_links(session, found.id, before=before, limit=limit + 1)
    shown = rows[:limit]
    following = urlencode({"limit": limit, "before": shown[-1].id if shown else ""})
    return InvitationsOut(
        items=[
            InvitationOut(
                id=row.id,
                user=row.user,
                display_name=row.display_name,
                email=row.email,
                author=row.author,
                created_at=row.created_at,
                expires_at=row.expires_at,
            )
            for row in shown
        ],
        next=f"/api/v1/courses/{course}/invitations?{following}" if len(rows) > limit else None,
    )


@router.delete("/{invitation_id}", status_code=204, responses=documented(*_STAFF))
def delete_invitation(
    course: CoursePart, invitation_id: InvitationPart, services: ServicesDep, who: PrincipalDep
) -> None:
    """Its link opens nothing from now on."""
    revoke_link(services, who, course, invitation_id)
