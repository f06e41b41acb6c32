"""Stays outside of a jail and watches over it: its death, the lifeline, memory where nothing counts it."""

from __future__ import annotations

import json
import os
import select
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# A process that writes to all memory it asks for takes 0.2 to 0.4 s for a GiB.
_COUNT_EVERY_S = 0.05
_MOST_UNSURE, _SAME_BYTES = 20, 4 * 1024**2
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tell(status_fd: int, facts: Mapping[str, object]) -> None:
    os.write(status_fd, json.dumps(facts).encode() + b"\n")


def guard(job: int, *, status_fd: int, lifeline_fd: int, meter: MemoryMeter | None) -> NoReturn:
    """Wait for the job's death or the lifeline's end, and tell how the job ended.

    `meter`: where no control group sees to its memory.
    """
    watch = os.pidfd_open(job)
    told: dict[str, object] = {}
    while True:
        pause = _COUNT_EVERY_S if meter else None
        ready, _, _ = select.select([watch, lifeline_fd], [], [], pause)
        if meter:
            meter.note_time()
            if not ready and meter.exceeded():
                told["memory_exceeded"] = True
        if lifeline_fd in ready or told:
            os.kill(job, signal.SIGKILL)
            ready.append(watch)
        if watch in ready:
            break
    _, status, usage = os.wait4(job, 0)
    told["status"] = os.waitstatus_to_exitcode(status)
    told["cpu_s"] = max(usage.ru_utime + usage.ru_stime, meter.cpu_s if meter else 0.0)
    told["peak_memory_bytes"] = meter.peak_bytes if meter else usage.ru_maxrss * 1024
    tell(status_fd, told)
    os._exit(0)


class MemoryMeter:
    """Memory of a job and everything below it, beyond what it was forked with.

    Counted per process it is an upper bound, and cheap; only where that is too much are pages that several
    processes share counted once (proportional set size, Linux' Documentation/filesystems/proc.rst). What was
    inherited is taken off once, so the true number may be larger by that, never smaller.
    """

    def __init__(self, job: int, *, proc_fd: int, limit_bytes: int) -> None:
        """`proc_fd`: the /proc of the namespace in which `job` has its number.

        It must have been opened before the job changed its root, for that changes the warden's too.
        """
        self._job, self._proc, self._limit_bytes = job, proc_fd, limit_bytes
        self._inherited_bytes = self._resident_bytes(job)
        self.peak_bytes = self._unsure = 0
        self._ticks: dict[tuple[int, str], int] = {}

    def exceeded(self) -> bool:
        resident = self._resident()
        found = sum(resident.values()) - self._inherited_bytes
        if found > self._limit_bytes and len(resident) > 1:
            own, parts = 0, 0
            for process in resident:
                rollup = self._read(f"{process}/smaps_rollup")
                own += _sum_kib(rollup, ("Private_Dirty:",))
                parts += _sum_kib(rollup, ("Pss_Anon:", "Pss_Shmem:"))
            found = parts - self._inherited_bytes
            # While one begins or ends, shared pages are counted in unlike parts: look again, not for ever.
            unsure = own <= self._limit_bytes and _differ(resident, self._resident())
            if unsure and self._unsure < _MOST_UNSURE:
                self._unsure += 1
                return False
        self._unsure = 0
        self.peak_bytes = max(self.peak_bytes, found)
        return found > self._limit_bytes

    def _resident(self) -> dict[int, int]:
        """Bytes of each process that has any; one that has ended has none."""
        found = {process: self._resident_bytes(process) for process in self._tree()}
        return {process: size for process, size in found.items() if size}

    @property
    def cpu_s(self) -> float:
        """Of every process that was ever seen: what is killed with its namespace is in nobody's rusage."""
        return sum(self._ticks.values()) / _TICKS_PER_S

    def note_time(self) -> None:
        for process in self._tree():
            fields = self._read(f"{process}/stat").rpartition(")")[2].split()
            if fields:  # user, system and start time: fields 14, 15 and 22 of proc(5)
                self._ticks[process, fields[19]] = int(fields[11]) + int(fields[12])

    def _tree(self) -> Iterator[int]:
        """The job and its descendants, as /proc tells of each thread's children."""
        waiting = [self._job]
        while waiting:
            current = waiting.pop()
            yield current
            for thread in self._threads(current):
                waiting += map(int, self._read(f"{current}/task/{thread}/children").split())

    def _threads(self, process: int) -> list[str]:
        try:
            folder = os.open(f"{process}/task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._proc)
        except OSError:
            return []
        try:
            return os.listdir(folder)
        except OSError:
            return []
        finally:
            os.close(folder)

    def _resident_bytes(self, process: int) -> int:
        """Anonymous and shared memory in this process' page tables."""
        return _sum_kib(self._read(f"{process}/status"), ("RssAnon:", "RssShmem:"))

    def _read(self, path: str) -> str:
        """Empty of a process that has ended meanwhile."""
        try:
            with open(os.open(path, os.O_RDONLY, dir_fd=self._proc)) as stream:
                return stream.read()
        except OSError:
            return ""


def _differ(before: dict[int, int], after: dict[int, int]) -> bool:
    return before.keys() != after.keys() or any(
        abs(after[process] - size) > _SAME_BYTES for process, size in before.items()
    )


def _sum_kib(text: str, names: tuple[str, ...]) -> int:
    return 1024 * sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(names))
