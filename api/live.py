"""A submission's events for a program that listens, from Redis, with the database as the last word."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis import RedisError
from redis.asyncio import Redis
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.security import principal, reachable_submission
from store import repository
from store.engine import reading
from store.events import BEGINNING, follow, is_newest, last_state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi.security import HTTPAuthorizationCredentials

    from api.dependencies import Services
    from store.events import Event
    from store.forecast import Place

_LOOK_EVERY_S = 1.0


def admit(services: Services, credentials: HTTPAuthorizationCredentials | None, submission_id: str) -> None:
    """As any other reader of the submission, in a session that ends before the stream begins."""
    with reading(services.engine) as session:
        reachable_submission(session, principal(session, credentials), submission_id)


async def live_events(services: Services, submission_id: str, after: str) -> AsyncIterator[ServerSentEvent]:
    """Everything told after the event `after`, then `end` with the final state.

    Between them `queue`, whenever the place in the queue has changed: of the present, so without an id, and
    told anew to whoever comes back. States that Redis has lost, and the end, are read from the database, so a
    Redis that lost its data, or is away, delays nobody for ever.
    """
    story = _Story(await run_in_threadpool(_look, services, submission_id))
    looked_at = time.monotonic()
    async with Redis.from_url(services.settings.redis_url, socket_connect_timeout=2) as connection:
        source = follow(connection, submission_id, after=after, block_s=_LOOK_EVERY_S)
        for event in story.queue():
            yield event
        if after != BEGINNING:
            with contextlib.suppress(RedisError):
                story.knows(await last_state(connection, submission_id, until=after))
        while not (story.is_told and await _nothing_after(connection, submission_id, after)):
            try:
                heard = await anext(source)
            except RedisError:
                heard = None
                if not story.is_over:
                    await asyncio.sleep(_LOOK_EVERY_S)
                source = follow(connection, submission_id, after=after, block_s=_LOOK_EVERY_S)
            if heard is not None:
                after = heard.id
                yield story.heard(heard)
            elif story.is_over:
                break
            if story.has_heard_an_end or time.monotonic() - looked_at >= _LOOK_EVERY_S:
                story.saw(await run_in_threadpool(_look, services, submission_id))
                looked_at = time.monotonic()
                for event in (*story.missed(), *story.queue()):
                    yield event
    yield story.end()


async def _nothing_after(connection: Redis, submission_id: str, after: str) -> bool:
    try:
        return await is_newest(connection, submission_id, after)
    except RedisError:
        return True


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the database says now; `place` in the queue, while it waits."""

    state: str
    attempt: int
    place: Place | None


def _look(services: Services, submission_id: str) -> _Seen:
    with reading(services.engine) as session:
        run = repository.newest_run(session, submission_id)
    if run is None:
        return _Seen(state="cancelled", attempt=0, place=None)
    place = services.queue.place(run.run_id) if run.state == "queued" else None
    return _Seen(state=run.state, attempt=run.attempt, place=place)


class _Story:
    """What was told of one submission, beside what the database says of it."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        # By the newest event; perhaps that of a run before this one.
        self.has_heard_an_end = False
        self._told: tuple[str, int] | None = None
        self._position: int | None = None
        # What the database has said at a look since which nothing was heard.
        self._unheard: tuple[str, int] | None = None

    @property
    def is_over(self) -> bool:
        return self._seen.state in repository.FINAL

    @property
    def is_told(self) -> bool:
        return self.is_over and self.has_heard_an_end

    def heard(self, event: Event) -> ServerSentEvent:
        self.knows(event)
        self.has_heard_an_end = event.data.get("state") in repository.FINAL
        return ServerSentEvent(event=event.kind, id=event.id, data=json.dumps(event.data))

    def knows(self, event: Event | None) -> None:
        """What the reader was told, now or on an earlier connection."""
        if event is not None and event.kind == "state":
            self._told, self._unheard = (event.data["state"], event.data.get("attempt", 0)), None

    def saw(self, seen: _Seen) -> None:
        self._seen = seen

    def missed(self) -> list[ServerSentEvent]:
        """A state that nobody told for a whole look: it is told here, once, without an id.

        What was committed is told a moment later, and waiting is told by `queue`; the end has its own event.
        """
        now = (self._seen.state, self._seen.attempt)
        if self.is_over or now[0] == "queued" or now == self._told:
            self._unheard = None
            return []
        if self._unheard != now:
            self._unheard = now
            return []
        self._told, self._unheard = now, None
        return [_event("state", {"state": now[0], "attempt": now[1]})]

    def queue(self) -> list[ServerSentEvent]:
        place = self._seen.place
        position = None if place is None else place.position
        if position == self._position:
            return []
        self._position = position
        if place is None:
            return []
        return [_event("queue", {"position": place.position, "estimated_start_at": place.start_at})]

    def end(self) -> ServerSentEvent:
        return _event("end", {"state": self._seen.state})


def _event(kind: str, data: dict[str, object]) -> ServerSentEvent:
    return ServerSentEvent(event=kind, data=json.dumps(data))
