"""Composition root of a worker process: `celery -A worker.celery_app worker`. Nothing connects at import."""

from __future__ import annotations

import os
import socket
import threading
from functools import cache
from typing import Any

import redis
import structlog
from celery.signals import setup_logging, worker_ready

from store import events, presence, repository
from store.engine import make_engine, patiently
from store.evidence import ObjectStore
from store.logs import set_up_logs
from store.queue import QUEUES, RUN_TASK, STAFF_TASK, make_celery
from store.settings import Settings
from worker.material import Materials
from worker.pipeline import Pipeline
from worker.sandbox import client, pool

_settings = Settings()
set_up_logs(_settings.log_format)
app = make_celery(_settings)
# Our lines are whole as they are; Celery would put each into one of its own.
app.conf.worker_redirect_stdouts = False

_log = structlog.get_logger()


@setup_logging.connect  # type: ignore[untyped-decorator]
def _keep_logs(**_: object) -> None:
    """Celery sets up logging only where nobody else does."""


@worker_ready.connect  # type: ignore[untyped-decorator]
def _say_present(sender: Any, **_: object) -> None:
    """/readyz, the queue's page and whoever hands in ask who is there, and with what."""
    consumed = set(sender.app.amqp.queues.consume_from)
    queues = tuple(device for device, queue in QUEUES.items() if queue in consumed)
    at_once = int(sender.controller.concurrency)

    def repeat() -> None:
        connection = redis.Redis.from_url(_settings.redis_url, socket_connect_timeout=2, socket_timeout=2)
        while True:
            try:
                presence.announce(connection, _presence(queues, at_once))
                presence.mark_alive(_settings.alive_file)
            except redis.RedisError as error:
                _log.warning("worker.not_announced", error=str(error))
            stop.wait(presence.ANNOUNCE_EVERY_S)

    stop = threading.Event()
    threading.Thread(target=repeat, daemon=True).start()


def _presence(queues: tuple[str, ...], at_once: int) -> presence.Worker:
    # Two workers of one machine, each with a runner of its own, are two.
    name = socket.gethostname() if queues == ("cpu",) else f"{socket.gethostname()} ({', '.join(queues)})"
    try:
        said = pool.status(_settings.runner_socket, within_s=presence.ANNOUNCE_EVERY_S / 2)
    except client.SandboxUnavailableError:
        return presence.Worker(name=name, runner="unreachable", queues=queues, runs_at_once=at_once)
    missing, accepted = tuple(said["missing"]), tuple(said["accepted"])
    gpus = tuple(
        presence.Gpu(**{field: gpu[field] for field in ("name", "memory_bytes", "driver", "busy_since")})
        for gpu in said["gpus"]["found"]
    )
    return presence.Worker(
        name=name,
        runner="refuses" if missing else "ok",
        missing=missing,
        accepted=accepted,
        queues=queues,
        runs_at_once=at_once,
        slots=said["slots"],
        gpus=gpus,
        no_gpu_because=tuple(said["gpus"]["reasons"]),
        frameworks_missing=tuple(f"{name}: {why}" for name, why in said["frameworks_missing"].items()),
        zygotes_recycled=said["zygotes_recycled"],
    )


@cache
def _pipeline(_pid: int) -> Pipeline:
    """One per pool process: a database connection must not cross a fork."""
    engine = make_engine(_settings.database_url)
    materials = Materials(
        _settings.data_dir,
        own=lambda name: patiently(engine, lambda session: repository.dataset_archive(session, name)),
    )
    objects = ObjectStore.of(_settings)
    return Pipeline(engine, _settings, materials, events.teller(_settings.redis_url), objects)


@app.task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run(run_id: str) -> None:
    _pipeline(os.getpid()).run(run_id)


@app.task(name=STAFF_TASK)  # type: ignore[untyped-decorator]
def staff_job(job_id: str) -> None:
    # With it comes matplotlib, by way of copydetect: only a process that compares pays for that.
    from worker.staff_work import StaffWork  # noqa: PLC0415

    pipeline = _pipeline(os.getpid())
    StaffWork(engine=pipeline.engine, objects=pipeline.objects).run(job_id)
