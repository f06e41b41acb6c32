"""Who is at work: every worker says so now and then, and what it knows of its runner."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from redis import Redis

ANNOUNCE_EVERY_S: Final = 10.0
FORGOTTEN_AFTER_S: Final = 30.0
# So long it is told how long ago a worker was last heard of; a container that is made anew has a new name.
REMEMBERED_S: Final = 600.0
BEAT_KEY: Final = "labmark:beat:alive"
_WORKERS_KEY = "labmark:workers"


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU of a worker's runner. `busy_since`: when somebody else was found to use it, if it still is."""

    name: str
    memory_bytes: int
    driver: str
    busy_since: float | None = None


@dataclass(frozen=True, kw_only=True)
class Worker:
    """`runner`: ok, unreachable or refuses. `missing`: layers of the sandbox for which it refuses;
    `accepted`: layers that are absent and that the operator has accepted by name.

    `queues`: cpu, gpu or both, whose runs it takes, `runs_at_once` of them. `slots`: jails that its runner
    keeps at once; `gpus`: what those can be given, one each; `no_gpu_because`: why others, or all, cannot.

    `frameworks_missing`: what it could not import, and why: submissions that need it wait.
    `zygotes_recycled`: how often, since its start.
    """

    name: str
    runner: str
    missing: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    queues: tuple[str, ...] = ("cpu",)
    runs_at_once: int = 1
    slots: int = 0
    gpus: tuple[Gpu, ...] = ()
    no_gpu_because: tuple[str, ...] = ()
    frameworks_missing: tuple[str, ...] = ()
    zygotes_recycled: int = 0


@dataclass(frozen=True, kw_only=True)
class Presence:
    """`silent_s`: of each worker heard of in the last ten minutes, how long ago that was, by name."""

    workers: tuple[Worker, ...]
    beat: bool
    silent_s: dict[str, float] = field(default_factory=dict)

    @property
    def able(self) -> tuple[Worker, ...]:
        """Those that could train a submission now."""
        return tuple(worker for worker in self.workers if worker.runner == "ok")

    @property
    def runs_at_once(self) -> dict[str, int]:
        """By device, how many runs are worked on at once. A worker of both devices is counted for both."""
        found: Counter[str] = Counter()
        for worker in self.able:
            for device in worker.queues:
                most = len(worker.gpus) if device == "gpu" else worker.runs_at_once
                found[device] += min(most, worker.runs_at_once)
        return dict(found)

    @property
    def gpus(self) -> tuple[Gpu, ...]:
        """Those that a submission could be trained on now: of workers that take such runs."""
        return tuple(gpu for worker in self.able if "gpu" in worker.queues for gpu in worker.gpus)

    @property
    def no_gpu_because(self) -> tuple[str, ...]:
        """What workers that take such runs say of GPUs that they cannot hand out."""
        return tuple(
            f"{worker.name}: {reason}"
            for worker in self.workers
            if "gpu" in worker.queues
            for reason in worker.no_gpu_because
        )


def announce(connection: Redis, worker: Worker, *, now: float | None = None) -> None:
    """Raises redis.RedisError."""
    said = {**asdict(worker), "at": time.time() if now is None else now}
    connection.hset(_WORKERS_KEY, worker.name, json.dumps(said))


def announce_beat(connection: Redis) -> None:
    """Raises redis.RedisError."""
    connection.set(BEAT_KEY, "1", ex=int(FORGOTTEN_AFTER_S))


def mark_alive(file: Path | None) -> None:
    """For whoever looks at this process from outside; a full disk keeps nobody from Redis."""
    if file is not None:
        with contextlib.suppress(OSError):
            file.touch()


def present(connection: Redis, *, now: float | None = None) -> Presence:
    """Everybody heard of in the last 30 s. Raises redis.RedisError.

    Seconds of silence are by two clocks, and below 0 where the worker's is ahead of ours.
    """
    now = time.time() if now is None else now
    found: Any = connection.hgetall(_WORKERS_KEY)
    workers, gone, silent_s = [], [], {}
    for name, text in found.items():
        said = json.loads(text)
        silence = now - said["at"]
        if silence > REMEMBERED_S:
            gone.append(name)
            continue
        silent_s[name.decode()] = silence
        if silence <= FORGOTTEN_AFTER_S:
            workers.append(_worker(name.decode(), said))
    if gone:
        connection.hdel(_WORKERS_KEY, *gone)
    return Presence(
        workers=tuple(sorted(workers, key=lambda worker: worker.name)),
        beat=bool(connection.exists(BEAT_KEY)),
        silent_s=dict(sorted(silent_s.items())),
    )


def _worker(name: str, said: dict[str, Any]) -> Worker:
    """One of an older version says nothing of queues and devices."""
    return Worker(
        name=name,
        runner=said["runner"],
        missing=tuple(said["missing"]),
        accepted=tuple(said["accepted"]),
        queues=tuple(said.get("queues", ("cpu",))),
        runs_at_once=said.get("runs_at_once", 1),
        slots=said.get("slots", 0),
        gpus=tuple(Gpu(**gpu) for gpu in said.get("gpus", ())),
        no_gpu_because=tuple(said.get("no_gpu_because", ())),
        frameworks_missing=tuple(said.get("frameworks_missing", ())),
        zygotes_recycled=said.get("zygotes_recycled", 0),
    )
