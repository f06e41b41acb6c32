"""Who is at work: every worker says so now and then, and what it knows of its runner."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from redis import Redis

ANNOUNCE_EVERY_S: Final = 10.0
FORGOTTEN_AFTER_S: Final = 30.0
BEAT_KEY: Final = "labmark:beat:alive"
_WORKERS_KEY = "labmark:workers"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """`runner`: ok, unreachable or refuses. `missing`: layers of the sandbox for which it refuses;
    `accepted`: layers that are absent and that the operator has accepted by name.
    """

    name: str
    runner: str
    missing: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Presence:
    workers: tuple[Worker, ...]
    beat: bool

    @property
    def able(self) -> tuple[Worker, ...]:
        """Those that could train a submission now."""
        return tuple(worker for worker in self.workers if worker.runner == "ok")


def announce(connection: Redis, worker: Worker, *, now: float | None = None) -> None:
    """Raises redis.RedisError."""
    said = {
        "at": time.time() if now is None else now,
        "runner": worker.runner, "missing": worker.missing, "accepted": worker.accepted,
    }  # fmt: skip
    connection.hset(_WORKERS_KEY, worker.name, json.dumps(said))


def announce_beat(connection: Redis) -> None:
    """Raises redis.RedisError."""
    connection.set(BEAT_KEY, "1", ex=int(FORGOTTEN_AFTER_S))


def present(connection: Redis, *, now: float | None = None) -> Presence:
    """Everybody heard of in the last 30 s. Raises redis.RedisError."""
    now = time.time() if now is None else now
    found: Any = connection.hgetall(_WORKERS_KEY)
    workers, gone = [], []
    for name, text in found.items():
        said = json.loads(text)
        if now - said["at"] > FORGOTTEN_AFTER_S:
            gone.append(name)
            continue
        workers.append(
            Worker(
                name=name.decode(), runner=said["runner"],
                missing=tuple(said["missing"]), accepted=tuple(said["accepted"]),
            )
        )  # fmt: skip
    if gone:
        # A container that is made anew has a new name.
        connection.hdel(_WORKERS_KEY, *gone)
    return Presence(
        workers=tuple(sorted(workers, key=lambda worker: worker.name)), beat=bool(connection.exists(BEAT_KEY))
    )
