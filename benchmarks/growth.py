"""What a runner holds while nothing runs, and how fast that grows with the runs it has made."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import FIRST_JAIL_UID, descendants, entries, memory_kib

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_QUIET_S, _QUIET_AT_LAST_S = 0.5, 20.0
# Until then caches fill, and the first of everything is made.
_WARM_UP_SHARE = 1 / 6


@dataclass(frozen=True, kw_only=True)
class Held:
    """After `runs` runs. Of the runner and its warm processes, where nothing else is said.

    `memory_kib`: anonymous memory, whether or not a spare jail shares it at the moment, which would move
    shares and private pages without anything having grown; `runner_kib` of it is the runner's own.
    `zombies` and `processes`: spare jails included. `client_descriptors`: of this process, the worker here.
    """

    memory_kib: int
    runner_kib: int
    descriptors: int
    threads: int
    zombies: int
    processes: int
    cgroup_folders: int
    mounts: int
    temp_files: int
    client_descriptors: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    runs: int
    held: Held
    warm_pids: frozenset[int]  # another one where a zygote has been replaced


def settled(runner: int, folder: Path, *, runs: int) -> Sample:
    """Once nothing but memory has moved for a moment: spare jails go up after the run that asks for them."""
    until = time.monotonic() + _QUIET_AT_LAST_S
    sample = _take(runner, folder, runs)
    while True:
        time.sleep(_QUIET_S)
        before, sample = sample, _take(runner, folder, runs)
        if _but_memory(before) == _but_memory(sample) or time.monotonic() > until:
            return sample


def _but_memory(sample: Sample) -> dict[str, int]:
    return {name: value for name, value in asdict(sample.held).items() if not name.endswith("_kib")}


def _take(runner: int, folder: Path, runs: int) -> Sample:
    family = descendants(runner)
    warm = [member for member in family if member.uid < FIRST_JAIL_UID and member.state != "Z"]
    memory = {member.pid: (memory_kib(member.pid) or {}).get("Anonymous", 0) for member in warm}
    held = Held(
        memory_kib=sum(memory.values()),
        runner_kib=memory.get(runner, 0),
        descriptors=sum(entries(Path(f"/proc/{member.pid}/fd")) for member in warm),
        threads=sum(entries(Path(f"/proc/{member.pid}/task")) for member in warm),
        zombies=sum(member.state == "Z" for member in family),
        processes=len(family),
        cgroup_folders=cgroup_folders(runner),
        mounts=sum(_lines(Path(f"/proc/{who}/mountinfo")) for who in (runner, "self")),
        temp_files=sum(1 for _ in (folder / "tmp").rglob("*")) + _links_to(folder),
        client_descriptors=entries(Path("/proc/self/fd")),
    )
    return Sample(runs=runs, held=held, warm_pids=frozenset(member.pid for member in warm))


def cgroup_folders(runner: int) -> int:
    """Of this runner, whose groups have its process id in their name; its own included."""
    return sum(
        1
        for path, _, _ in os.walk(_CONTROL_GROUPS)
        if any(part.endswith(f"-{runner}") for part in Path(path).parts)
    )


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _links_to(folder: Path) -> int:
    """Links under /tmp to where the socket lies: connecting makes one, for as long as it takes."""
    found = 0
    for link in Path("/tmp").glob("*/d"):
        with suppress(OSError):
            found += link.readlink() == folder
    return found


def after_warm_up(samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """The first and the last third of what comes after the warm-up."""
    kept = [sample for sample in samples if sample.runs >= samples[-1].runs * _WARM_UP_SHARE]
    third = max(1, len(kept) // 3)
    return kept[:third], kept[-third:]


def growth_per_1000(samples: Sequence[Sample], name: str) -> float:
    """The median slope from any sample of the first third to any of the last, after Theil and Sen.

    One odd sample moves it little, and a step that goes back moves it not at all.
    """
    first, last = after_warm_up(samples)
    slopes: list[float] = [
        (getattr(end.held, name) - getattr(start.held, name)) / (end.runs - start.runs)
        for start in first
        for end in last
    ]
    return 1000.0 * statistics.median(slopes)
