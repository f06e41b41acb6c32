"""Layer 9: which system calls student code may make. An allow-list; everything else is EPERM.

Compiled once by libseccomp when a zygote starts, then loaded as it is in each jail.
"""

from __future__ import annotations

import errno
import os
import tempfile

import pyseccomp as libseccomp

_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat openat2 close close_range
creat stat fstat lstat newfstatat statx statfs fstatfs lseek access faccessat faccessat2 readlink readlinkat
getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink
symlinkat chmod fchmod fchmodat umask truncate ftruncate fallocate fadvise64 fsync fdatasync sync_file_range
getdents getdents64 utime utimes utimensat futimesat copy_file_range sendfile splice tee
dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
epoll_pwait epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime signalfd signalfd4
inotify_init1 inotify_add_watch inotify_rm_watch memfd_create
mmap munmap mprotect mremap madvise msync mincore brk mlock mlock2 munlock munlockall membarrier
get_mempolicy pkey_alloc pkey_free pkey_mprotect
fork vfork execve execveat exit exit_group wait4 waitid set_tid_address set_robust_list get_robust_list
rseq futex futex_waitv futex_wake futex_wait futex_requeue gettid getpid getppid getpgid getpgrp getsid setsid
setpgid kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait
rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack restart_syscall pause alarm getitimer setitimer
timer_create timer_settime timer_gettime timer_getoverrun timer_delete
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times getrusage sysinfo uname
getuid geteuid getgid getegid getresuid getresgid getgroups capget getpriority setpriority
getrlimit setrlimit prlimit64 arch_prctl getcpu getrandom
sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_getscheduler sched_setscheduler
sched_get_priority_max sched_get_priority_min sched_getattr
sendmsg sendto recvmsg recvfrom sendmmsg recvmmsg shutdown getsockopt setsockopt getsockname getpeername
map_shadow_stack mseal
""".split()  # noqa: SIM905 - four hundred quotation marks would hide the names

_NAMESPACE_FLAGS = 0x7E020080  # every CLONE_NEW* flag of clone(2), time namespaces included
_FCNTL_LOCKS = (5, 6, 7, 36, 37, 38, 1024, 1025, 1026)  # POSIX and OFD locks, leases, directory notices
# Terminal size and mode, FIONREAD, FIONBIO, FIO(N)CLEX.
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
_PRCTLS = (3, 15, 16, 23, 0x53564D41)  # get dumpable, set and get name, read bounding set, name a mapping
_AF_UNIX = 1


def compile_filter(*, every_ioctl: bool = False) -> bytes:
    """The filter as an array of struct sock_filter. Raises OSError when libseccomp cannot build it.

    `every_ioctl` is for a jail with a GPU, whose driver is asked by ioctl; on which device, Landlock decides.
    """
    rules = libseccomp.SyscallFilter(defaction=libseccomp.ERRNO(errno.EPERM))
    rules.set_attr(libseccomp.Attr.ACT_BADARCH, libseccomp.KILL_PROCESS)  # int 0x80, and x32 below
    _allow_known(rules)
    rules.add_rule(libseccomp.ALLOW, "socketpair", libseccomp.Arg(0, libseccomp.EQ, _AF_UNIX))
    rules.add_rule(libseccomp.ALLOW, "clone", libseccomp.Arg(0, libseccomp.MASKED_EQ, _NAMESPACE_FLAGS, 0))
    # glibc falls back to clone, whose flags a filter can read, only on this answer.
    rules.add_rule(libseccomp.ERRNO(errno.ENOSYS), "clone3")
    for option in _PRCTLS:
        rules.add_rule(libseccomp.ALLOW, "prctl", libseccomp.Arg(0, libseccomp.EQ, option))
    if every_ioctl:
        rules.add_rule(libseccomp.ALLOW, "ioctl")
    for request in () if every_ioctl else _IOCTLS:
        rules.add_rule(libseccomp.ALLOW, "ioctl", libseccomp.Arg(1, libseccomp.EQ, request))
    for command in (0, 1, 2, 3, 4, 1030, 1031, 1032, 1033, 1034):
        assert command not in _FCNTL_LOCKS
        rules.add_rule(libseccomp.ALLOW, "fcntl", libseccomp.Arg(1, libseccomp.EQ, command))
    with tempfile.TemporaryFile() as out:
        rules.export_bpf(out)
        out.seek(0)
        return out.read()


def _allow_known(rules: libseccomp.SyscallFilter) -> None:
    """Skip names that this libseccomp is too old to know: such a call stays forbidden."""
    for name in _ALLOWED:
        try:
            number = libseccomp.resolve_syscall(libseccomp.Arch.X86_64, name)
        except ValueError:
            continue
        if number >= 0:
            rules.add_rule(libseccomp.ALLOW, name)


def is_supported() -> bool:
    return os.uname().machine == "x86_64"
