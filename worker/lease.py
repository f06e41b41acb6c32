"""Keeps a lease alive while its holder is busy, in a thread beside it."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import structlog

from store.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

log = structlog.get_logger()


@contextlib.contextmanager
def kept_alive(
    engine: Engine, renew: Callable[[Session], object], *, every_s: float, **named: str
) -> Iterator[None]:
    """Calls `renew` in a transaction of its own every `every_s`. One that fails is logged, with `named`."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every_s):
            try:
                with transaction(engine) as session:
                    renew(session)
            except Exception:
                log.exception("lease.not_renewed", **named)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
