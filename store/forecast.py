"""When a run that waits will begin: by the line before it, how long such runs took, and how many run at once.

Reckoned, and stored only as what somebody was told. Who hands in later may come before a student's second
run, so that one of those may begin later than told.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from store.repository import AtWork, InLine

# Of each kind: what the machine is like now, and not what it was like yesterday.
_NEWEST: Final = 30


class Kind(NamedTuple):
    """Runs that take about the same time."""

    device: str
    assignment_id: str
    kind: str = "graded"


@dataclass(frozen=True, kw_only=True)
class Place:
    """`position`: 1 for whoever is served next. `start_at`: UTC seconds; None: nothing to reckon with."""

    position: int
    start_at: float | None


class Paces:
    """Seconds that runs take: the median of their kind, else of their device; infinite: none has ended yet.

    >>> paces = Paces([(Kind("cpu", "iris"), 2.0), (Kind("cpu", "iris"), 4.0), (Kind("cpu", "mnist"), 30.0)])
    >>> paces.of(Kind("cpu", "iris")), paces.of(Kind("cpu", "new")), paces.of(Kind("gpu", "iris"))
    (3.0, 4.0, inf)
    """

    def __init__(self, took: Iterable[tuple[Kind, float]]) -> None:
        """`took`: the newest first."""
        of_kind: dict[Kind, list[float]] = defaultdict(list)
        of_device: dict[str, list[float]] = defaultdict(list)
        for kind, seconds in took:
            for found in (of_kind[kind], of_device[kind.device]):
                if len(found) < _NEWEST:
                    found.append(seconds)
        self._of_kind = {kind: median(found) for kind, found in of_kind.items()}
        self._of_device = {device: median(found) for device, found in of_device.items()}

    def of(self, kind: Kind) -> float:
        return self._of_kind.get(kind, self._of_device.get(kind.device, math.inf))


def starts_in_s(free_in_s: Sequence[float], takes_s: Iterable[float]) -> list[float]:
    """When each of a line of runs begins, and last the one behind them all. `free_in_s`: of each worker.

    >>> starts_in_s([0.0, 4.0], [3.0, 3.0, 3.0])
    [0.0, 3.0, 4.0, 6.0]
    """
    free = list(free_in_s)
    heapq.heapify(free)
    starts = []
    for takes in takes_s:
        starts.append(free[0])
        heapq.heapreplace(free, free[0] + takes)
    return [*starts, free[0]]


class Forecast:
    """Of one moment. `at_once`: how many runs of a device are worked on at once; none: nobody is there."""

    def __init__(
        self,
        *,
        now: float,
        waiting: Sequence[InLine],
        running: Sequence[AtWork],
        paces: Paces,
        at_once: Mapping[str, int],
    ) -> None:
        self.now = now
        self.places: dict[str, Place] = {}
        self._paces, self._at_once = paces, at_once
        self._running: dict[str, list[AtWork]] = defaultdict(list)
        self._line: dict[str, list[InLine]] = defaultdict(list)
        # Those that are being handed in: (turn, seconds) each, by device and by whose they are.
        self._joined: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._unfinished: dict[tuple[str, str], int] = defaultdict(int)
        for busy in running:
            self._running[busy.device].append(busy)
            self._count(busy)
        for run in waiting:
            self._line[run.device].append(run)
            self._count(run)
        for device, line in self._line.items():
            starts = starts_in_s(self._free_in_s(device), [self._takes_s(run) for run in line])
            for waits, start in zip(line, starts, strict=False):
                self.places[waits.run_id] = Place(position=waits.position, start_at=self._at(start))

    def join(self, *, device: str, user_id: str, assignment_id: str, supersede: bool = False) -> Place:
        """The place of one that is handed in now. `supersede`: it takes that of the student's own."""
        own = [run for run in self._line[device] if run.user_id == user_id and not run.is_background]
        replaced = next((run for run in own if supersede and run.assignment_id == assignment_id), None)
        if replaced is not None:
            return self.places[replaced.run_id]
        turn = self._unfinished[device, user_id] + 1
        before = [
            self._takes_s(run)
            for run in self._line[device]
            if not run.is_background and run.turn <= turn
        ]
        before += [takes for its_turn, takes in self._joined[device] if its_turn <= turn]
        starts = starts_in_s(self._free_in_s(device), before)
        self._unfinished[device, user_id] = turn
        self._joined[device].append((turn, self._paces.of(Kind(device, assignment_id))))
        return Place(position=len(before) + 1, start_at=self._at(starts[-1]))

    def _count(self, run: InLine | AtWork) -> None:
        if not run.is_background:
            self._unfinished[run.device, run.user_id] += 1

    def _takes_s(self, run: InLine | AtWork) -> float:
        return self._paces.of(Kind(run.device, run.assignment_id, run.kind))

    def _free_in_s(self, device: str) -> list[float]:
        """Of a run that takes longer than others did, nobody knows how much longer."""
        running = self._running[device]
        left = [max(0.0, run.started_at + self._takes_s(run) - self.now) for run in running]
        at_once = self._at_once.get(device, 0)
        if not at_once:
            return [math.inf]
        return left + [0.0] * (at_once - len(left))

    def _at(self, start_in_s: float) -> float | None:
        return self.now + start_in_s if math.isfinite(start_in_s) else None
