"""Processes as the kernel shows them under /proc: who is whose child, and what each one holds."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# A runner that is root gives each of its jails a user id of its own, from here on.
FIRST_JAIL_UID = 61_000
MEMORY_FIELDS = ("Private_Dirty", "Anonymous", "Pss")


@dataclass(frozen=True)
class Process:
    """One line of the process table. `started_at` with `pid` names it for ever; pids are used again."""

    pid: int
    parent: int
    state: str
    started_at: int
    uid: int


def process(pid: int) -> Process | None:
    """None when it has gone."""
    try:
        # The name, which may hold anything, stands in parentheses before the rest.
        rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        uid = Path(f"/proc/{pid}").stat().st_uid
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Process(pid=pid, parent=int(rest[1]), state=rest[0], started_at=int(rest[19]), uid=uid)


def pids() -> list[int]:
    return [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]


def descendants(root: int) -> list[Process]:
    """The process itself, its children and theirs."""
    children: dict[int, list[Process]] = defaultdict(list)
    for pid in pids():
        if found := process(pid):
            children[found.parent].append(found)
    first = process(root)
    family = [first] if first else []
    for member in family:  # it grows while it is walked
        family.extend(children[member.pid])
    return family


def memory_kib(pid: int) -> dict[str, int] | None:
    """MEMORY_FIELDS of all its mappings together, as smaps_rollup counts them; None when it has gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        fields = {line.split(":", 1)[0]: line.split()[1] for line in lines[1:]}
        return {name: int(fields[name]) for name in MEMORY_FIELDS}
    return None


def cpu_s(root: int) -> float:
    """Processor time of the process and its descendants, with those of them that have ended."""
    total = 0
    for member in descendants(root):
        with suppress(OSError):
            fields = Path(f"/proc/{member.pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def entries(folder: Path) -> int:
    """How many names it holds; 0 when it has gone."""
    with suppress(OSError):
        return sum(1 for _ in os.scandir(folder))
    return 0


class JailMemory:
    """Samples what the jails of one runner have written that nobody shares, in a thread of its own.

    A jail's pages are the zygote's until it writes to one, which then counts as its Private_Dirty. A jail is
    its warden, which only waits and is read once, and the job below it, whose largest sample counts.
    """

    def __init__(self, runner: int, *, every_s: float) -> None:
        self._runner, self._every_s = runner, every_s
        self._warden_kib: dict[tuple[int, int], int] = {}
        self.job_kib: dict[tuple[int, int], list[int]] = defaultdict(list)
        self.cpu_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample_all)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def peaks_kib(self) -> list[int]:
        """One of each jail."""
        return [self._warden_kib[jail] + max(sizes) for jail, sizes in self.job_kib.items()]

    def _sample_all(self) -> None:
        while not self._ended.wait(self._every_s):
            self._sample()
        self.cpu_s = time.thread_time()

    def _sample(self) -> None:
        # Other runners of this machine may have jails too, under the same uids.
        in_jails = {pid: found for pid in pids() if _owner(pid) >= FIRST_JAIL_UID and (found := process(pid))}
        for found in in_jails.values():
            warden = in_jails.get(found.parent)
            if warden is None or not self._is_ours(warden):
                continue
            name, memory = (warden.pid, warden.started_at), memory_kib(found.pid)
            if name not in self._warden_kib:
                self._warden_kib[name] = (memory_kib(warden.pid) or {}).get("Private_Dirty", 0)
            if memory:
                self.job_kib[name].append(memory["Private_Dirty"])

    def _is_ours(self, warden: Process) -> bool:
        zygote = process(warden.parent)
        return zygote is not None and zygote.parent == self._runner


def _owner(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except FileNotFoundError:
        return -1
