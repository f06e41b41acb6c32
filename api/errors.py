"""Every error as RFC 9457 problem+json with a stable `code`; a reader of HTML gets a page of the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.dashboard.texts import say
from api.problem_examples import EXAMPLE_DETAILS, EXAMPLE_ERRORS, EXAMPLE_INSTANCE
from api.told import Told, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.language import Language

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
    "evidence_unavailable": (503, "The evidence cannot be had from the evidence store"),
}
_TOLD_IN_DETAIL = 5


class ProblemError(Exception):
    """What is told stands in `api.sentences`: under `problem.`, the code, and `what` it is if it has kinds.

    `values` are put into it. In `errors`, too, may be sentences that are still to be said.
    """

    def __init__(
        self,
        code: str,
        what: str = "",
        /,
        *,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, Any]] | None = None,
        **values: Any,
    ) -> None:
        self.told = Told(f"problem.{code}.{what}" if what else f"problem.{code}", values)
        super().__init__(code, what)
        self.code, self.headers, self.errors = code, dict(headers or {}), errors
        self.status = PROBLEMS[code][0]
        if self.status == 401:
            self.headers.setdefault("WWW-Authenticate", "Bearer")

    def __str__(self) -> str:
        return self.detail("en")

    def detail(self, language: Language) -> str:
        return self.told.said(language)


def invalid(errors: list[dict[str, Any]]) -> ProblemError:
    """`errors`: location and message of each field that is not as it should be."""
    faults = [Told("fault.at", error) for error in errors[:_TOLD_IN_DETAIL]]
    return ProblemError("validation_failed", "faults", errors=errors, faults=faults)


class TooLargeError(HTTPException):
    """Of a body that is read. No ProblemError: whoever reads one for a route lets this through alone."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413)
        self.limit_bytes = limit_bytes


def problem_response(
    problem: ProblemError, path: str, language: Language = "en", *, status: int | None = None
) -> JSONResponse:
    body = _body(
        problem.code,
        path=path,
        status=status or problem.status,
        title=say(language, f"problem.{problem.code}"),
        detail=problem.detail(language),
        errors=None if problem.errors is None else [said(error, language) for error in problem.errors],
    )
    headers = {"Content-Language": language, **problem.headers}
    return JSONResponse(body, status_code=body["status"], headers=headers, media_type=PROBLEM_MEDIA_TYPE)


def _body(
    code: str, *, path: str, status: int, title: str, detail: str, errors: list[dict[str, Any]] | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:labmark:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": path,
        "code": code,
    }
    if errors is not None:
        body["errors"] = errors
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
        example = _body(
            code,
            path=EXAMPLE_INSTANCE,
            status=status,
            title=title,
            detail=EXAMPLE_DETAILS.get(code, f"{title}."),
            errors=EXAMPLE_ERRORS.get(code),
        )
        entry["content"][PROBLEM_MEDIA_TYPE]["examples"][code] = {"summary": title, "value": example}
    return found
