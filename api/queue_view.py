"""The queue as it is now, reckoned once for everybody who asks within a second.

Two hundred students who watch their places would otherwise sort the whole queue two hundred times.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import structlog
from redis import RedisError

from store import events, presence, repository
from store.engine import reading
from store.forecast import ARRIVALS_OVER_S, Forecast, Paces

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.forecast import Place

_KEPT_S: Final = 1.0
# For one whose run is not in the picture: it may have been handed in to another process meanwhile.
_KEPT_AT_LEAST_S: Final = 0.2
# How long runs take, and who works on them, changes less often than the queue does.
_PACES_KEPT_S: Final = 5.0

_log = structlog.get_logger(__name__)


class QueueView:
    """Of one api process. Nothing connects before somebody asks."""

    def __init__(self, engine: Engine, redis_url: str) -> None:
        self._engine = engine
        # Gives up at once: who is at work is worth knowing, and not worth waiting for.
        self._redis = events.teller(redis_url)
        self._lock = threading.RLock()
        self._forecast: Forecast | None = None
        self._paces, self._at_once = Paces([]), dict[str, int]()
        self._made_at = self._paces_made_at = -float("inf")

    def place(self, run_id: str) -> Place | None:
        """None: it does not wait any more."""
        place = self.look().places.get(run_id)
        return place or self.look(_KEPT_AT_LEAST_S).places.get(run_id)

    def join(
        self, *, device: str, user_id: str, assignment_id: str, supersede: bool = False
    ) -> Place:
        """Of a run that is about to be handed in, which those after it are told to be behind."""
        with self._lock:
            return self.look().join(
                device=device, user_id=user_id, assignment_id=assignment_id, supersede=supersede
            )

    def joined(self, run_id: str, place: Place) -> None:
        """It was taken: who asks for it before the next look is told the place that it joined at."""
        with self._lock:
            self.look().places.setdefault(run_id, place)

    def look(self, kept_s: float = _KEPT_S) -> Forecast:
        """At most `kept_s` old."""
        with self._lock:
            if self._forecast is None or time.monotonic() - self._made_at > kept_s:
                self._forecast = self._make()
                self._made_at = time.monotonic()
            return self._forecast

    def close(self) -> None:
        self._redis.close()

    def _make(self) -> Forecast:
        now = time.time()
        # Until there is something to reckon with, it is looked for each time.
        fresh = self._paces and self._at_once and time.monotonic() - self._paces_made_at < _PACES_KEPT_S
        with reading(self._engine) as session:
            waiting, running = repository.line(session, now), repository.at_work(session, now)
            arrived = repository.recent_arrivals(session, since=now - ARRIVALS_OVER_S)
            took = None if fresh else repository.recent_durations(session)
        if took is not None:
            self._paces, self._at_once = Paces(took), self._workers()
            self._paces_made_at = time.monotonic()
        return Forecast(
            now=now,
            waiting=waiting,
            running=running,
            paces=self._paces,
            at_once=self._at_once,
            arrived=arrived,
        )

    def _workers(self) -> dict[str, int]:
        try:
            return presence.present(self._redis).runs_at_once
        except RedisError as error:
            _log.warning("presence.redis", error=str(error))
            return {}
