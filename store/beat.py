"""Beat: what must happen without anybody asking for it. One process is enough, two do no harm.

Not a Celery task: it would wait behind the very runs that it has to bring back (docs/decisions/0004).
"""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import redis
import structlog

from store import counters, events, repository
from store.counters import Happened
from store.engine import make_engine, reading, transaction
from store.evidence import ObjectStore
from store.evidence_mover import start_mover
from store.logs import set_up_logs
from store.presence import announce_beat, mark_alive, present
from store.queue import drain_outbox, make_celery, ring_staff_job
from store.retention import DAY_S, Policy, let_go
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from store.retention import MayGo

EVERY_S: Final = 2.0
STAFF_JOBS_EVERY_S: Final = 20.0
_GPU_MISSED_AFTER_S: Final = 60.0
# Holds the identity of the Redis server that the doorbells were sent to.
_SERVER_KEY = "labmark:beat:rang_at_server"
# Is there while today's turn at letting go was had, or is being had by another beat.
_RETENTION_KEY = "labmark:beat:let_go"
_RETENTION_AGAIN_S: Final = 3600

_log = structlog.get_logger(__name__)


@dataclass
class Beat:
    """Expired leases, unsent doorbells, and doorbells that a Redis took into its grave."""

    engine: Engine
    celery: Any
    connection: redis.Redis
    lease_s: float = repository.LEASE_S
    policy: Policy = field(default_factory=Policy)
    _letting_go: Iterator[MayGo] | None = None
    _failing: set[str] = field(default_factory=set)
    _staff_jobs_due_at: float = 0.0
    _no_gpu_since: float | None = None

    def once(self) -> None:
        """Every duty once. One that fails is logged and does not keep the others from their turn."""
        duties: dict[str, Callable[[], object]] = {
            "reconcile": self._take_back, "ring_after_restart": self._ring_after_restart,
            "leave_gpu_queue": self._leave_gpu_queue,
            "drain": lambda: drain_outbox(self.engine, self.celery),
            "staff_jobs": self._ring_for_staff_jobs,
            "retention": self._let_go,
            "announce": lambda: announce_beat(self.connection),
        }  # fmt: skip
        for name, duty in duties.items():
            try:
                duty()
            except Exception as error:  # noqa: BLE001 - as it says above
                # Once with its traceback; a database that is away for an hour is not 1,800 of them.
                if name in self._failing:
                    _log.warning("beat.still_failing", duty=name, error=str(error))
                else:
                    _log.exception("beat.failed", duty=name)
                self._failing.add(name)
            else:
                self._failing.discard(name)

    def _take_back(self) -> None:
        with transaction(self.engine) as session:
            done = repository.reconcile(session, lease_s=self.lease_s)
        if done.requeued or done.errored:
            counters.tell(
                self.connection,
                Happened(counter="lease_expired", times=len(done.requeued) + len(done.errored)),
                Happened(counter="run_ended", label="errored", times=len(done.errored)),
            )
        for run in (*done.requeued, *done.errored):
            _log.warning(
                "run.taken_back",
                run_id=run.run_id,
                submission_id=run.submission_id,
                state=run.state,
                attempt=run.attempt,
            )
            if run.kind == "graded":
                told = {"state": run.state, "attempt": run.attempt}
                events.publish(self.connection, run.submission_id, "state", told)

    def _leave_gpu_queue(self) -> None:
        """What any device will do for waits for a GPU only while one is there, or was a minute ago."""
        if present(self.connection).gpus:
            self._no_gpu_since = None
            return
        now = time.monotonic()
        self._no_gpu_since = now if self._no_gpu_since is None else self._no_gpu_since
        if now - self._no_gpu_since < _GPU_MISSED_AFTER_S:
            return
        self._no_gpu_since = now
        with transaction(self.engine) as session:
            moved = repository.move_to_cpu(session)
        for run_id in moved:
            _log.info("run.moved_to_cpu", run_id=run_id)

    def _ring_after_restart(self) -> None:
        """A Redis that is not the one that was rung may have forgotten: every waiting run rings again.

        A bell that rings twice does no harm, its second claim gets nothing.
        """
        info: Any = self.connection.info("server")
        if self.connection.get(_SERVER_KEY) == info["run_id"].encode():
            return
        with transaction(self.engine) as session:
            rung = repository.ring_all_again(session)
        self.connection.set(_SERVER_KEY, info["run_id"])
        _log.info("beat.new_redis", server=info["run_id"], rung_again=rung)


    def _let_go(self) -> None:
        """Once a day, and a little at a time: a year's evidence must not keep the others from their turn."""
        if self.policy.keeps_everything:
            return
        if self._letting_go is None:
            if not self.connection.set(_RETENTION_KEY, "1", nx=True, ex=int(DAY_S)):
                return
            self._letting_go = let_go(self.engine, self.policy)
        try:
            next(self._letting_go)
        except StopIteration:
            self._letting_go = None
        except Exception:
            self._letting_go = None
            self.connection.expire(_RETENTION_KEY, _RETENTION_AGAIN_S)
            raise

    def _ring_for_staff_jobs(self) -> None:
        """Seldom: a worker that is busy follows the first ring late, and every ring is one more message."""
        if time.monotonic() < self._staff_jobs_due_at:
            return
        self._staff_jobs_due_at = time.monotonic() + STAFF_JOBS_EVERY_S
        with reading(self.engine) as session:
            forgotten = repository.forgotten_staff_jobs(session)
        for job_id in forgotten:
            ring_staff_job(self.celery, job_id)


def main() -> None:
    settings, ended = Settings(), threading.Event()
    set_up_logs(settings.log_format)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    connection = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
    beat = Beat(
        make_engine(settings.database_url),
        make_celery(settings),
        connection,
        lease_s=settings.lease_s,
        policy=Policy.of(settings),
    )
    objects = ObjectStore.of(settings)
    if objects is not None:
        # Connections of its own: what beat does may be waiting on others.
        start_mover(make_engine(settings.database_url), objects, ended)
    _log.info("beat.ready", every_s=EVERY_S, evidence_store=objects.url if objects else None)
    while not ended.is_set():
        beat.once()
        mark_alive(settings.alive_file)
        ended.wait(EVERY_S)


if __name__ == "__main__":
    main()
