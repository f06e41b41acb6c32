# Make everybody else slow: the lowest priority for all who share something with me, the highest for me.
import ctypes
import errno
import os
import resource

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
IOPRIO_SET, IOPRIO_GET, SETATTR, PRLIMIT = 251, 252, 314, 302


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told)


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, error)


def seen_beside_me(which):
    """Whoever is at something else than I am is not me."""
    found = os.getpriority(which, 0)
    if found == os.getpriority(os.PRIO_PROCESS, 0):
        raise ProcessLookupError("nobody but me")
    return f"somebody is at {found}"


def train(lab):
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 5)
    except OSError as error:
        print("REFUSED", "a priority of my own", error)
    attempt("see priorities of my process group", lambda: seen_beside_me(os.PRIO_PGRP))
    attempt("see priorities of my user", lambda: seen_beside_me(os.PRIO_USER))
    for user in (1, 61_000, 61_001, 61_002, 65_534):
        attempt(f"slow down user {user}", lambda: os.setpriority(os.PRIO_USER, user, 19))
    for pid in (2, 3, 4, 100):
        attempt(f"slow down process {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        attempt(f"slow down group {pid}", lambda: os.setpriority(os.PRIO_PGRP, pid, 19))
        attempt(f"one processor for {pid}", lambda: os.sched_setaffinity(pid, {0}))
        attempt(f"no memory for {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_AS, (1, 1)))
        call(f"no CPU time for {pid}", PRLIMIT, pid, resource.RLIMIT_CPU, (ctypes.c_long * 2)(1, 1), None)
    idle = 3 << 13
    for name, which in (("my process group", 2), ("my user", 3), ("me", 1)):
        call(f"idle disk class for {name}", IOPRIO_SET, which, 0, idle)
        call(f"disk class of {name}", IOPRIO_GET, which, 0)
    # And I come first.
    attempt("priority -20", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20))
    for name in ("SCHED_FIFO", "SCHED_RR"):
        attempt(name, lambda: os.sched_setscheduler(0, getattr(os, name), os.sched_param(1)))
    call("SCHED_DEADLINE", SETATTR, 0, (ctypes.c_uint64 * 6)(48 | 6 << 32, 0, 0, 10**6, 10**7, 10**7), 0)
    attempt("more CPU time", lambda: resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6)))
    attempt("more processes", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**6, 10**6)))
    attempt("more files", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10**6, 10**6)))
    attempt("larger files", lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)))
    attempt("not killed first when memory is short", lambda: open("/proc/self/oom_score_adj", "w").write("-1000"))
    return torch.nn.Linear(4, 3)
