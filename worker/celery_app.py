"""Composition root of a worker process: `celery -A worker.celery_app worker`. Nothing connects at import."""

from __future__ import annotations

import os
import socket
import threading
from functools import cache

import redis
import structlog
from celery.signals import worker_ready

from store import events, presence, repository
from store.engine import make_engine, patiently
from store.logs import set_up_logs
from store.queue import RUN_TASK, STAFF_TASK, make_celery
from store.settings import Settings
from worker.material import Materials
from worker.pipeline import Pipeline
from worker.sandbox import client

set_up_logs()
_settings = Settings()
app = make_celery(_settings)

_log = structlog.get_logger()


@worker_ready.connect  # type: ignore[untyped-decorator]
def _say_present(**_: object) -> None:
    """/readyz and the queue's page ask who is there."""

    def repeat() -> None:
        connection = redis.Redis.from_url(_settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
        while True:
            try:
                presence.announce(connection, _presence())
            except redis.RedisError as error:
                _log.warning("worker.not_announced", error=str(error))
            stop.wait(presence.ANNOUNCE_EVERY_S)

    stop = threading.Event()
    threading.Thread(target=repeat, daemon=True).start()


def _presence() -> presence.Worker:
    name = socket.gethostname()
    try:
        said = client.status(_settings.runner_socket)
    except client.SandboxUnavailableError:
        return presence.Worker(name=name, runner="unreachable")
    missing, accepted = tuple(said["missing"]), tuple(said["accepted"])
    return presence.Worker(
        name=name, runner="refuses" if missing else "ok", missing=missing, accepted=accepted
    )


@cache
def _pipeline(_pid: int) -> Pipeline:
    """One per pool process: a database connection must not cross a fork."""
    engine = make_engine(_settings.database_url)
    materials = Materials(
        _settings.data_dir,
        own=lambda name: patiently(engine, lambda session: repository.dataset_archive(session, name)),
    )
    return Pipeline(engine, _settings, materials, events.teller(_settings.redis_url))


@app.task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run(run_id: str) -> None:
    _pipeline(os.getpid()).run(run_id)


@app.task(name=STAFF_TASK)  # type: ignore[untyped-decorator]
def staff_job(job_id: str) -> None:
    # With it comes matplotlib, by way of copydetect: only a process that compares pays for that.
    from worker.staff_work import StaffWork  # noqa: PLC0415

    StaffWork(engine=_pipeline(os.getpid()).engine).run(job_id)
