"""Layer 9: which system calls student code may make. An allow-list; everything else is EPERM.

Each group says who needs it, as seen with strace under the reference solutions, DataLoader, Keras callbacks,
tf.data, SavedModel, Lightning checkpoints, pools of threads and processes, asyncio and scikit-learn.
docs/sandbox.md has the same table. A call that none of them makes, and that Python's library does not need,
is not here.

Compiled once by libseccomp when a zygote starts, then loaded as it is in each jail.
"""

from __future__ import annotations

import errno
import tempfile
from dataclasses import dataclass

import pyseccomp as libseccomp


@dataclass(frozen=True)
class Group:
    """Calls that are allowed whatever their arguments, and why."""

    why: str
    calls: str


GROUPS: dict[str, Group] = {
    "files": Group(
        "imports, checkpoints, temporary files: inside the jail's own tree, Landlock sees to the rest",
        """open openat close close_range read write readv writev pread64 pwrite64 preadv pwritev lseek
        stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat
        getcwd chdir fchdir getdents64 mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
        link linkat symlink symlinkat chmod fchmod fchmodat umask truncate ftruncate fallocate
        fsync fdatasync utimensat copy_file_range sendfile dup dup2 dup3""",
    ),
    "waiting": Group(
        "asyncio, selectors, subprocess-free pipes between threads and children",
        """pipe pipe2 poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2""",
    ),
    "memory": Group(
        "allocators, code that PyTorch and XLA generate, arrays in memory",
        """munmap mprotect mremap madvise msync brk""",
    ),
    "threads": Group(
        "OpenMP, TensorFlow's pools, Python's threads; `clone` is allowed apart, without namespaces",
        """futex gettid set_tid_address set_robust_list get_robust_list rseq sched_yield sched_getaffinity
        sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min getcpu exit""",
    ),
    "processes": Group(
        "process pools of multiprocessing: forked children, never another program",
        """exit_group wait4 waitid getpid getppid getpgid getpgrp getsid kill tgkill
        getuid geteuid getgid getegid getresuid getresgid getgroups getrlimit getrusage times""",
    ),
    "signals": Group(
        "Python's signal module, pool shutdown",
        """rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait sigaltstack
        restart_syscall pause alarm getitimer setitimer""",
    ),
    "time and facts": Group(
        "clocks that are read, random numbers, the number of processors",
        """nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time sysinfo uname getrandom""",
    ),
    "own sockets": Group(
        "the harness' frames and asyncio's pair; no call here makes a socket that leaves the process",
        """sendmsg sendto recvmsg recvfrom shutdown getsockopt getsockname getpeername""",
    ),
}

# As NVIDIA's driver asks beside its ioctls. Without memfd_create CUDA fails with error 304; the others are
# what it may call in a container under Docker's own profile, where it works. Not seen with strace: see
# docs/deployment.md.
GPU_GROUP = Group(
    "CUDA, in a jail that has a GPU",
    """ioctl memfd_create mincore mlock mlock2 munlock munlockall membarrier get_mempolicy sched_setaffinity
    sched_setscheduler sched_getattr eventfd epoll_create timerfd_create timerfd_settime timerfd_gettime
    getpriority capget""",
)

_NAMESPACE_FLAGS = 0x7E020080  # every CLONE_NEW* flag of clone(2), time namespaces included
# Duplicate, descriptor and status flags, pipe size, seals that are read. No locks, leases or notices: two
# jails could talk by those over a file that both may read.
_FCNTLS = (0, 1, 2, 3, 4, 1030, 1031, 1032, 1034)
# Terminal size and mode, FIONREAD, FIONBIO, FIO(N)CLEX.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_PRCTLS = (3, 15, 16, 23, 0x53564D41)  # get dumpable, set and get name, read bounding set, name a mapping
_AF_UNIX, _MAP_SHARED, _MAP_ANONYMOUS = 1, 1, 32


def compile_filter(*, gpu: bool = False, counted: bool = True) -> bytes:
    """The filter as an array of struct sock_filter. Raises OSError when libseccomp cannot build it.

    `counted`: a control group counts memory. Else there is none that stays when the process that wrote to it
    has ended: nobody would see it.

    `gpu`: for a jail that has one. On which device nodes it may then call ioctl, Landlock decides.
    """
    rules = libseccomp.SyscallFilter(defaction=libseccomp.ERRNO(errno.EPERM))
    rules.set_attr(libseccomp.Attr.ACT_BADARCH, libseccomp.KILL_PROCESS)  # int 0x80, and x32 below
    _allow_known(rules, [*GROUPS.values(), *([GPU_GROUP] if gpu else [])])
    rules.add_rule(libseccomp.ALLOW, "socketpair", libseccomp.Arg(0, libseccomp.EQ, _AF_UNIX))
    rules.add_rule(libseccomp.ALLOW, "clone", libseccomp.Arg(0, libseccomp.MASKED_EQ, _NAMESPACE_FLAGS, 0))
    # glibc falls back to clone, whose flags a filter can read, only on this answer.
    rules.add_rule(libseccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(libseccomp.ALLOW, "prlimit64", libseccomp.Arg(0, libseccomp.EQ, 0))  # its own limits
    if counted:
        rules.add_rule(libseccomp.ALLOW, "mmap")
    else:
        for flag in (_MAP_SHARED, _MAP_ANONYMOUS):
            rules.add_rule(libseccomp.ALLOW, "mmap", libseccomp.Arg(3, libseccomp.MASKED_EQ, flag, 0))
    ioctls = () if gpu else _IOCTLS
    for name, position, values in (("prctl", 0, _PRCTLS), ("ioctl", 1, ioctls), ("fcntl", 1, _FCNTLS)):
        for value in values:
            rules.add_rule(libseccomp.ALLOW, name, libseccomp.Arg(position, libseccomp.EQ, value))
    with tempfile.TemporaryFile() as out:
        rules.export_bpf(out)
        out.seek(0)
        return out.read()


def _allow_known(rules: libseccomp.SyscallFilter, groups: list[Group]) -> None:
    """Skip names that this libseccomp is too old to know: such a call stays forbidden."""
    for group in groups:
        for name in group.calls.split():
            try:
                number = libseccomp.resolve_syscall(libseccomp.Arch.X86_64, name)
            except ValueError:
                continue
            if number >= 0:
                rules.add_rule(libseccomp.ALLOW, name)

