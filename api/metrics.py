"""What /metrics tells, in Prometheus' text format.

This process counts its own requests. What is true of the whole service is looked up when somebody asks: in
the database what waits, in Redis who is at work and what workers and beat have counted. So every api process
tells the same of that, and rules about it take `max` over them. docs/operations.md lists all of it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from store import counters, repository
from store.engine import reading, sqlite_file
from store.presence import present

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric
    from redis import Redis
    from sqlalchemy import Engine

    from store.counters import Counts
    from store.presence import Presence
    from store.settings import Settings

_REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_log = structlog.get_logger(__name__)


class Metrics:
    """Of one api process. Nothing connects before somebody asks."""

    def __init__(self, settings: Settings, engine: Engine, redis: Redis) -> None:
        # When a series began is one more series for each, and nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "labmark_http_request_seconds",
            "Time to the first byte of an answer.",
            ("method", "route", "status"),
            buckets=_REQUEST_BUCKETS_S,
            registry=self._registry,
        )
        self.live_readers = Gauge(
            "labmark_live_readers", "Open streams of live events.", registry=self._registry
        )
        self._registry.register(_Service(settings, engine, redis))

    def observe_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """`route` as it is declared: an address that somebody made up would be one more series for ever."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Service(Collector):
    """What stands in the database and in Redis. A part that is away takes only its own figures with it."""

    def __init__(self, settings: Settings, engine: Engine, redis: Redis) -> None:
        self._settings, self._engine, self._redis = settings, engine, redis

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not connect."""
        return ()

    def collect(self) -> Iterator[Metric]:
        up = _gauge("part_up", "Whether a part of the service answers: 1, or 0.", "part")
        for name, found in (("database", self._of_database), ("redis", self._of_redis)):
            try:
                told = list(found())
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still told
                _log.warning("metrics.part_down", part=name, error=str(error))
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
                yield from told
        yield up
        yield from self._of_disks()

    def _of_database(self) -> Iterator[Metric]:
        with reading(self._engine) as session:
            queues, states = repository.queues(session), repository.runs_by_state(session)
            stuck, lag_s = repository.stuck_runs(session), repository.outbox_lag_s(session)
            size_bytes = repository.database_bytes(session)
            # Nothing waits where there is nowhere to go, and to sum that up would read all of it.
            moves = self._settings.evidence_store is not None
            waiting = repository.evidence_waiting(session) if moves else None
        length = _gauge("queue_runs", "Runs that wait.", "device", "urgency")
        oldest = _gauge("queue_oldest_age_seconds", "How long the first one has waited.", "device", "urgency")
        for queue in queues:
            length.add_metric([queue.device, queue.urgency], queue.runs)
            oldest.add_metric([queue.device, queue.urgency], queue.oldest_age_s)
        runs = _gauge("runs", "All runs, by their state.", "state")
        for state, count in states.items():
            runs.add_metric([state], count)
        yield from (length, oldest, runs)
        yield _one("stuck_runs", "Runs whose lease ended and that nobody took back.", stuck)
        yield _one("outbox_lag_seconds", "How long the oldest unsent doorbell has been due.", lag_s)
        yield _one("database_bytes", "Size of the database.", size_bytes)
        if waiting is not None:
            yield _one("evidence_waiting_runs", "Runs whose evidence waits to be moved.", waiting[0])
            yield _one("evidence_waiting_bytes", "Evidence that waits to be moved to its store.", waiting[1])

    def _of_redis(self) -> Iterator[Metric]:
        yield from _of_presence(present(self._redis))
        yield from _of_counts(counters.read(self._redis))

    def _of_disks(self) -> Iterator[Metric]:
        free = _gauge("disk_free_bytes", "Free for us, where this api process keeps something.", "place")
        size = _gauge("disk_size_bytes", "Of the same file systems.", "place")
        places = {"data": self._settings.data_dir, "database": sqlite_file(self._settings.database_url)}
        for name, place in places.items():
            if place is not None:
                # What is not written yet will lie on the file system of the folder that is there.
                there = next(at for at in (place, *place.absolute().parents) if at.exists())
                usage = shutil.disk_usage(there)
                free.add_metric([name], usage.free)
                size.add_metric([name], usage.total)
        yield from (free, size)


def _of_presence(seen: Presence) -> Iterator[Metric]:
    age = _gauge("worker_heartbeat_age_seconds", "Since a worker was last heard of.", "worker")
    for name, silent_s in seen.silent_s.items():
        age.add_metric([name], silent_s)
    able = _gauge("worker_able", "Whether a worker's runner takes jobs: 1, or 0.", "worker")
    recycled = _counter("zygote_recycles", "Warm processes that its runner has replaced.", "worker")
    for worker in seen.workers:
        able.add_metric([worker.name], worker.runner == "ok")
        recycled.add_metric([worker.name], worker.zygotes_recycled)
    yield from (age, able, recycled)
    yield _one("beat_up", "Whether beat was heard of in the last 30 s: 1, or 0.", seen.beat)


def _of_counts(found: Counts) -> Iterator[Metric]:
    expired = _counter("leases_expired", "Runs that were taken back from workers that fell silent.")
    expired.add_metric([], found.counts["lease_expired"].get("", 0))
    ended = _counter("runs_ended", "Runs by how they ended.", "outcome")
    for outcome in ("graded", "failed", "errored"):
        ended.add_metric([outcome], found.counts["run_ended"].get(outcome, 0))
    failed = _counter("run_failures", "Submissions that failed, by the code that the student reads.", "code")
    for code, times in sorted(found.counts["run_failed"].items()):
        failed.add_metric([code], times)
    yield from (expired, ended, failed)
    phases = HistogramMetricFamily(
        "labmark_run_phase_seconds", "How long each phase of a run took.", labels=["phase"]
    )
    for phase, timing in sorted(found.timings["run_phase"].items()):
        up_to, buckets = 0, []
        for end, count in timing.buckets.items():
            up_to += count
            buckets.append((end, float(up_to)))
        phases.add_metric([phase], buckets, timing.sum_s)
    yield phases


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"labmark_{name}", text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"labmark_{name}", text, labels=labels)


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"labmark_{name}", text, value=value)
