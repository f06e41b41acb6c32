"""What a request is answered with that came to nothing: a document for a program, a page for a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.dashboard.shell import shell_for, shell_for_stranger
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.errors import ProblemError, TooLargeError, invalid, problem_response
from api.language import profile_language, wanted_language
from api.observing import REQUEST_ID_HEADER
from api.secure_headers import SECURITY_HEADERS
from api.told import told_of_pydantic
from store.evidence import EvidenceError

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from starlette.responses import Response

    from api.language import Language

_log = structlog.get_logger(__name__)

_RETRY_AFTER_S: Final = 10


def install(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    # A database that is away, locked, or without room: it passes, and nothing was stored.
    for away in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(away, _on_database_away)
    app.add_exception_handler(EvidenceError, _on_evidence_away)
    app.add_exception_handler(DataError, _on_unstorable)
    app.add_exception_handler(Exception, _on_unexpected)


def problem_language(request: Request) -> Language:
    """As it is asked for, else by the profile of whoever asks."""
    return wanted_language(request) or profile_language(getattr(request.state, "principal", None)) or "en"


def answer_problem(request: Request, problem: ProblemError, *, status: int | None = None) -> Response:
    """As a document to a program, as a page to a browser."""
    path = request.url.path
    if path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        response = problem_response(problem, path, problem_language(request), status=status)
        if problem.status == 401 and "hx-request" in request.headers:
            # A page that watches something while its session ends goes to the form, as a whole.
            response.headers["HX-Redirect"] = "/login"
        return response
    if problem.status == 401:
        # Back to the page that was asked for; to one that only takes forms there is no going back.
        after = f"?next={quote(path)}" if request.method == "GET" else ""
        return RedirectResponse(f"/login{after}", status_code=303)
    # Set where a page asks for its visitor; an address that no route knows asked nobody.
    visitor = getattr(request.state, "visitor", None)
    title = f"problem.{problem.code}"
    shell = shell_for(visitor, "") if visitor else shell_for_stranger(request, title)
    shell = replace(shell, title=say(shell.language, title))
    page = {"detail": problem.detail(shell.language), "code": problem.code}
    answer = render_page("error.html", shell, page, status=status or problem.status)
    answer.headers.update(problem.headers)
    return answer


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return answer_problem(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # The rejected input is left out: it may be a secret, and need not be JSON.
    errors = [
        {"location": ".".join(str(part) for part in item["loc"]), "message": told_of_pydantic(item)}
        for item in error.errors()
    ]
    return answer_problem(request, invalid(errors))


async def _on_http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself."""
    assert isinstance(error, HTTPException)
    if isinstance(error, TooLargeError):
        problem = ProblemError("too_large", "request", limit=error.limit_bytes)
    elif error.status_code == 405:
        # Each route names its own method alone; RFC 9110, 15.5.6 asks for those of the address.
        allowed = ", ".join(_methods_of(request))
        problem = ProblemError("method_not_allowed", headers={"Allow": allowed}, methods=allowed)
    elif error.status_code == 404:
        problem = ProblemError("not_found", "address")
    elif error.status_code == 400:
        problem = ProblemError("bad_request", "unread", said=str(error.detail))
    else:
        problem = ProblemError("http_error", headers=error.headers, said=str(error.detail))
    return answer_problem(request, problem, status=error.status_code)


async def _on_database_away(request: Request, error: Exception) -> Response:
    _log.error("api.database_unavailable", path=request.url.path, error=str(error))
    headers = {"Retry-After": str(_RETRY_AFTER_S)}
    return answer_problem(request, ProblemError("unavailable", headers=headers))


async def _on_evidence_away(request: Request, error: Exception) -> Response:
    """Asked for by staff alone: where it should be is theirs to know, and to tell who runs the service."""
    _log.error("api.evidence_unavailable", path=request.url.path, error=str(error))
    headers = {"Retry-After": str(_RETRY_AFTER_S)}
    return answer_problem(request, ProblemError("evidence_unavailable", headers=headers, said=str(error)))


async def _on_unstorable(request: Request, error: Exception) -> Response:
    """PostgreSQL takes no NUL in text, which an address of a page may hold."""
    _log.warning("api.unstorable", path=request.url.path, error=str(getattr(error, "orig", error)))
    return answer_problem(request, ProblemError("validation_failed", "unstorable"))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.error("api.unexpected_error", path=request.url.path, exc_info=error)
    response = answer_problem(request, ProblemError("internal_error"))
    # Answered around all middleware, which would else have said these.
    response.headers[REQUEST_ID_HEADER] = structlog.contextvars.get_contextvars().get("request_id", "")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _methods_of(request: Request) -> list[str]:
    routes, scope = request.app.router.routes, request.scope
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    # See `api.head`.
    return ["GET", "HEAD", *found[1:]] if "GET" in found else found
