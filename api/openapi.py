"""The contract: what FastAPI reads off the routes, with what holds for all of them, and with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from api.errors import documented
from api.examples import example_of
from api.schemas import ProblemOut

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    "health": "For those who run the service.",
}
_EVERYWHERE: Final = ("internal_error", "unavailable")
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
        for operation in operations(document):
            _complete(operation, schemas)
        app.openapi_schema = document
    return app.openapi_schema


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _complete(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    operation["summary"] = operation["summary"].capitalize()
    codes = (*_EVERYWHERE, *(_WITH_BODY if "requestBody" in operation else ()))
    for status, problem in documented(*codes).items():
        operation["responses"].setdefault(str(status), problem)
    contents = [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in (*contents, operation.get("requestBody", {}).get("content", {})):
        for media in content.values():
            if not {"example", "examples"} & media.keys() and "$ref" in media.get("schema", {}):
                media["example"] = example_of(media["schema"], schemas)
