"""Your own tokens: for programs, each with as little as it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import documented
from api.schemas_people import NewTokenOut, TokenIn, TokenOut, TokenPart, TokensOut
from api.security import PrincipalDep  # noqa: TC001 - as above
from api.tokens import make_token, revoke
from store import repository

if TYPE_CHECKING:
    from store.repository import Principal, TokenRow

router = APIRouter(prefix="/api/v1/me/tokens", tags=["tokens"])


@router.get("", responses=documented("unauthenticated"))
def list_tokens(session: ReadingDep, who: PrincipalDep) -> TokensOut:
    """Those that open something, the newest first. None shows its secret again."""
    found = repository.tokens_of(session, who.user_id)
    return TokensOut(items=[TokenOut(**_shown(row, who)) for row in found])


@router.post(
    "",
    status_code=201,
    responses=documented(
        "bad_request", "unauthenticated", "forbidden", "too_many_tokens", "validation_failed"
    ),
)
def post_token(new: TokenIn, services: ServicesDep, who: PrincipalDep) -> NewTokenOut:
    """Never more than the token that asks may do, nor for longer; it is revoked together with that one."""
    made = make_token(
        services, who, label=new.label, role=new.role, scopes=new.scopes, days=new.days
    )
    return NewTokenOut(token=made.secret, **_shown(made.row, who))


@router.delete(
    "/{token_id}",
    status_code=204,
    responses=documented("unauthenticated", "forbidden", "not_found", "validation_failed"),
)
def delete_token(token_id: TokenPart, services: ServicesDep, who: PrincipalDep) -> None:
    """It opens nothing from now on, nor do the tokens and sessions that were opened with it."""
    revoke(services, who, token_id)


def _shown(row: TokenRow, who: Principal) -> dict[str, object]:
    return {
        "id": row.id,
        "label": row.label,
        "role": row.role,
        "scopes": None if row.scopes is None else list(row.scopes),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "is_this_one": row.id == who.token_id,
    }
