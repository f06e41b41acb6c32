"""A page that watches one submission: its state line and its curve as HTML, each time they change."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from redis import RedisError
from redis.asyncio import Redis
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.dashboard.charts.curve import draw_curve
from api.dashboard.charts.live_curve import LiveCurve
from api.dashboard.pages.submission import live_state
from api.dashboard.templating import render_text
from api.dependencies import Services, ServicesDep
from api.errors import ProblemError
from api.security import reachable_submission, read_visitor
from api.waiting import waits_for
from store import repository
from store.engine import reading
from store.events import BEGINNING, follow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.language import Language
    from graders.spec import AssignmentSpec

router = APIRouter()
# Often enough to look alive, seldom enough that 300 epochs a second cost a browser nothing.
_DRAW_EVERY_S = 0.25
# The place in the queue changes without an event of this submission; and Redis may be away.
_LOOK_EVERY_S = 2.0
_PING_S = 15


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the database says now."""

    language: Language
    spec: AssignmentSpec
    state_html: str
    is_final: bool


@router.get("/submissions/{submission_id}/live", response_model=None)
async def live(submission_id: str, request: Request, services: ServicesDep) -> EventSourceResponse:
    """Events `state` and `curve` with HTML to put in their places, and `end` when the report is there.

    Whoever connects late, or again, gets the whole curve at once. The database is asked in short
    sessions: one that lasted as long as the stream would hold a connection for each watcher.
    """
    seen = await run_in_threadpool(_admit, services, request, submission_id)
    return EventSourceResponse(_watch(services, submission_id, seen), ping=_PING_S)


def _admit(services: Services, request: Request, submission_id: str) -> _Seen:
    with reading(services.engine) as session:
        visitor = read_visitor(request, session)
        if visitor is None:
            raise ProblemError("unauthenticated", "visitor")
        details, _ = reachable_submission(session, visitor.principal, submission_id)
    return _look(services, submission_id, details.spec, visitor.language)


def _look(services: Services, submission_id: str, spec: AssignmentSpec, language: Language) -> _Seen:
    with reading(services.engine) as session:
        run = repository.newest_run(session, submission_id)
    if run is None:
        raise ProblemError("not_found", "submission", id=submission_id)
    state = live_state(
        run.state,
        language,
        place=services.queue.place(run.run_id) if run.state == "queued" else None,
        finished_at=run.finished_at,
        waits_for=waits_for(services, run),
        now=time.time(),
    )
    return _Seen(
        language=language,
        spec=spec,
        state_html=render_text("state.html", language, state=state),
        is_final=run.state in repository.FINAL,
    )


class _Drawing:
    """The curve so far, and whether it has changed since it was last drawn."""

    def __init__(self, seen: _Seen) -> None:
        self.curve, self.seen = LiveCurve(), seen
        self.changed, self.drawn_at = False, 0.0

    def take(self, told: dict[str, Any]) -> None:
        self.curve.add(
            repeat=told["repeat"],
            epoch=told["epoch"],
            training_error=told["train_error_percent"] / 100,
            validation_error=told["validation_error_percent"] / 100,
        )
        self.changed = True

    @property
    def is_due(self) -> bool:
        return self.changed and time.monotonic() - self.drawn_at >= _DRAW_EVERY_S

    def draw(self) -> ServerSentEvent:
        self.changed, self.drawn_at = False, time.monotonic()
        language, spec = self.seen.language, self.seen.spec
        rows = min(spec.curve_rows_per_part, spec.split.validation)
        curve = draw_curve(self.curve.points(), language, onset_epoch=self.curve.onset_epoch(rows=rows))
        values = {"repeat": self.curve.repeat, "repeats": spec.repeats, "live": True}
        html = render_text("live_curve.html", language, curve=curve, **values)
        return ServerSentEvent(event="curve", data=html)


async def _watch(services: Services, submission_id: str, seen: _Seen) -> AsyncIterator[ServerSentEvent]:
    drawing, shown = _Drawing(seen), ""
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    pump = asyncio.create_task(_pump(services, submission_id, inbox))
    try:
        while True:
            if seen.state_html != shown:
                shown = seen.state_html
                yield ServerSentEvent(event="state", data=shown)
            if seen.is_final:
                break
            async for picture in _until_news(inbox, drawing):
                yield picture
            seen = await run_in_threadpool(_look, services, submission_id, seen.spec, seen.language)
    finally:
        pump.cancel()
    if drawing.changed:
        yield drawing.draw()
    yield ServerSentEvent(event="end", data="")


async def _until_news(inbox: asyncio.Queue[Any], drawing: _Drawing) -> AsyncIterator[ServerSentEvent]:
    """Pictures of the curve, until the state has changed or it is time to look whether it has."""
    look_at = time.monotonic() + _LOOK_EVERY_S
    while time.monotonic() < look_at:
        with contextlib.suppress(TimeoutError):
            event = await asyncio.wait_for(inbox.get(), _DRAW_EVERY_S)
            if event.kind == "epoch":
                drawing.take(event.data)
            else:
                # A new attempt starts its curve anew.
                if event.data.get("state") in {"queued", "claimed"}:
                    drawing.curve.clear()
                return
        if drawing.is_due:
            yield drawing.draw()


async def _pump(services: Services, submission_id: str, inbox: asyncio.Queue[Any]) -> None:
    """Whatever is told of this submission, from its beginning; when Redis is away, try again in a while."""
    after = BEGINNING
    async with Redis.from_url(services.settings.redis_url, socket_connect_timeout=2) as connection:
        while True:
            with contextlib.suppress(RedisError):
                async for event in follow(connection, submission_id, after=after):
                    if event is not None:
                        after = event.id
                        inbox.put_nowait(event)
            await asyncio.sleep(_LOOK_EVERY_S)
