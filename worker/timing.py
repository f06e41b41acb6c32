"""How long the phases of a run take."""

from __future__ import annotations

import time
from collections import defaultdict


class Stopwatch:
    """Always in one phase. A phase that is entered again goes on where it was left."""

    def __init__(self, phase: str) -> None:
        self._phase, self._since = phase, time.monotonic()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def enter(self, phase: str) -> None:
        now = time.monotonic()
        self._seconds[self._phase] += now - self._since
        self._phase, self._since = phase, now

    def stop(self) -> dict[str, float]:
        """Seconds of each phase that was entered."""
        self.enter(self._phase)
        return dict(self._seconds)
