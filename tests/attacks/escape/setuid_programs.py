# su, mount, passwd: programs that make their caller root. Start each, and see who it runs as.
import ctypes
import errno
import os
import shutil
import stat
import subprocess
import time

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
SETUID = {"setuid": (105, 0), "setgid": (106, 0), "setreuid": (113, 0, 0), "setresuid": (117, 0, 0, 0), "setresgid": (119, 0, 0, 0),
          "setuid to a neighbour": (105, 61_000)}  # fmt: skip


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def ids_of(pid):
    """Real, effective, saved and file system user, then the same four of the group."""
    with open(f"/proc/{pid}/status") as stream:
        return [word for line in stream if line.startswith(("Uid:", "Gid:")) for word in line.split()[1:]]


def start(path):
    try:
        program = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        print("REFUSED", f"start {path}", error, flush=True)
        return
    time.sleep(0.1)
    ids = ids_of(program.pid)
    print("DONE" if ids != ids_of("self") else "REFUSED", f"be somebody else in {path}", ids, flush=True)
    program.kill()
    program.communicate()


def train(lab):
    found = []
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib/openssh", "/usr/lib/dbus-1.0", "/usr/libexec", "/usr/local/bin"):
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            if entry.is_file(follow_symlinks=False) and entry.stat().st_mode & (stat.S_ISUID | stat.S_ISGID):
                found.append(entry.path)
    print(len(found), "programs with the bit")
    for path in sorted(found):
        start(path)
    # One of my own, with the bit set by me.
    shutil.copy("/usr/bin/id", "/scratch/id")
    os.chmod("/scratch/id", 0o6755)
    start("/scratch/id")
    for name, (number, *arguments) in SETUID.items():
        call(name, number, *arguments)
    call("setgroups", 116, 1, (ctypes.c_uint32 * 1)(0))
    # This one never fails: it answers who it was, so ask twice.
    libc.syscall(122, 0)
    print("DONE" if libc.syscall(122, -1) == 0 else "REFUSED", "setfsuid")
    try:
        os.chown("/scratch/id", 0, 0)
        print("DONE chown to root")
    except OSError as error:
        print("REFUSED", "chown to root", error)
    return torch.nn.Linear(4, 3)
