"""How our processes log: lines for a person at a terminal, JSON lines for everything else.

The runner, which knows nothing of ours but the sandbox, has its own of this: `worker.sandbox.logs`.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Literal, TextIO, cast

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor

LogFormat = Literal["json", "console"]


def set_up_logs(form: LogFormat | None = None) -> None:
    """For lines of ours and of the libraries alike, on stderr. None: console at a terminal, else JSON.

    What `structlog.contextvars` has bound (the request, the submission, the run) is in every line. Tracebacks
    come without the values of variables: among them are passwords and students' code.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = _renderers(form or ("console" if sys.stderr.isatty() else "json"))
    stderr = cast("TextIO", _Stderr())
    structlog.configure(
        processors=[*shared, *renderers],
        logger_factory=structlog.PrintLoggerFactory(stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # What libraries warn of with `warnings` would be a line of another form.
    logging.captureWarnings(capture=True)


def _renderers(form: LogFormat) -> list[Processor]:
    if form == "console":
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


class _Stderr:
    """Whatever is `sys.stderr` when a line is written, which need not be what it was at set-up.

    A line for which there is no room on the disk is lost: it must not take along what it tells of.
    """

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
