"""When a run that waits will begin: by the line before it, how long such runs took, and how many run at once.

Reckoned, and stored only as what somebody was told. Whoever hands in while a student's first run waits comes
before the student's second: as many are expected to come as came of late.
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
# What comes in this time is how many come now.
ARRIVALS_OVER_S: Final = 20.0


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

    def __bool__(self) -> bool:
        return bool(self._of_kind)

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
    """Of one moment. `at_once`: how many runs of a device are worked on at once; none: nobody is there.

    `arrived`: how many runs were handed in within the last `ARRIVALS_OVER_S`.
    """

    def __init__(
        self,
        *,
        now: float,
        waiting: Sequence[InLine],
        running: Sequence[AtWork],
        paces: Paces,
        at_once: Mapping[str, int],
        arrived: Mapping[Kind, int],
    ) -> None:
        self.now = now
        self.places: dict[str, Place] = {}
        self._paces, self._at_once = paces, at_once
        self._load = self._loads(arrived)
        self._running: dict[str, list[AtWork]] = defaultdict(list)
        self._line: dict[str, list[InLine]] = defaultdict(list)
        # Those that are being handed in: (turn, seconds) each, by device.
        self._joined: dict[str, list[tuple[int, float]]] = defaultdict(list)
        # By device and by whose they are: how many runs, and in how many seconds the last of them ends.
        self._unfinished: dict[tuple[str, str], int] = defaultdict(int)
        self._last_ends_in_s: dict[tuple[str, str], float] = defaultdict(float)
        for busy in running:
            self._running[busy.device].append(busy)
            if not busy.is_background:
                self._count(busy, ends_in_s=self._left_s(busy))
        for run in waiting:
            self._line[run.device].append(run)
        for device, line in self._line.items():
            starts = starts_in_s(self._free_in_s(device), [self._takes_s(run) for run in line])
            for waits, start in zip(line, starts, strict=False):
                later = start
                if not waits.is_background:
                    later = self._overtaken(start, device, waits.user_id)
                    self._count(waits, ends_in_s=later + self._takes_s(waits))
                self.places[waits.run_id] = Place(position=waits.position, start_at=self._at(later))

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
        start = starts_in_s(self._free_in_s(device), before)[-1]
        start = self._overtaken(start, device, user_id)
        takes = self._paces.of(Kind(device, assignment_id))
        self._unfinished[device, user_id] = turn
        self._last_ends_in_s[device, user_id] = start + takes
        self._joined[device].append((turn, takes))
        return Place(position=len(before) + 1, start_at=self._at(start))

    def _overtaken(self, start_in_s: float, device: str, user_id: str) -> float:
        """Later by all that is handed in until the student's run before it has ended."""
        until_s = self._last_ends_in_s[device, user_id]
        # Without one before it, nobody overtakes; and the load of an unknown pace is infinite.
        return start_in_s + until_s * self._load[device] if until_s else start_in_s

    def _count(self, run: InLine | AtWork, *, ends_in_s: float) -> None:
        key = (run.device, run.user_id)
        self._unfinished[key] += 1
        self._last_ends_in_s[key] = max(self._last_ends_in_s[key], ends_in_s)

    def _loads(self, arrived: Mapping[Kind, int]) -> dict[str, float]:
        """By device, seconds of work that come in a second, for each that works."""
        found: dict[str, float] = defaultdict(float)
        for kind, number in arrived.items():
            at_once = self._at_once.get(kind.device, 0)
            seconds = number * self._paces.of(kind)
            found[kind.device] += seconds / (ARRIVALS_OVER_S * at_once) if at_once else math.inf
        return found

    def _takes_s(self, run: InLine | AtWork) -> float:
        return self._paces.of(Kind(run.device, run.assignment_id, run.kind))

    def _left_s(self, run: AtWork) -> float:
        """Of a run that takes longer than others did, nobody knows how much longer."""
        return max(0.0, run.started_at + self._takes_s(run) - self.now)

    def _free_in_s(self, device: str) -> list[float]:
        """A killed worker leaves runs behind that nobody is at: only the newest are worked on."""
        at_once = self._at_once.get(device, 0)
        if not at_once:
            return [math.inf]
        newest = sorted(self._running[device], key=lambda run: run.started_at)[-at_once:]
        left = [self._left_s(run) for run in newest]
        return left + [0.0] * (at_once - len(left))

    def _at(self, start_in_s: float) -> float | None:
        return self.now + start_in_s if math.isfinite(start_in_s) else None
