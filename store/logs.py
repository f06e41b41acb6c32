"""How our processes log: lines for a person at a terminal, JSON lines for everything else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor


def set_up_logs() -> None:
    """Tracebacks come without the values of variables: among them are passwords and students' code."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        person: Processor = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        structlog.configure(processors=[*shared, person], cache_logger_on_first_use=True)
    else:
        program: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        structlog.configure(processors=[*shared, *program], cache_logger_on_first_use=True)
