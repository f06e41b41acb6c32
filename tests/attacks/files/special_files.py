# Pipes, sockets and devices with a name: somebody outside may open one, and wait for ever or get the disk.
import ctypes
import errno
import os
import stat

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
MKNOD, MKNODAT, HERE = 133, 259, -100
KINDS = {"pipe": (stat.S_IFIFO, 0), "socket": (stat.S_IFSOCK, 0), "memory": (stat.S_IFCHR, os.makedev(1, 1)), "null": (stat.S_IFCHR, os.makedev(1, 3)),
         "terminal": (stat.S_IFCHR, os.makedev(5, 0)), "first disk": (stat.S_IFBLK, os.makedev(8, 0)), "virtual disk": (stat.S_IFBLK, os.makedev(254, 0)),
         "fuse": (stat.S_IFCHR, os.makedev(10, 229)), "GPU": (stat.S_IFCHR, os.makedev(195, 255))}  # fmt: skip


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told)


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error)


def train(lab):
    attempt("mkfifo", lambda: os.mkfifo("/scratch/pipe"))
    for folder in ("/scratch", "/dev", "/usr/share"):
        for name, (kind, device) in KINDS.items():
            call(f"{name} in {folder}", MKNOD, f"{folder}/{name}".encode(), kind | 0o666, device)
            call(f"{name} in {folder}, by a held place", MKNODAT, HERE, f"{folder}/{name}2".encode(), kind | 0o666, device)
    # Were one there, it would be opened; what lies in the folder says whether any is.
    special = [entry.path for entry in os.scandir("/scratch") if not entry.is_file() and not entry.is_dir()]
    print("DONE" if special else "REFUSED", "a special file", special)
    return torch.nn.Linear(4, 3)
