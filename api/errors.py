"""Every error as RFC 9457 problem+json with a stable `code`; a reader of HTML gets a page of the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.dashboard.problems import problem_detail
from api.dashboard.shell import shell_for, shell_for_stranger
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.observing import REQUEST_ID_HEADER
from api.problem_examples import EXAMPLE_DETAILS, EXAMPLE_ERRORS, EXAMPLE_INSTANCE
from api.secure_headers import SECURITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request
    from starlette.responses import Response

_log = structlog.get_logger(__name__)

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
# code -> (status, title). Clients switch on the code; the title is for people.
PROBLEMS: dict[str, tuple[int, str]] = {
    "bad_request": (400, "The request cannot be read"),
    "provider_refused": (400, "Signing in at the provider did not work"),
    "unauthenticated": (401, "A valid token is needed"),
    "wrong_password": (401, "Name and password do not belong together"),
    "forbidden": (403, "Your role does not allow this"),
    "scope_missing": (403, "This token is not for that"),
    "stale_form": (403, "This form is too old, or not one of ours"),
    "no_account": (403, "You have no account here yet"),
    "not_found": (404, "There is no such thing here"),
    "no_report_yet": (404, "There is no report yet"),
    "no_evidence": (404, "The run left no evidence, or it is no longer kept"),
    "no_leaderboard": (404, "This assignment has no leaderboard"),
    "no_similarity_yet": (404, "No similarity check has ended yet"),
    "method_not_allowed": (405, "This address does not support this method"),
    "not_acceptable": (406, "There is no such form of it"),
    "idempotency_conflict": (409, "The Idempotency-Key was used with a different source"),
    "already_ended": (409, "The run has ended"),
    "no_quota": (409, "This assignment has no quota"),
    "no_due_date": (409, "This assignment has no due date"),
    "no_choice": (409, "Which submission counts is not for students to choose here"),
    "dataset_name_taken": (409, "Another data set has this name"),
    "dataset_in_use": (409, "An assignment uses this data set"),
    "own_role": (409, "Your own place in a course is not yours to change"),
    "too_many_tokens": (409, "You have as many tokens as there may be"),
    "slug_taken": (409, "Another assignment has this name"),
    "needs_new_run": (409, "There is nothing stored that can be judged by this version"),
    "not_errored": (409, "The run did not end by a fault on our side"),
    "course_taken": (409, "Another course has this name"),
    "link_over": (410, "This link opens nothing any more"),
    "version_conflict": (412, "Somebody has published a newer version"),
    "changed_meanwhile": (412, "Somebody has changed it since you read it"),
    "too_large": (413, "The upload is too large"),
    "unsupported_media_type": (415, "This content type is not understood"),
    "validation_failed": (422, "The request does not have the form that was asked"),
    "not_utf8": (422, "The file is not UTF-8 text"),
    "bad_notebook": (422, "The notebook cannot be read"),
    "unsupported_file": (422, "Only .py files and .ipynb notebooks are taken"),
    "dataset_invalid": (422, "The data set cannot be used as it is"),
    "roster_invalid": (422, "The list of people cannot be used as it is"),
    "weak_password": (422, "Choose another password"),
    "spec_invalid": (422, "The document is not an assignment's specification"),
    "if_match_required": (428, "Say which version yours was made from"),
    "queue_full": (429, "Too many runs are waiting"),
    "too_many_requests": (429, "Too many requests in a short time"),
    "too_many_tries": (429, "Too many tries to sign in"),
    "quota_exhausted": (429, "You have used up your attempts for now"),
    "internal_error": (500, "Something went wrong on our side"),
    "http_error": (500, "The request was refused"),
    "unavailable": (503, "The service cannot reach what it stores things in"),
}
_RETRY_AFTER_S = 10
_CODE_OF_STATUS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
}


class ProblemError(Exception):
    def __init__(
        self,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers, self.errors = code, detail, dict(headers or {}), errors
        self.status = PROBLEMS[code][0]
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")


def install(app: FastAPI) -> None:
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    # A database that is away, locked, or without room: it passes, and nothing was stored.
    for away in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(away, _on_database_away)
    app.add_exception_handler(DataError, _on_unstorable)
    app.add_exception_handler(Exception, _on_unexpected)


def problem_response(problem: ProblemError, path: str, *, status: int | None = None) -> JSONResponse:
    body = _body(problem, path, status or problem.status)
    return JSONResponse(
        body, status_code=body["status"], headers=problem.headers, media_type=PROBLEM_MEDIA_TYPE
    )


def _body(problem: ProblemError, path: str, status: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:labmark:problem:{problem.code}",
        "title": PROBLEMS[problem.code][1],
        "status": status,
        "detail": problem.detail,
        "instance": path,
        "code": problem.code,
    }
    if problem.errors is not None:
        body["errors"] = problem.errors
    return body


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route in OpenAPI: each problem it may answer with, and what it looks like."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in dict.fromkeys(codes):
        status, title = PROBLEMS[code]
        schema = {"$ref": "#/components/schemas/ProblemOut"}
        entry = found.setdefault(
            status, {"content": {PROBLEM_MEDIA_TYPE: {"schema": schema, "examples": {}}}}
        )
        told = f"`{code}`: {title}"
        entry["description"] = " / ".join(filter(None, (entry.get("description"), told)))
        problem = ProblemError(code, EXAMPLE_DETAILS.get(code, f"{title}."), errors=EXAMPLE_ERRORS.get(code))
        entry["content"][PROBLEM_MEDIA_TYPE]["examples"][code] = {
            "summary": title,
            "value": _body(problem, EXAMPLE_INSTANCE, status),
        }
    return found


def answer_problem(request: Request, problem: ProblemError, *, status: int | None = None) -> Response:
    """As a document to a program, as a page to a browser."""
    path = request.url.path
    if path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        response = problem_response(problem, path, status=status)
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
    page = {"detail": problem_detail(shell.language, problem), "code": problem.code}
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
        {"location": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
        for item in error.errors()
    ]
    detail = "; ".join(f"{item['location']}: {item['message']}" for item in errors[:5])
    return answer_problem(request, ProblemError("validation_failed", detail, errors=errors))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, "http_error")
    problem = ProblemError(code, str(error.detail), headers=error.headers)
    if error.status_code == 405:
        # Each route names its own method alone; RFC 9110, 15.5.6 asks for those of the address.
        problem.headers["Allow"] = ", ".join(_methods_of(request))
    return answer_problem(request, problem, status=error.status_code)


async def _on_database_away(request: Request, error: Exception) -> Response:
    _log.error("api.database_unavailable", path=request.url.path, error=str(error))
    detail = "Nothing was changed; try again in a while."
    headers = {"Retry-After": str(_RETRY_AFTER_S)}
    return answer_problem(request, ProblemError("unavailable", detail, headers=headers))


async def _on_unstorable(request: Request, error: Exception) -> Response:
    """PostgreSQL takes no NUL in text, which an address of a page may hold."""
    _log.warning("api.unstorable", path=request.url.path, error=str(getattr(error, "orig", error)))
    detail = "The request holds a character, or a number, that cannot be stored."
    return answer_problem(request, ProblemError("validation_failed", detail))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.error("api.unexpected_error", path=request.url.path, exc_info=error)
    detail = "The fault is on our side and has been recorded. Nothing that you handed in is lost; try again."
    response = answer_problem(request, ProblemError("internal_error", detail))
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
