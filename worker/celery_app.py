"""Composition root of a worker process: `celery -A worker.celery_app worker`. Nothing connects at import."""

from __future__ import annotations

import os
import threading
from functools import cache

import redis
import structlog
from celery.signals import worker_ready

from store.engine import make_engine
from store.queue import RUN_TASK, WORKER_ALIVE_KEY, make_celery
from store.settings import Settings
from worker.material import Materials
from worker.pipeline import Pipeline

_settings = Settings()
app = make_celery(_settings)

_log = structlog.get_logger()
_ALIVE_EVERY_S, _ALIVE_FOR_S = 10, 30


@worker_ready.connect  # type: ignore[untyped-decorator]
def _say_alive(**_: object) -> None:
    """/readyz asks for this key: it ends by itself when the worker does."""

    def repeat() -> None:
        connection = redis.Redis.from_url(_settings.redis_url)
        while True:
            try:
                connection.set(WORKER_ALIVE_KEY, "1", ex=_ALIVE_FOR_S)
            except redis.RedisError as error:
                _log.warning("worker.alive_not_told", error=str(error))
            stop.wait(_ALIVE_EVERY_S)

    stop = threading.Event()
    threading.Thread(target=repeat, daemon=True).start()


@cache
def _pipeline(_pid: int) -> Pipeline:
    """One per pool process: a database connection must not cross a fork."""
    # A listener must not hold up a grade: a Redis that does not answer is given up on soon.
    connection = redis.Redis.from_url(_settings.redis_url, socket_connect_timeout=0.5, socket_timeout=0.5)
    return Pipeline(
        make_engine(_settings.database_url), _settings, Materials(_settings.data_dir), connection
    )


@app.task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run(run_id: str) -> None:
    _pipeline(os.getpid()).run(run_id)
