"""Composition root of a worker process: `celery -A worker.celery_app worker`. Nothing connects at import."""

from __future__ import annotations

import os
from functools import cache

from store.engine import make_engine
from store.queue import RUN_TASK, make_celery
from store.settings import Settings
from worker.material import Materials
from worker.pipeline import Pipeline

_settings = Settings()
app = make_celery(_settings)


@cache
def _pipeline(_pid: int) -> Pipeline:
    """One per pool process: a database connection must not cross a fork."""
    return Pipeline(make_engine(_settings.database_url), _settings, Materials(_settings.data_dir))


@app.task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run(run_id: str) -> None:
    _pipeline(os.getpid()).run(run_id)
