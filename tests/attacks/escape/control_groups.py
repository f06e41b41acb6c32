# My group limits my memory. Leave it, raise its limit, or have the kernel start my program when it is empty.
import ctypes
import errno
import glob
import os
import struct

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
MOUNT, CLONE3, UNSHARE, FSOPEN = 165, 435, 272, 430
CLONE_INTO_CGROUP, CLONE_NEWCGROUP, SIGCHLD = 0x200000000, 0x02000000, 17
ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup/unified",
         "/sys/fs/cgroup/systemd", "/dev/cgroup", "/cgroup", "/proc/1/root/sys/fs/cgroup")  # fmt: skip


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, error)


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def write(path, text):
    with open(path, "w") as stream:
        return stream.write(text)


def train(lab):
    with open("/proc/self/cgroup") as stream:
        groups = [line.strip().split(":") for line in stream]
    named = [path for _, _, path in groups if path != "/"]
    print("DONE" if named else "REFUSED", "see the name of my group", named or "it is the root")
    for root in ROOTS:
        attempt(f"move to {root}", lambda: write(f"{root}/cgroup.procs", "0"))
        attempt(f"move a thread to {root}", lambda: write(f"{root}/tasks", "0"))
        attempt(f"a group below {root}", lambda: os.mkdir(f"{root}/mine"))
        attempt(f"notify of {root}", lambda: write(f"{root}/notify_on_release", "1"))
    limits = glob.glob("/sys/fs/cgroup/**/*max*", recursive=True) + glob.glob("/sys/fs/cgroup/**/memory.limit_in_bytes", recursive=True)
    print("DONE" if limits else "REFUSED", "find my limits", limits[:3])
    os.mkdir("groups")
    for kind, options in (("cgroup2", None), ("cgroup", b"memory"), ("cgroup", b"rdma"), ("cgroup", b"none,name=mine")):
        call(f"mount {kind} {options}", MOUNT, b"none", b"/scratch/groups", kind.encode(), 0, options)
        call(f"open file system {kind}", FSOPEN, kind.encode(), 0)
    call("a namespace of groups", UNSHARE, CLONE_NEWCGROUP)
    # A child that is born in another group: any folder will do to ask.
    folder = os.open("/scratch/groups", os.O_RDONLY | os.O_DIRECTORY)
    for size in (88, 96):
        born = struct.pack("QQQQQQQQQQQQ", CLONE_INTO_CGROUP, 0, 0, 0, SIGCHLD, 0, 0, 0, 0, 0, folder, 0)
        answer = libc.syscall(CLONE3, born, ctypes.c_long(size))
        if answer == 0:
            os._exit(0)
        print("DONE" if answer > 0 else "REFUSED", f"a child in another group, {size} bytes", errno.errorcode.get(ctypes.get_errno()))
    attempt("a limit of my own, higher", lambda: write("/proc/self/oom_score_adj", "-1000"))
    return torch.nn.Linear(4, 3)
