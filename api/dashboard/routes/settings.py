"""What a reader may set for themselves: the language, and light or dark."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from api.dashboard.pages.settings import settings_page
from api.dashboard.shell import HOME, shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ServicesDep
from api.language import LANGUAGE_COOKIE, known_language
from api.security import FormSenderDep, VisitorDep
from api.theme import THEME_COOKIE, known_theme
from store import repository
from store.engine import transaction

if TYPE_CHECKING:
    from starlette.responses import Response

router = APIRouter()
_YEAR_S = 365 * 24 * 3600


@router.get("/settings", response_model=None)
def show_settings(visitor: VisitorDep, *, saved: bool = False) -> Response:
    shell = shell_for(visitor, say(visitor.language, "frame.settings"), HOME)
    return render_page("settings.html", shell, settings_page(visitor, saved=saved))


@router.post("/settings", response_model=None)
def save_settings(
    visitor: FormSenderDep,
    services: ServicesDep,
    language: Annotated[str, Form(max_length=10)] = "",
    theme: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The language is of the account, and of this browser for whoever signs in with it next."""
    with transaction(services.engine) as session:
        user_id, spoken = visitor.principal.user_id, known_language(language)
        repository.change_profile(session, user_id, language=spoken, now=time.time())
    answer = RedirectResponse("/settings?saved=true", status_code=303)
    for name, value in ((LANGUAGE_COOKIE, spoken), (THEME_COOKIE, known_theme(theme))):
        if value in {None, "system"}:
            answer.delete_cookie(name)
        else:
            answer.set_cookie(
                name,
                str(value),
                max_age=_YEAR_S,
                httponly=True,
                samesite="lax",
                secure=services.settings.secure_cookies,
            )
    return answer
