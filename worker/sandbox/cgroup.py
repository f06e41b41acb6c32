"""Layer 1: a control group per job, v2 or v1, whichever this machine lets the runner write."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_V1_CONTROLLERS = ("memory", "pids")
# What counts and shares processor time: used where they are there, a jail does without.
_V1_CLOCK, _V1_SHARE = "cpuacct", "cpu"
# Short, so that a job that used its share early is not stopped for long. Half a processor more than its
# threads: TensorFlow's main thread works beside its pool.
_PERIOD_US, _SPARE_SHARE = 20_000, 0.5
_REMOVE_TRIES, _KILL_AT_TRY, _REMOVE_PAUSE_S = 200, 20, 0.005
_EMPTY_TRIES = 20


@dataclass(frozen=True)
class GroupFacts:
    """What the kernel counted for one job, all its processes together, and how often a limit was hit.

    `peak_memory_bytes` is 0 and `cpu_s` is None where the kernel does not count them. `of_neighbours_too`:
    `oom_kills` may be another job's, since they share a group.
    """

    peak_memory_bytes: int = 0
    cpu_s: float | None = None
    oom_kills: int = 0
    processes_refused: int = 0
    of_neighbours_too: bool = False


def _read_number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _read_field(path: Path, name: str) -> int:
    try:
        fields = dict(line.split() for line in path.read_text().splitlines())
        return int(fields.get(name, 0))
    except (OSError, ValueError):
        return 0


class Cgroups:
    """The groups under one name of this runner. `version` is 2, 1, or 0 where none can be written."""

    def __init__(self, name: str, *, root: Path = _ROOT) -> None:
        self._name, self._root = name, root
        self.version = self._find_version()
        # Where a job has no group of its own: kills that had been counted around us when it began.
        self._kills_before: dict[str, int] = {}

    def _find_version(self) -> int:
        unified = self._root / "cgroup.controllers"
        if unified.exists() and {"memory", "pids"} <= set(unified.read_text().split()):
            with contextlib.suppress(OSError):
                self._make_unified()
                return 2
        with contextlib.suppress(OSError):
            for controller in _V1_CONTROLLERS:
                (self._root / controller).stat()
                (self._root / controller / self._name).mkdir(exist_ok=True)
            for controller in (_V1_CLOCK, _V1_SHARE):
                with contextlib.suppress(OSError):
                    (self._root / controller).stat()
                    (self._root / controller / self._name).mkdir(exist_ok=True)
            return 1
        return 0

    def _make_unified(self) -> None:
        """Raises OSError where groups cannot be written, or memory and processes cannot be limited."""
        base = self._root / self._name
        base.mkdir(exist_ok=True)
        try:
            _enable(base)
        except OSError:
            # In a container with groups of its own, the topmost holds processes, and such a group hands no
            # controller down (no internal processes: Linux' Documentation/admin-guide/cgroup-v2.rst).
            leaf = self._root / f"{self._name}-runner"
            leaf.mkdir(exist_ok=True)
            # Another runner that starts at this moment does the same, and processes come and go.
            for _ in range(_EMPTY_TRIES):
                processes = (self._root / "cgroup.procs").read_text().split()
                if not processes:
                    break
                for process in processes:
                    with contextlib.suppress(ProcessLookupError):
                        (leaf / "cgroup.procs").write_text(process)
            _enable(self._root)
            _enable(base)

    def _folders(self, job: str) -> list[Path]:
        return [parent / self._name / job for parent in self._parents()]

    def create(self, job: str, *, memory_bytes: int, processes: int, threads: int) -> list[str]:
        """Make the job's groups; returns the files into which its first process writes "0" to join.

        Raises OSError when a limit cannot be set: a job never starts half limited.
        """
        folders = self._folders(job)
        if self.version == 0:
            self._kills_before[job] = self._kills_around_us()
        for folder in folders:
            folder.mkdir()
        quota_us = int((threads + _SPARE_SHARE) * _PERIOD_US)
        if self.version == 2:
            (folders[0] / "memory.max").write_text(str(memory_bytes))
            (folders[0] / "memory.swap.max").write_text("0")
            (folders[0] / "memory.oom.group").write_text("1")
            (folders[0] / "pids.max").write_text(str(processes))
            if (folders[0] / "cpu.max").exists():
                (folders[0] / "cpu.max").write_text(f"{quota_us} {_PERIOD_US}")
        elif self.version == 1:
            (folders[0] / "memory.limit_in_bytes").write_text(str(memory_bytes))
            with contextlib.suppress(OSError):  # absent where the kernel does not account swap
                (folders[0] / "memory.memsw.limit_in_bytes").write_text(str(memory_bytes))
            (folders[1] / "pids.max").write_text(str(processes))
            share = self._root / _V1_SHARE / self._name / job
            if share in folders:
                (share / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
                (share / "cpu.cfs_quota_us").write_text(str(quota_us))
        return [str(folder / "cgroup.procs") for folder in folders]

    def facts(self, job: str) -> GroupFacts:
        folders = self._folders(job)
        if self.version == 2:
            used_us = _read_field(folders[0] / "cpu.stat", "usage_usec")
            return GroupFacts(
                cpu_s=used_us / 1e6 if used_us else None,
                peak_memory_bytes=_read_number(folders[0] / "memory.peak"),
                oom_kills=_read_field(folders[0] / "memory.events", "oom_kill"),
                processes_refused=_read_field(folders[0] / "pids.events", "max"),
            )
        if self.version == 1:
            used_ns = _read_number(self._root / _V1_CLOCK / self._name / job / "cpuacct.usage")
            return GroupFacts(
                cpu_s=used_ns / 1e9 if used_ns else None,
                peak_memory_bytes=_read_number(folders[0] / "memory.max_usage_in_bytes"),
                oom_kills=_read_field(folders[0] / "memory.oom_control", "oom_kill"),
                processes_refused=_read_field(folders[1] / "pids.events", "max"),
            )
        kills = self._kills_around_us() - self._kills_before.get(job, 0)
        return GroupFacts(oom_kills=max(0, kills), of_neighbours_too=True)

    def _kills_around_us(self) -> int:
        """Of the group that the runner itself is in, as a container sees it: readable, and not writable."""
        unified = _read_field(self._root / "memory.events", "oom_kill")
        return unified or _read_field(self._root / "memory" / "memory.oom_control", "oom_kill")

    def remove(self, job: str) -> None:
        """Remove the job's groups, once the last process is reaped. Raises OSError after a second."""
        self._kills_before.pop(job, None)
        for folder in self._folders(job):
            for attempt in range(_REMOVE_TRIES):
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if attempt == _REMOVE_TRIES - 1:
                        raise
                    if attempt == _KILL_AT_TRY:
                        _kill_all(folder)
                    time.sleep(_REMOVE_PAUSE_S)

    def remove_all(self) -> None:
        """At the runner's end; a group that still holds a process stays, and the next runner finds it."""
        for parent in self._parents():
            _remove_tree(parent / self._name)

    def remove_orphans(self, prefix: str) -> None:
        """Groups named `prefix` and the process id of a runner that was killed before its end."""
        for parent in self._parents():
            for base in parent.glob(f"{prefix}-*"):
                owner = base.name.rpartition("-")[2]
                if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                    _remove_tree(base)

    def _parents(self) -> list[Path]:
        """Where this runner's group lies: memory, pids and, where there are, the clock and the share."""
        if self.version == 2:
            return [self._root]
        if self.version == 1:
            optional = [c for c in (_V1_CLOCK, _V1_SHARE) if (self._root / c / self._name).is_dir()]
            return [self._root / controller for controller in (*_V1_CONTROLLERS, *optional)]
        return []


def _enable(group: Path) -> None:
    (group / "cgroup.subtree_control").write_text("+memory +pids")
    with contextlib.suppress(OSError):  # without it, a job's share of the processors is not limited
        (group / "cgroup.subtree_control").write_text("+cpu")


def _kill_all(group: Path) -> None:
    """What is left in it, by the kernel's own switch (version 2), else one by one."""
    with contextlib.suppress(OSError):
        if (group / "cgroup.kill").exists():
            (group / "cgroup.kill").write_text("1")
            return
        for process in (group / "cgroup.procs").read_text().split():
            os.kill(int(process), signal.SIGKILL)


def _remove_tree(base: Path) -> None:
    for folder in (*base.glob("*/"), base):
        _kill_all(folder)
        with contextlib.suppress(OSError):
            os.rmdir(folder)
