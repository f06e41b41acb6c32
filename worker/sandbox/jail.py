"""The isolation layers, in the order in which a forked zygote child puts them on itself.

Two processes remain: the *warden* (our code, outside the new process-id namespace) and the *job*, which is
process 1 inside it. When the job dies, the kernel kills everything in its namespace; when the warden dies,
the job gets SIGKILL; when the runner closes the lifeline, or dies, the warden kills the job.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from worker.sandbox import gpu_grant, linux

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCRATCH = "/scratch"
INSIDE_ID = 1000
_DEVICES = ("null", "zero", "urandom", "random")
# Folders of installed packages that hold the rows and labels of lab data sets.
_LABEL_FOLDERS = ("sklearn/datasets/data", "statsmodels/datasets", "seaborn/data")
_MOUNT_POINTS = ("/srv", "/mnt", "/media", "/opt")
_ALL_NAMESPACES = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Tree:
    """Read-only folders of a jail: where each lies for the zygote, and the path it has inside."""

    binds: tuple[tuple[str, str], ...]
    label_folders: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Cage:
    """What one jail is allowed. `uid` is a uid of its own, or None when the runner is an ordinary user.

    `keep` are the descriptors that stay open, besides 0, 1 and 2. `gpu`: the one GPU that it may use.
    """

    uid: int | None
    join_files: tuple[str, ...]
    memory_bytes: int
    limit_address_space: bool
    processes: int
    cpu_s: int
    scratch_bytes: int
    keep: tuple[int, ...]
    status_fd: int
    lifeline_fd: int
    tree: Tree
    seccomp_program: bytes
    gpu: gpu_grant.GpuGrant | None = None


def plan_tree(*, staged: dict[str, str] | None = None) -> Tree:
    """The interpreter, its packages and /usr; `staged` maps a folder to where root has made it reachable."""
    folders = [Path("/usr"), Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()]
    kept: list[Path] = []
    for folder in folders:
        if not any(folder.is_relative_to(other) for other in kept):
            kept.append(folder)
    packages = [Path(p) for p in sys.path if p.endswith("-packages")]
    labels = [str(p / name) for p in packages for name in _LABEL_FOLDERS if (p / name).is_dir()]
    staged = staged or {}
    return Tree(
        binds=tuple((staged.get(str(folder), str(folder)), str(folder)) for folder in kept),
        label_folders=tuple(labels),
    )


def imprison(cage: Cage, work: Callable[[], None]) -> NoReturn:
    """Become the warden of a new jail in which `work` runs. Never returns.

    A layer that cannot be put on is written to the status pipe as {"layer", "error"}; `work` then never runs.
    """
    layer = "control group"
    try:
        for path in cage.join_files:
            Path(path).write_text("0")
        layer = "user id"
        _drop_user(cage.uid)
        layer = "namespaces"
        host_uid, host_gid = os.getuid(), os.getgid()
        linux.unshare(_ALL_NAMESPACES)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{INSIDE_ID} {host_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{INSIDE_ID} {host_gid} 1")
        layer = "process"
        job = os.fork()
    except OSError as error:
        _tell(cage.status_fd, {"layer": layer, "error": str(error)})
        os._exit(70)
    if job == 0:
        _become_job(cage, work)
    _guard(job, cage)


def _drop_user(uid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # otherwise uid_map belongs to root and cannot be written


def _tell(status_fd: int, facts: Mapping[str, object]) -> None:
    os.write(status_fd, json.dumps(facts).encode() + b"\n")


def _guard(job: int, cage: Cage) -> NoReturn:
    """Wait for the job's death or the lifeline's end, and report how the job ended."""
    _close_all_but({cage.status_fd, cage.lifeline_fd})
    watch = os.pidfd_open(job)
    while True:
        ready, _, _ = select.select([watch, cage.lifeline_fd], [], [])
        if watch not in ready:
            os.kill(job, signal.SIGKILL)
        _, status, usage = os.wait4(job, 0)
        facts = {
            "status": os.waitstatus_to_exitcode(status),
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_memory_bytes": usage.ru_maxrss * 1024,
        }
        _tell(cage.status_fd, facts)
        os._exit(0)


def _become_job(cage: Cage, work: Callable[[], None]) -> NoReturn:
    layer = "parent death"
    try:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        Path("/proc/self/oom_score_adj").write_text("1000")  # the job goes before its warden
        layer = "mounts"
        _mount_private_root(cage)
        layer = "descriptors and limits"
        _close_all_but({*cage.keep, cage.status_fd})
        _set_limits(cage)
        layer = "capabilities"
        linux.drop_all_capabilities()
        linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
        layer = "landlock"
        inside = [path for _, path in cage.tree.binds]
        linux.landlock(
            read_only=[*inside, "/proc", *gpu_grant.readable(cage.gpu)],
            writable=[SCRATCH, "/dev"],
            rewritable=gpu_grant.rewritable(cage.gpu),
        )
        layer = "seccomp"
        os.close(cage.status_fd)
        linux.load_seccomp(cage.seccomp_program)
    except OSError as error:
        _tell(cage.status_fd, {"layer": layer, "error": str(error)})
        os._exit(70)
    try:
        work()
    finally:
        os._exit(0)


def _mount_private_root(cage: Cage) -> None:
    root = next(point for point in _MOUNT_POINTS if Path(point).is_dir())
    quiet = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    # Sources may lie under the mount point (a checkout in /opt), so they are held before it is covered.
    holding = [(os.open(source, os.O_PATH | os.O_DIRECTORY), target) for source, target in cage.tree.binds]
    nodes = (*((f"/dev/{name}", name) for name in _DEVICES), *gpu_grant.nodes(cage.gpu))
    devices = [(os.open(node, os.O_PATH), name) for node, name in nodes]
    proc = os.open("/proc/self/fd", os.O_PATH | os.O_DIRECTORY)
    linux.mount("tmpfs", root, "tmpfs", quiet, "size=1m,nr_inodes=1k,mode=755")
    for name in ("proc", "dev", "old", SCRATCH[1:]):
        os.mkdir(f"{root}/{name}")
    for link in ("lib", "lib64", "bin", "sbin"):
        if os.path.islink(f"/{link}"):
            os.symlink(os.readlink(f"/{link}"), f"{root}/{link}")
    for descriptor, target in holding:
        os.makedirs(root + target, exist_ok=True)
        # With what is mounted below it: a container's engine puts files of its own there, and the kernel
        # does not let a user namespace see behind them.
        linux.mount(f"/proc/self/fd/{descriptor}", root + target, None, linux.MS_BIND | linux.MS_REC)
        linux.mount_read_only(root + target)
    for folder in cage.tree.label_folders:
        linux.mount("tmpfs", root + folder, "tmpfs", quiet | linux.MS_RDONLY, "size=4k,nr_inodes=2,mode=555")
    linux.mount("proc", f"{root}/proc", "proc", quiet | linux.MS_NOEXEC, gpu_grant.proc_options(cage.gpu))
    for descriptor, name in devices:
        os.close(os.open(f"{root}/dev/{name}", os.O_CREAT | os.O_WRONLY))
        linux.mount(f"/proc/self/fd/{descriptor}", f"{root}/dev/{name}", None, linux.MS_BIND)
    gpu_grant.mount_extras(root, cage.gpu)
    os.close(proc)
    options = f"size={cage.scratch_bytes},nr_inodes=4k,mode=700"
    linux.mount("tmpfs", root + SCRATCH, "tmpfs", quiet | linux.MS_NOEXEC, options)
    linux.pivot_root(root, f"{root}/old")
    os.chdir("/")
    linux.unmount("/old", linux.MNT_DETACH)
    os.rmdir("/old")
    linux.mount(None, "/", None, linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | quiet)
    os.chdir(SCRATCH)


def _set_limits(cage: Cage) -> None:
    def limit(which: int, value: int) -> None:
        resource.setrlimit(which, (value, value))

    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, cage.scratch_bytes)
    limit(resource.RLIMIT_NOFILE, 256)
    limit(resource.RLIMIT_CPU, cage.cpu_s)
    limit(resource.RLIMIT_MEMLOCK, 64 * 1024)
    limit(resource.RLIMIT_MSGQUEUE, 0)
    if cage.uid is not None:  # the limit counts all processes of a uid: only sensible when the uid is its own
        limit(resource.RLIMIT_NPROC, cage.processes)
    if cage.limit_address_space:
        # Address space counts what libraries merely reserve: 2 GiB kills Keras, so the limit is looser.
        limit(resource.RLIMIT_AS, cage.memory_bytes + 4 * 1024**3)


def _close_all_but(keep: set[int]) -> None:
    start = 3
    for descriptor in sorted(keep):
        if descriptor >= start:
            os.closerange(start, descriptor)
            start = descriptor + 1
    os.closerange(start, 65536)
