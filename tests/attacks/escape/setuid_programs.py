# su, mount, passwd: programs that make their caller root. Start each, and see who it runs as.
import ctypes
import errno
import os
import stat
import struct
import subprocess
import time

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NAMES = ("su", "mount", "umount", "passwd", "sudo", "newgrp", "chsh", "pkexec", "ping", "crontab", "at", "fusermount3")
# A program of my own: write(1, ...), exit(0).
TEXT = b"uid=mine\n"
CODE = bytes.fromhex("b801000000 bf01000000 488d3510000000 ba") + len(TEXT).to_bytes(4, "little") + bytes.fromhex("0f05 b83c000000 31ff 0f05") + TEXT
PROGRAM = (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
           + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 120 + len(CODE), 120 + len(CODE), 4096) + CODE)  # fmt: skip
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
    usual = {f"{folder}/{name}" for folder in ("/usr/bin", "/bin", "/usr/sbin") for name in NAMES}
    for path in sorted(usual | set(found)):
        start(path)
    # One of my own, with the bit set by me.
    with open("/scratch/mine", "wb") as out:
        out.write(PROGRAM)
    os.chmod("/scratch/mine", 0o6755)
    start("/scratch/mine")
    for name, (number, *arguments) in SETUID.items():
        call(name, number, *arguments)
    call("setgroups", 116, 1, (ctypes.c_uint32 * 1)(0))
    # This one never fails: it answers who it was, so ask twice.
    libc.syscall(122, 0)
    print("DONE" if libc.syscall(122, -1) == 0 else "REFUSED", "setfsuid")
    try:
        os.chown("/scratch/mine", 0, 0)
        print("DONE chown to root")
    except OSError as error:
        print("REFUSED", "chown to root", error)
    return torch.nn.Linear(4, 3)
