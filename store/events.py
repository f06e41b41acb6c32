"""What happens to a submission, told while it happens, over one Redis stream a submission.

A comfort, not the truth: telling never fails a run, and who listens looks into the database too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from redis.asyncio import Redis as AsyncRedis

# A run tells no more than this (`worker.training`): who comes late finds its first epoch too.
KEPT_EVENTS: Final = 4000
_KEPT_S = 24 * 3600
_READ_AT_ONCE = 500
BEGINNING = "0-0"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Event:
    """`id` orders events and is what Last-Event-ID repeats. Kinds and what `data` holds:

    `state` {"state", "attempt"}, attempt 0 for one that nobody worked on; `epoch` {"repeat", "epoch",
    "attempt", "train_error_percent", "validation_error_percent"}, repeat from 0 and epoch from 1, errors in
    percent 0..100.
    """

    id: str
    kind: str
    data: dict[str, Any]


def stream_of(submission_id: str) -> str:
    return f"labmark:events:{submission_id}"


def teller(redis_url: str) -> Redis:
    """A connection to tell over. It gives up at once: a listener must not hold up a grade.

    (By itself redis-py tries three times more, seconds apart, each time that something is told.)
    """
    return Redis.from_url(
        redis_url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )


def publish(connection: Redis, submission_id: str, kind: str, data: dict[str, Any]) -> bool:
    """Append one event. Redis being away is logged, never raised; False says so."""
    name = stream_of(submission_id)
    try:
        with connection.pipeline(transaction=False) as pipe:
            told: dict[Any, Any] = {"kind": kind, "data": json.dumps(data)}
            pipe.xadd(name, told, maxlen=KEPT_EVENTS, approximate=True)
            pipe.expire(name, _KEPT_S)
            pipe.execute()
    except RedisError as error:
        _log.warning("events.not_told", submission_id=submission_id, kind=kind, error=str(error))
        return False
    return True


async def follow(
    connection: AsyncRedis, submission_id: str, *, after: str = BEGINNING, block_s: float = 2.0
) -> AsyncIterator[Event | None]:
    """Every event after the one with id `after`, for ever; None whenever `block_s` passed without one.

    A Redis that lost the stream may number the new one lower, by a clock that is behind: its events are then
    told from the first. Raises redis.RedisError when Redis is away.
    """
    name = stream_of(submission_id)
    while True:
        answer: Any = await connection.xread({name: after}, count=_READ_AT_ONCE, block=int(block_s * 1000))
        # RESP2 answers with a list of pairs, RESP3 with a dict whose values are lists of pages.
        entries = [entry for _, found in answer for entry in found] if isinstance(answer, list) else [
            entry for pages in (answer or {}).values() for page in pages for entry in page
        ]  # fmt: skip
        if not entries:
            after = await _still(connection, name, after)
            yield None
        for identifier, fields in entries:
            event = _event(identifier, fields)
            after = event.id
            yield event


async def is_newest(connection: AsyncRedis, submission_id: str, identifier: str) -> bool:
    """Nothing was told after it. Raises redis.RedisError."""
    newest: Any = await connection.xrevrange(stream_of(submission_id), count=1)
    return not newest or _number(_text(newest[0][0])) <= _number(identifier)


async def last_state(connection: AsyncRedis, submission_id: str, *, until: str) -> Event | None:
    """The newest state among the events up to the one with id `until`. Raises redis.RedisError."""
    name, upto = stream_of(submission_id), until
    while True:
        page: Any = await connection.xrevrange(name, max=upto, count=_READ_AT_ONCE)
        for event in (_event(identifier, fields) for identifier, fields in page):
            if event.kind == "state":
                return event
            upto = f"({event.id}"
        if len(page) < _READ_AT_ONCE:
            return None


def _event(identifier: bytes | str, fields: Any) -> Event:
    known = {_text(key): _text(value) for key, value in fields.items()}
    return Event(id=_text(identifier), kind=known["kind"], data=json.loads(known["data"]))


async def _still(connection: AsyncRedis, name: str, after: str) -> str:
    """`after`, or the beginning where the stream does not come as far as that."""
    newest: Any = await connection.xrevrange(name, count=1)
    return BEGINNING if newest and _number(_text(newest[0][0])) < _number(after) else after


def _number(identifier: str) -> tuple[int, int]:
    milliseconds, _, number = identifier.partition("-")
    return int(milliseconds), int(number)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
