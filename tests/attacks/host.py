"""What the host looks like, before and after: nothing of an attack may be seen from there."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# Listed file by file: where an attack would leave something, or change what the next job reads.
_WATCHED = ("/etc", "/dev/shm", "/root", "/home", "/srv", "/mnt", "/opt", "/scratch", "/run/lock")
_CGROUPS = ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup")
_KERNEL = ("core_pattern", "hostname", "randomize_va_space")


@dataclass(frozen=True)
class Host:
    files: dict[str, str]
    packages: str
    kernel: dict[str, str]
    mounts: frozenset[str]
    listening: frozenset[str]
    clock_offset_s: float


def look() -> Host:
    return Host(
        files=_files(), packages=_packages(), mounts=frozenset(Path("/proc/self/mounts").read_text().splitlines()),
        kernel={name: Path("/proc/sys/kernel", name).read_text() for name in _KERNEL},
        listening=_listening(), clock_offset_s=time.time() - time.monotonic(),
    )  # fmt: skip


def changes(before: Host, after: Host) -> list[str]:
    """What of an attack can be seen."""
    found = [f"file {path}" for path in sorted(set(after.files.items()) ^ set(before.files.items()))]
    if before.packages != after.packages:
        found.append("the interpreter's packages have changed")
    found += [f"kernel setting {name}" for name in before.kernel if before.kernel[name] != after.kernel[name]]
    found += [f"mount {line}" for line in before.mounts ^ after.mounts]
    found += [f"listens at {address}" for address in after.listening - before.listening]
    if abs(after.clock_offset_s - before.clock_offset_s) > 1:
        found.append(f"the clock has moved by {after.clock_offset_s - before.clock_offset_s:.1f} s")
    return found


def jail_processes(uids: range, spare_uids: set[int]) -> list[str]:
    """Of one runner's jails that have had a job; spare ones wait for theirs."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                uid = entry.stat().st_uid
                if uid in uids and uid not in spare_uids:
                    found.append(f"{entry.name} of uid {uid}: {(entry / 'cmdline').read_bytes()[:80]!r}")
            except OSError:
                continue
    return found


def zombies(parents: set[int]) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] == "Z" and int(fields[1]) in parents:
                found.append(int(entry.name))
    return found


def job_cgroups(runner_pid: int) -> list[str]:
    """Folders of jobs under the groups of one runner."""
    return sorted(
        str(folder) for root in _CGROUPS for folder in Path(root).glob(f"labmark-{runner_pid}/job-*") if folder.is_dir()
    )


def _files() -> dict[str, str]:
    """Path -> size, time of change and mode; of links where they point."""
    found = {}
    for root in _WATCHED:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    facts = os.lstat(path)
                except OSError:
                    continue
                ours = "/cache" in path.lower() or name.startswith("PostgreSQL.")  # a test server's shared memory
                if not ours and stat.S_ISREG(facts.st_mode):
                    found[path] = f"{facts.st_size} {facts.st_mtime_ns} {facts.st_mode:o}"
    return found


def _packages() -> str:
    """One hash of names, sizes and times of everything that the next job could import; compiled files left out."""
    digest = hashlib.sha256()
    for root in sorted({sys.prefix, sys.base_prefix}):
        for folder, folders, names in os.walk(Path(root, "lib")):
            folders[:] = sorted(set(folders) - {"__pycache__"})
            for name in sorted(names):
                facts = os.lstat(os.path.join(folder, name))
                digest.update(f"{folder}/{name} {facts.st_size} {facts.st_mtime_ns} {facts.st_mode}".encode())
    return digest.hexdigest()


def _listening() -> frozenset[str]:
    """TCP and UDP of all addresses, and UNIX sockets that have a name."""
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] in {"0A", "07"}:
                found.add(f"{table} {fields[1]}")
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[3] != "00000000":
            found.add(f"unix {fields[7]}")
    return frozenset(found)
