"""Runs inside a jail as if it were a submission: tries what a jail must not allow, and prints what happened.

Not imported by anything: `selftest.py` hands over its text. Each layer is tried by something that only that
layer refuses, so that one that is gone is not hidden by the next.
"""

import ctypes
import json
import os
import re
import resource
import socket
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
EPERM = 1
# Refused by the filter alone: none of them needs a right that another layer has taken.
FILTERED = {"memfd_create": 319, "sched_setaffinity": 203, "timer_create": 222, "shmget": 29, "membarrier": 324}
READ_ONLY, NO_SUID, NO_DEVICES, NO_PROGRAMS = "ro", "nosuid", "nodev", "noexec"
WRITABLE = {"/scratch", "/dev/shm"}
DEVICES = {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"}
LABEL_NAME = re.compile(r"(^|[-_.])(iris|digits|mnist)([-_.]).*(csv|txt|gz|npz|arff|pkl|npy)$", re.IGNORECASE)


def refused(action):
    try:
        action()
    except OSError:
        return True
    return False


def train(lab):
    with open("/proc/self/status") as stream:
        status = dict(line.split(":\t", 1) for line in stream.read().splitlines() if ":\t" in line)
    found = {
        "namespaces": namespaces(),
        "outer_uid": int(open("/proc/self/uid_map").read().split()[1]),
        "user_id": os.getuid() == 1000 and refused(lambda: os.setuid(0)),
        "processes": os.getpid() == 1 and [p for p in os.listdir("/proc") if p.isdigit()] == ["1"],
        "mounts": mounts(),
        "scratch": scratch(),
        "hidden_data": hidden_data(),
        "descriptors": len(os.listdir("/proc/self/fd")) < 12,
        "limits": limits(),
        "capabilities": int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0 and status["NoNewPrivs"] == "1",
        "landlock": refused(lambda: os.listdir("/")),
        "seccomp": status["Seccomp"] == "2" and seccomp(),
        "network": refused(lambda: socket.socket(socket.AF_INET)) and refused(lambda: socket.socket(socket.AF_UNIX)),
        "environment": not [k for k in os.environ if "LABMARK" in k or "DATABASE" in k or "REDIS" in k],
        "host_name": os.uname().nodename == "jail",
    }
    print("SELFTEST " + json.dumps(found))
    return lambda x: x[:, : lab.n_classes]


def namespaces():
    kinds = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
    return {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in kinds}


def mounts():
    """Every one read-only and without set-uid programs, but the jail's own; none of the host's files."""
    with open("/proc/self/mountinfo") as stream:
        found = {line.split()[4]: set(line.split()[5].split(",")) for line in stream}
    own = {path: options for path, options in found.items() if path in WRITABLE}
    rest = {path: options for path, options in found.items() if path not in WRITABLE | DEVICES | {"/proc"}}
    return (
        not os.path.exists("/etc/passwd")
        and set(own) == WRITABLE
        and all({NO_SUID, NO_DEVICES, NO_PROGRAMS} <= options for options in own.values())
        and all({READ_ONLY, NO_SUID} <= options for options in rest.values())
        and {NO_SUID, NO_DEVICES, NO_PROGRAMS} <= found["/proc"]
    )


def scratch():
    size = os.statvfs("/scratch")
    return size.f_blocks * size.f_frsize == 1024**2 and size.f_files <= 4096


def hidden_data():
    for folder in (p for p in sys.path if p.endswith("-packages")):
        for where, _, names in os.walk(folder):
            for name in names:
                if LABEL_NAME.search(name) and os.path.getsize(os.path.join(where, name)):
                    return False
    return True


def limits():
    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 1024**2, resource.RLIMIT_NOFILE: 256}
    return all(resource.getrlimit(which) == (most, most) for which, most in wanted.items())


def seccomp():
    for number in FILTERED.values():
        ctypes.set_errno(0)
        if LIBC.syscall(number, 0, 0, 0, 0) != -1 or ctypes.get_errno() != EPERM:
            return False
    return LIBC.unshare(0x10000000) == -1
