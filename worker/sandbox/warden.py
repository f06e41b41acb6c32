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


def tell(status_fd: int, facts: Mapping[str, object]) -> None:
    os.write(status_fd, json.dumps(facts).encode() + b"\n")


def guard(job: int, *, status_fd: int, lifeline_fd: int, memory_limit_bytes: int | None) -> NoReturn:
    """Wait for the job's death or the lifeline's end, and tell how the job ended.

    `memory_limit_bytes`: of all its processes together, beyond what it was forked with; None where a control
    group sees to that.
    """
    watch = os.pidfd_open(job)
    meter = None if memory_limit_bytes is None else MemoryMeter(job, limit_bytes=memory_limit_bytes)
    told: dict[str, object] = {}
    while True:
        pause = _COUNT_EVERY_S if meter else None
        ready, _, _ = select.select([watch, lifeline_fd], [], [], pause)
        if not ready and meter and meter.exceeded():
            told["memory_exceeded"] = True
        if lifeline_fd in ready or told:
            os.kill(job, signal.SIGKILL)
            ready.append(watch)
        if watch in ready:
            break
    _, status, usage = os.wait4(job, 0)
    # Of the whole tree: what the job had not waited for, the kernel has reaped in its name.
    told["status"] = os.waitstatus_to_exitcode(status)
    told["cpu_s"] = usage.ru_utime + usage.ru_stime
    told["peak_memory_bytes"] = meter.peak_bytes if meter else usage.ru_maxrss * 1024
    tell(status_fd, told)
    os._exit(0)


class MemoryMeter:
    """Memory of a job and everything below it, beyond what it was forked with.

    Counted per process it is an upper bound, and cheap; only where that is too much are pages that several
    processes share counted once (proportional set size, Linux' Documentation/filesystems/proc.rst). What was
    inherited is taken off once, so the true number may be larger by that, never smaller.
    """

    def __init__(self, job: int, *, limit_bytes: int) -> None:
        self._job, self._limit_bytes = job, limit_bytes
        self._inherited_bytes = _resident_bytes(job)
        self.peak_bytes = 0

    def exceeded(self) -> bool:
        processes = list(_tree_of(self._job))
        found = sum(map(_resident_bytes, processes)) - self._inherited_bytes
        if found > self._limit_bytes and len(processes) > 1:
            found = sum(map(_proportional_bytes, processes)) - self._inherited_bytes
        self.peak_bytes = max(self.peak_bytes, found)
        return found > self._limit_bytes


def _tree_of(process: int) -> Iterator[int]:
    """A process and its descendants, as /proc tells of each thread's children."""
    waiting = [process]
    while waiting:
        current = waiting.pop()
        yield current
        try:
            for thread in os.listdir(f"/proc/{current}/task"):
                with open(f"/proc/{current}/task/{thread}/children") as stream:
                    waiting += map(int, stream.read().split())
        except OSError:
            continue


def _resident_bytes(process: int) -> int:
    """Anonymous and shared memory in this process' page tables."""
    return _sum_kib(f"/proc/{process}/status", ("RssAnon:", "RssShmem:"))


def _proportional_bytes(process: int) -> int:
    """The same, each page divided by the number of processes that map it."""
    return _sum_kib(f"/proc/{process}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))


def _sum_kib(path: str, names: tuple[str, ...]) -> int:
    """0 of a process that has ended meanwhile."""
    try:
        with open(path) as stream:
            return 1024 * sum(int(line.split()[1]) for line in stream if line.startswith(names))
    except OSError:
        return 0
