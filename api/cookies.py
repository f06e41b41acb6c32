"""The cookies that we set. Behind TLS their names say that nobody but this host can have set them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.responses import Response

    from store.settings import Settings

SESSION: Final = "lmk"
# Of a browser in which somebody signed in with their password before: see `store.sign_in_limits`.
DEVICE: Final = "lmk_device"
# While somebody is away at an OpenID provider.
AWAY: Final = "lmk_away"


def read_cookie(request: Request, name: str) -> str:
    """Empty: there is none."""
    return request.cookies.get(_full_name(request.app.state.services.settings, name), "")


def set_cookie(answer: Response, settings: Settings, name: str, value: str, *, lifetime_s: float) -> None:
    answer.set_cookie(
        _full_name(settings, name),
        value,
        max_age=int(lifetime_s),
        httponly=True,
        # Lax, not Strict: the link to a report in a mail must open signed in.
        samesite="lax",
        secure=settings.secure_cookies,
    )


def drop_cookie(answer: Response, settings: Settings, name: str) -> None:
    answer.delete_cookie(_full_name(settings, name), secure=settings.secure_cookies, httponly=True)


def _full_name(settings: Settings, name: str) -> str:
    # Another host of the same domain could else plant a session of its own in somebody's browser.
    return f"__Host-{name}" if settings.secure_cookies else name
