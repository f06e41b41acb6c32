"""Handing in, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, Header, Request, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials  # noqa: TC002 - FastAPI reads it at run time
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from api.cancelling import announce_cancelled, cancel
from api.dependencies import ReadingDep, ServicesDep, services
from api.errors import ProblemError, documented
from api.intake import check_submission, read_upload
from api.live import admit, live_events
from api.parameters import AssignmentSlug, SubmissionId  # noqa: TC001 - as above
from api.schemas import CancelledOut, CreatedOut, SubmissionOut
from api.security import LanguageDep, PrincipalDep, bearer, principal, reachable_submission
from api.submitting import announce, hand_in, tell_accepted
from api.views import quota_out, reader_report, submission_links, submission_out
from api.waiting import waits_for
from graders.report import Report  # noqa: TC001 - FastAPI reads it at run time
from store import repository
from store.events import BEGINNING

router = APIRouter(prefix="/api/v1", tags=["submissions"])
_PING_S = 15
# Of each event.
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string", "description": "To go on after it; `queue` and `end` have none"},
        "event": {"type": "string", "enum": ["queue", "state", "epoch", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
}
_EVENT_EXAMPLE = 'id: 1795629606000-0\nevent: state\ndata: {"state": "training", "attempt": 1}\n\n'
_READING = documented("unauthenticated", "not_found", "validation_failed")
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
                "example": {"file": "def train(lab):\n    ...\n"},
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["filename", "source"],
                    "properties": {"filename": {"type": "string"}, "source": {"type": "string"}},
                },
                "example": {"filename": "lab.py", "source": "def train(lab):\n    ...\n"},
            },
        },
    }
}


async def _upload(request: Request) -> tuple[str, bytes]:
    return await read_upload(request, services(request).settings)


@router.post(
    "/assignments/{slug}/submissions",
    status_code=201,
    # First of all: nobody unknown makes us read a body.
    dependencies=[Depends(principal)],
    responses={
        200: {"model": CreatedOut, "description": "The Idempotency-Key was used before: that submission"},
        **documented(
            *("bad_request", "unauthenticated", "not_found", "idempotency_conflict"),
            *("too_large", "unsupported_media_type", "validation_failed", "not_utf8", "bad_notebook"),
            *("unsupported_file", "quota_exhausted", "queue_full"),
        ),
    },
    openapi_extra=_BODY,
)
def create_submission(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    who: PrincipalDep,
    services: ServicesDep,
    upload: Annotated[tuple[str, bytes], Depends(_upload)],
    background: BackgroundTasks,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(
            min_length=1,
            max_length=200,
            description="Repeat it to repeat the request safely",
            examples=["7c1f9d1e-hand-in-3"],
        )
    ] = None,
) -> CreatedOut:
    """Hand in one file. Safe to repeat with the same Idempotency-Key."""
    filename, content = upload
    new = check_submission(
        filename=filename,
        content=content,
        idempotency_key=idempotency_key,
        max_notebook_bytes=services.settings.max_notebook_bytes,
    )
    accepted = hand_in(services, slug, who, new)
    done, place = accepted.submitted, accepted.place
    tell_accepted(done, slug)
    if done.created:
        background.add_task(announce, services, done)
    links = submission_links(done.submission_id)
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = links["self"]
    return CreatedOut(
        id=done.submission_id,
        state=done.state,
        queue_position=None if place is None else place.position,
        estimated_start_at=None if place is None else place.start_at,
        quota=quota_out(done.quota),
        superseded=list(done.superseded),
        links=links,
    )


@router.get("/submissions/{submission_id}", responses=_READING)
def get_submission(
    submission_id: SubmissionId,
    session: ReadingDep,
    who: PrincipalDep,
    services: ServicesDep,
    language: LanguageDep,
) -> SubmissionOut:
    """Where it stands: its place in the queue, or what came of it."""
    details, staff = reachable_submission(session, who, submission_id)
    place = services.queue.place(details.run.id) if details.run.state == "queued" else None
    missing = waits_for(services, details.run)
    return submission_out(details, staff=staff, place=place, waits_for=missing, language=language)


@router.post(
    "/submissions/{submission_id}/cancel",
    responses=documented("unauthenticated", "not_found", "already_ended", "validation_failed"),
)
def cancel_submission(
    submission_id: SubmissionId, who: PrincipalDep, services: ServicesDep, background: BackgroundTasks
) -> CancelledOut:
    """Ends it, whether it waits or is worked on. It costs an attempt when its student stops a training."""
    background.add_task(announce_cancelled, services, cancel(services, who, submission_id))
    return CancelledOut(id=submission_id, state="cancelled")


@router.get(
    "/submissions/{submission_id}/report",
    responses=documented("unauthenticated", "not_found", "no_report_yet", "validation_failed"),
)
def get_report(submission_id: SubmissionId, session: ReadingDep, who: PrincipalDep) -> Report:
    """What the graders say of it, in numbers and codes; `feedback` says it in words."""
    details, staff = reachable_submission(session, who, submission_id)
    report = reader_report(details, staff=staff)
    if report is None:
        raise ProblemError("no_report_yet", state=details.run.state)
    return report


@router.get(
    "/submissions/{submission_id}/log",
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": "epoch 1: loss 0.93\n"}}},
        **_READING,
    },
    response_class=PlainTextResponse,
)
def get_log(submission_id: SubmissionId, session: ReadingDep, who: PrincipalDep) -> str:
    """What the code printed. Written by the student: plain text, never HTML."""
    details, _ = reachable_submission(session, who, submission_id)
    return repository.run_log(session, details.run.id)


@router.get(
    "/submissions/{submission_id}/events",
    response_class=EventSourceResponse,
    response_model=None,
    responses={
        200: {
            "description": "Server-sent events `queue`, `state`, `epoch` and, last, `end`; data is JSON",
            "content": {"text/event-stream": {"schema": _EVENT, "example": _EVENT_EXAMPLE}},
        },
        **_READING,
    },
)
async def submission_events(
    submission_id: SubmissionId,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    services: ServicesDep,
    last_event_id: Annotated[
        str | None, Header(
            pattern=r"^[0-9]+-[0-9]+$",
            max_length=64,
            description="The id of the last event that was read",
            examples=["1795629606000-0"],
        )
    ] = None,
) -> EventSourceResponse:
    """Follow a run while it trains. Who comes late, or again with Last-Event-ID, misses nothing."""
    await run_in_threadpool(admit, services, credentials, submission_id)
    after = last_event_id or BEGINNING
    return EventSourceResponse(live_events(services, submission_id, after), ping=_PING_S)
