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
    engine: Engine,
    renew: Callable[[Session], bool],
    *,
    every_s: float,
    on_loss: Callable[[], object] = lambda: None,
    **named: str,
) -> Iterator[None]:
    """Calls `renew` in a transaction of its own every `every_s`. One that fails is logged, with `named`.

    `on_loss` is called once, when `renew` says False: what was held is somebody else's, or was cancelled.
    """
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every_s):
            try:
                with transaction(engine) as session:
                    held = renew(session)
            except Exception:
                log.exception("lease.not_renewed", **named)
                continue
            if not held and not ended.is_set():
                log.warning("lease.lost", **named)
                on_loss()
                return

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        ended.set()
