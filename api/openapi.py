"""The contract: what FastAPI reads off the routes, with what holds for all of them, and with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from api.errors import PROBLEM_MEDIA_TYPE, documented
from api.examples import example_of
from api.schemas import ProblemOut
from api.scopes import scope_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.routing import APIRoute

_DESCRIPTION: Final = """\
A grader of machine-learning labs: students hand in code that trains a classifier, and read what it was worth.

**Who you are.** Send `Authorization: Bearer lmk_...`. Your role in a course (student, grader, instructor; an
admin is all of them everywhere) says what you may do there, and your token may let you do less. What you may
not reach is answered 404, as if it were not there.

**Errors** are `application/problem+json` (RFC 9457). Switch on `code`, which never changes; `title` and
`detail` are for people.

**Lists** that grow come in pages: `next` is the address of the following page, null on the last one.

**Edits that could collide** take the `ETag` that you have read in `If-Match`: 412 tells that somebody was
faster, 428 that you did not say what you have seen.

**Too many requests** in a short time are answered 429 `too_many_requests`: by token, and by address until you
have shown a token that is right. Any 429 says in `Retry-After` when to come again.

Times are UTC seconds since the epoch.
"""
_TAGS: Final = {
    "courses": "The courses that you are in.",
    "assignments": "What there is to do.",
    "authoring": "Assignments as instructors write them.",
    "datasets": "A course's own data sets.",
    "regrading": "Judging again, trying other thresholds, looking for copies.",
    "submissions": "Handing in, and what became of it.",
    "runs": "Each attempt to train and evaluate a submission, and what it left.",
    "mine": "Who you are, and what is yours.",
    "starters": "Files to begin with.",
    "grades": "What it was worth, and what people decided about it.",
    "statistics": "How a class did.",
    "quotas": "How often one student may hand in.",
    "leaderboard": "Who stands where.",
    "audit": "What staff did.",
    "people": "Who is in a course.",
    "tokens": "Your tokens.",
    "health": "For those who run the service.",
}
_ETAG: Final = ("ETag", "What to send as If-Match to change it", '"5b2f0a9c31d84e77"')
_HEADERS_OF_STATUS: Final = {
    "401": ("WWW-Authenticate", "How to say who you are", "Bearer"),
    "412": _ETAG,
    "428": _ETAG,
    "429": ("Retry-After", "Seconds until it may be tried again", "30"),
    "503": ("Retry-After", "Seconds until it may be tried again", "10"),
}
_EVERYWHERE: Final = ("too_many_requests", "internal_error", "unavailable")
# Answered whatever else is asked: see `api.limits`.
_UNCOUNTED: Final = {"/healthz"}
_WITH_BODY: Final = ("bad_request", "too_large")


def operation_id(route: APIRoute) -> str:
    """The function's name, so that clients made from the contract have readable ones."""
    return route.name


def contract(app: FastAPI) -> dict[str, Any]:
    """Made once, at the first request for it."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description=_DESCRIPTION, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        # No route names it as its model.
        schemas["ProblemOut"] = ProblemOut.model_json_schema()
        document["tags"] = [{"name": name, "description": told} for name, told in _TAGS.items()]
        for address, path in document["paths"].items():
            guarded = any(_takes_if_match(operation) for operation in path.values())
            for method, operation in path.items():
                _tell_scope(operation, scope_of(method.upper(), address), address=address)
                _complete(operation, schemas, address=address)
                _tell_headers(operation, guarded=guarded)
        app.openapi_schema = document
    return app.openapi_schema


def _tell_scope(operation: dict[str, Any], scope: str | None, *, address: str) -> None:
    """Which scope it asks of a token that has any, and that it may be refused for want of it."""
    if "security" not in operation or not address.startswith("/api/"):
        return
    told = f"Scope: `{scope}`." if scope else "Only for tokens without scopes."
    operation["description"] = f"{operation.get('description', '')}\n\n{told}".strip()
    _tell_problem(operation, "scope_missing")


def _tell_problem(operation: dict[str, Any], code: str) -> None:
    """Beside those of the same status that its route tells."""
    ((status, problem),) = documented(code).items()
    known = operation["responses"].setdefault(str(status), problem)
    if known is problem or PROBLEM_MEDIA_TYPE not in known.get("content", {}):
        return
    told_so_far, more = (entry["content"][PROBLEM_MEDIA_TYPE]["examples"] for entry in (known, problem))
    if code not in told_so_far:
        known["description"] += f" / {problem['description']}"
        told_so_far.update(more)


def _complete(operation: dict[str, Any], schemas: dict[str, Any], *, address: str) -> None:
    operation["summary"] = operation["summary"].capitalize()
    for code in (*_EVERYWHERE, *(_WITH_BODY if "requestBody" in operation else ())):
        if code != "too_many_requests" or address not in _UNCOUNTED:
            _tell_problem(operation, code)
    contents = [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in (*contents, operation.get("requestBody", {}).get("content", {})):
        for media in content.values():
            if not {"example", "examples"} & media.keys() and "$ref" in media.get("schema", {}):
                media["example"] = example_of(media["schema"], schemas)


def _takes_if_match(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "if-match" for parameter in operation.get("parameters", []))


def _tell_headers(operation: dict[str, Any], *, guarded: bool) -> None:
    """`guarded`: what is at this address is changed by who has seen it alone."""
    for status, answer in operation["responses"].items():
        is_shown = guarded and status in {"200", "201"} and "content" in answer
        told = _ETAG if is_shown else _HEADERS_OF_STATUS.get(status)
        if told is not None and (is_shown or PROBLEM_MEDIA_TYPE in answer["content"]):
            name, description, example = told
            answer["headers"] = {
                name: {"description": description, "schema": {"type": "string"}, "example": example}
            }
