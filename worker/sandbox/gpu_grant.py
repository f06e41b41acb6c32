"""What a jail is given of one GPU besides what every jail has, and how. Without a grant nothing here happens.

CUDA opens the GPU's device nodes and drives them by ioctl, reads what the driver says of itself in /proc and
/sys, and from driver 570 on writes the names of its threads, or fails with error 304.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from worker.sandbox import linux

_EMPTY_FOLDER = "size=4k,nr_inodes=2,mode=555"


@dataclass(frozen=True, kw_only=True)
class GpuGrant:
    """One GPU. `nodes`: its device nodes on the host; in the jail they lie in /dev under their own names.

    `environment` is set before any student code. `proc`: paths below /proc that stay readable beside those of
    processes. `sys`: folders of /sys that are readable. `names_threads`: the driver wants to. `facts`: name,
    uuid and driver, for the evidence.
    """

    nodes: tuple[str, ...]
    environment: dict[str, str]
    proc: tuple[str, ...]
    sys: tuple[str, ...]
    names_threads: bool
    facts: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any] | None) -> GpuGrant | None:
        if said is None:
            return None
        lists = {name: tuple(said[name]) for name in ("nodes", "proc", "sys")}
        return cls(**{**said, **lists})


def nodes(grant: GpuGrant | None) -> tuple[tuple[str, str], ...]:
    """(path on the host, name in the jail's /dev) of each device node."""
    return () if grant is None else tuple((node, Path(node).name) for node in grant.nodes)


def proc_options(grant: GpuGrant | None) -> str | None:
    """Processes alone, unless the driver's part is needed: then all, and `mount_extras` covers the rest."""
    return "subset=pid" if grant is None or not grant.proc else None


def mount_extras(root: str, grant: GpuGrant | None) -> None:
    """Once /proc and the empty file `nothing` are there. Raises OSError."""
    if grant is None:
        return
    if grant.proc:
        for entry in os.scandir(f"{root}/proc"):
            # The links (self, mounts, net) lead to what is the process's own.
            if not entry.name.isdigit() and not entry.is_symlink():
                _cover(entry, entry.name, grant.proc, f"{root}/nothing")
    for folder in grant.sys:
        os.makedirs(root + folder)
        linux.mount(folder, root + folder, None, linux.MS_BIND | linux.MS_REC)
        linux.mount_read_only(root + folder)


def _cover(entry: os.DirEntry[str], path: str, kept: tuple[str, ...], nothing: str) -> None:
    """Mount nothing over it, but for what is kept. What nobody named is covered, whatever a kernel adds."""
    if path in kept:
        return
    if any(keeps.startswith(f"{path}/") for keeps in kept):
        for inner in os.scandir(entry.path):
            _cover(inner, f"{path}/{inner.name}", kept, nothing)
    elif entry.is_dir(follow_symlinks=False):
        flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC | linux.MS_RDONLY
        linux.mount("tmpfs", entry.path, "tmpfs", flags, _EMPTY_FOLDER)
    else:
        linux.mount(nothing, entry.path, None, linux.MS_BIND)
        linux.mount_read_only(entry.path)


def readable(grant: GpuGrant | None) -> tuple[str, ...]:
    """Trees inside the jail that Landlock must let it read, besides those of every jail."""
    return () if grant is None else grant.sys


def rewritable(grant: GpuGrant | None) -> tuple[str, ...]:
    """Trees whose files it may write but neither make nor remove.

    Landlock knows no pattern like /proc/*/task/*/comm, and its rules hold for files that are there when they
    are made. So all of /proc: the kernel lets a process write there only what is its own.
    """
    return ("/proc",) if grant is not None and grant.names_threads else ()
