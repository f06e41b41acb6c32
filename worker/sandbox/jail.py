"""The isolation layers, in the order in which a forked zygote child puts them on itself.

Two processes remain: the *warden* (our code, outside the new process-id namespace) and the *job*, which is
process 1 inside it. When the job dies, the kernel kills everything in its namespace; when the warden dies,
the job gets SIGKILL; when the runner closes the lifeline, or dies, the warden kills the job.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from worker.sandbox import gpu_grant, linux
from worker.sandbox.warden import MemoryMeter, guard, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from worker.sandbox.tree import Tree

SCRATCH = "/scratch"
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the jail's own
HOST_NAME = "jail"
INSIDE_ID = 1000
_DEVICES = ("null", "zero", "urandom", "random")
_MOUNT_POINTS = ("/srv", "/mnt", "/media", "/opt")
_ALL_NAMESPACES = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET
    | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP
)  # fmt: skip


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
        proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        job = os.fork()
    except OSError as error:
        tell(cage.status_fd, {"layer": layer, "error": str(error)})
        os._exit(70)
    if job == 0:
        _become_job(cage, work)
    _close_all_but({cage.status_fd, cage.lifeline_fd, proc})
    counts = not cage.join_files
    meter = MemoryMeter(job, proc_fd=proc, limit_bytes=cage.memory_bytes) if counts else None
    guard(job, status_fd=cage.status_fd, lifeline_fd=cage.lifeline_fd, meter=meter)


def _drop_user(uid: int | None) -> None:
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_DUMPABLE, 1)  # otherwise uid_map belongs to root and cannot be written


def _become_job(cage: Cage, work: Callable[[], None]) -> NoReturn:
    layer = "parent death"
    try:
        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()  # the group that it was forked in is the runner's
        Path("/proc/self/oom_score_adj").write_text("1000")  # the job goes before its warden
        layer = "host name"
        socket.sethostname(HOST_NAME)
        layer = "mounts"
        _mount_private_root(cage)
        layer = "descriptors and limits"
        # The zygote's own is one open file for all jails: its flags would tell one of them of another.
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
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
        tell(cage.status_fd, {"layer": layer, "error": str(error)})
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
    for name in ("proc", "dev", SHARED_MEMORY[1:], "old", SCRATCH[1:]):
        os.mkdir(f"{root}/{name}")
    os.close(os.open(f"{root}/nothing", os.O_CREAT | os.O_WRONLY, 0o444))
    for link in ("lib", "lib64", "bin", "sbin"):
        if os.path.islink(f"/{link}"):
            os.symlink(os.readlink(f"/{link}"), f"{root}/{link}")
    for descriptor, target in holding:
        os.makedirs(root + target, exist_ok=True)
        # With what is mounted below it: a container's engine puts files of its own there, and the kernel
        # does not let a user namespace see behind them.
        linux.mount(f"/proc/self/fd/{descriptor}", root + target, None, linux.MS_BIND | linux.MS_REC)
        linux.mount_read_only(root + target)
    for folder in cage.tree.hidden_folders:
        linux.mount("tmpfs", root + folder, "tmpfs", quiet | linux.MS_RDONLY, "size=4k,nr_inodes=2,mode=555")
    for file in cage.tree.hidden_files:
        linux.mount(f"{root}/nothing", root + file, None, linux.MS_BIND)
        linux.mount_read_only(root + file)
    linux.mount("proc", f"{root}/proc", "proc", quiet | linux.MS_NOEXEC, gpu_grant.proc_options(cage.gpu))
    for descriptor, name in devices:
        os.close(os.open(f"{root}/dev/{name}", os.O_CREAT | os.O_WRONLY))
        target = f"{root}/dev/{name}"
        linux.mount(f"/proc/self/fd/{descriptor}", target, None, linux.MS_BIND)
        # The node is the host's: read-only keeps its times, which outlive the jail; writing goes on to work.
        flags = linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NOEXEC
        linux.mount(None, target, None, flags)
    gpu_grant.mount_extras(root, cage.gpu)
    os.close(proc)
    options = f"size={cage.scratch_bytes},nr_inodes=4k,mode=700"
    linux.mount("tmpfs", root + SCRATCH, "tmpfs", quiet | linux.MS_NOEXEC, options)
    # Named semaphores of Python's pools, nothing larger: shared memory is memory like any other.
    options = "size=1m,nr_inodes=256,mode=700"
    linux.mount("tmpfs", root + SHARED_MEMORY, "tmpfs", quiet | linux.MS_NOEXEC, options)
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
