"""An assignment's document in a request and in an answer: its form, its faults, its version as an ETag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from api.errors import ProblemError
from api.schemas_authoring import FaultOut
from api.security import principal
from api.told import Told, said
from graders.spec_document import Fault, Form, SpecDocument, SpecError, read_document
from graders.spec_places import path_text
from graders.spec_text import MAX_BYTES
from graders.spec_warnings import spec_warnings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from api.language import Language
    from graders.sentence import Sentence

# The first of each form is the one that answers name.
MEDIA_TYPES: dict[str, Form] = {
    "application/yaml": "yaml",
    "application/json": "json",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
}
_TOLD_IN_DETAIL = 5

# Of every route that takes a document.
SCHEMA_AT = "/api/v1/schemas/assignment.json"
_FORM: dict[str, Any] = {"schema": {"type": "object", "description": f"As {SCHEMA_AT} says."}}
_EXAMPLE: dict[str, Any] = {
    "slug": "iris-single-layer",
    "title": "Iris, one layer",
    "dataset": "iris",
    "split": {"train": 90, "validation": 30, "test": 30},
    "criteria": [
        {
            "id": "test_accuracy",
            "grader": "accuracy",
            "points": 10,
            "parameters": {"full_at": 0.9, "zero_at": 0.5},
        }
    ],
}
# In YAML too: a document in JSON is one.
DOCUMENTS: dict[str, Any] = {
    "application/yaml": {**_FORM, "example": _EXAMPLE},
    "application/json": {**_FORM, "example": _EXAMPLE},
}
SPEC_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": DOCUMENTS,
    }
}
SENDING = (
    "unauthenticated",
    "forbidden",
    "too_large",
    "unsupported_media_type",
    "not_utf8",
    "validation_failed",
)
# First of all: nobody unknown makes us read a body.
KNOWN_FIRST = [Depends(principal)]


@dataclass(frozen=True, kw_only=True)
class SentSpec:
    text: str
    form: Form


async def read_sent(request: Request) -> SentSpec:
    """Raises ProblemError: the type, the size, the encoding."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = MEDIA_TYPES.get(content_type)
    if form is None:
        raise ProblemError("unsupported_media_type", "spec")
    body = await request.body()
    if len(body) > MAX_BYTES:
        raise ProblemError("too_large", "document", size=len(body), limit=MAX_BYTES)
    try:
        return SentSpec(text=body.decode("utf-8-sig"), form=form)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ProblemError("not_utf8", "document", line=line) from error


SentSpecDep = Annotated[SentSpec, Depends(read_sent)]


def document_of(sent: SentSpec) -> SpecDocument:
    """Raises ProblemError `spec_invalid` with every fault."""
    try:
        return read_document(sent.text, form=sent.form)
    except SpecError as error:
        raise spec_invalid(error.faults) from error


def spec_invalid(faults: Sequence[Fault]) -> ProblemError:
    told = [_with_line(fault) for fault in faults[:_TOLD_IN_DETAIL]]
    if len(faults) > len(told):
        told.append(Told("fault.more", {"count": len(faults) - len(told)}))
    return ProblemError("spec_invalid", errors=[_fields(fault) for fault in faults], faults=told)


def _with_line(fault: Fault) -> Told:
    message: Told | Sentence = fault.said
    if fault.path:
        message = Told("fault.at", {"location": fault.path, "message": message})
    if fault.allowed is not None:
        message = Told("fault.allowed", {"message": message, "allowed": fault.allowed})
    return Told("fault.line" if fault.line else "fault.somewhere", {"line": fault.line, "message": message})


def _fields(fault: Fault) -> dict[str, Any]:
    """Of a `FaultOut`, its sentences still to be said."""
    return {
        "location": fault.path,
        "code": fault.code,
        "message": fault.said,
        "allowed": fault.allowed,
        "line": fault.line,
    }


def fault_out(fault: Fault, language: Language) -> FaultOut:
    return FaultOut(**said(_fields(fault), language))


def warnings_out(document: SpecDocument, language: Language) -> list[FaultOut]:
    return [
        fault_out(Fault(path=path_text(path), said=doubt, line=document.line_of(*path)), language)
        for path, doubt in spec_warnings(document.spec)
    ]


def etag(version: int) -> str:
    return f'"{version}"'


def seen_versions(if_match: str | None) -> Collection[int] | None:
    """The versions that `If-Match` names; None for `*`. Raises ProblemError when there is no such header."""
    if if_match is None:
        raise ProblemError("if_match_required", "spec")
    tags = [tag.strip() for tag in if_match.split(",")]
    if tags == ["*"]:
        return None
    # RFC 9110, section 13.1.1: compared strongly, so that a weak tag, W/"3", never matches.
    names = [tag[1:-1] for tag in tags if len(tag) > 2 and tag[0] == tag[-1] == '"']
    return [int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 10]


def form_asked(accept: str | None) -> Form:
    """YAML unless JSON is preferred. Raises ProblemError when neither is accepted."""
    weights = _weights(accept or "*/*")
    quality = {
        form: max(
            weights.get(name, weights.get(f"{name.partition('/')[0]}/*", weights.get("*/*", 0.0)))
            for name, of in MEDIA_TYPES.items()
            if of == form
        )
        for form in MEDIA_TYPES.values()
    }
    if not any(quality.values()):
        raise ProblemError("not_acceptable")
    return "json" if quality["json"] > quality["yaml"] else "yaml"


def _weights(accept: str) -> dict[str, float]:
    found = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            found[name] = float(weight)
        except ValueError:
            found[name] = 0.0
    return found
