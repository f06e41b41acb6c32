"""How the runner logs: as the service does (`store.logs`), of which it knows nothing."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor

# What a job may be called: it goes into lines that programs read.
_MAX_NAME = 100


def set_up_logs() -> None:
    """LABMARK_LOG_FORMAT json or console; without it console at a terminal, else JSON."""
    form = os.environ.get("LABMARK_LOG_FORMAT") or ("console" if sys.stderr.isatty() else "json")
    renderers: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if form == "console":
        renderers = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def bind_job(job: dict[str, Any]) -> None:
    """From here on every line of this thread says which job it is about, by the name that its worker gave.

    To us the name means nothing; the worker's own lines carry it too.
    """
    name = job.get("name")
    if isinstance(name, str) and name:
        structlog.contextvars.bind_contextvars(job=name[:_MAX_NAME])
