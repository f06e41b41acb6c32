"""A submission's events for a program that listens, from Redis, with the database as the last word."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from redis import RedisError
from redis.asyncio import Redis
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.security import principal, reachable_submission
from store import repository
from store.engine import reading
from store.events import follow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi.security import HTTPAuthorizationCredentials

    from api.dependencies import Services

_LOOK_EVERY_S = 1.0


def admit(services: Services, credentials: HTTPAuthorizationCredentials | None, submission_id: str) -> None:
    """As any other reader of the submission, in a session that ends before the stream begins."""
    with reading(services.engine) as session:
        reachable_submission(session, principal(session, credentials), submission_id)


async def live_events(services: Services, submission_id: str, after: str) -> AsyncIterator[ServerSentEvent]:
    """Everything told after the event `after`, then `end` with the final state.

    The end is read from the database, so a Redis that lost its data, or is away, delays nobody for ever.
    """
    state, last_told = await run_in_threadpool(_state, services, submission_id), ""
    looked_at = time.monotonic()
    async with Redis.from_url(services.settings.redis_url, socket_connect_timeout=2) as connection:
        source = follow(connection, submission_id, after=after, block_s=_LOOK_EVERY_S)
        while state not in repository.FINAL or last_told not in repository.FINAL:
            try:
                event = await anext(source)
            except RedisError:
                if state in repository.FINAL:
                    break
                event = None
                await asyncio.sleep(_LOOK_EVERY_S)
                source = follow(connection, submission_id, after=after, block_s=_LOOK_EVERY_S)
            if event is not None:
                after, last_told = event.id, event.data.get("state", last_told)
                yield ServerSentEvent(event=event.kind, id=event.id, data=json.dumps(event.data))
            elif state in repository.FINAL:
                break
            if last_told in repository.FINAL or time.monotonic() - looked_at >= _LOOK_EVERY_S:
                state, looked_at = await run_in_threadpool(_state, services, submission_id), time.monotonic()
    yield ServerSentEvent(event="end", data=json.dumps({"state": state}))


def _state(services: Services, submission_id: str) -> str:
    with reading(services.engine) as session:
        details = repository.submission_details(session, submission_id)
    return details.run.state if details else "cancelled"
