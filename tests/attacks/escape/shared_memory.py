# Five jails train with five splits: what is a test row in one is a training row in another. Let them talk.
# First by memory that outlives its process, under a name that all know.
import ctypes
import errno
import mmap
import os
import sys
from multiprocessing import shared_memory

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.sem_open.restype = ctypes.c_void_p
SHMGET, SHMAT, MSGGET, SEMGET, MQ_OPEN, MQ_UNLINK = 29, 30, 68, 64, 240, 241
KEY, CREATE = 0x1AB, 0o1000 | 0o666
NAME = "labmark-table"


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


def posix_memory():
    """What an earlier jail has left, if any; and something for the next one."""
    try:
        return bytes(shared_memory.SharedMemory(NAME).buf[:8])
    except FileNotFoundError:
        made = shared_memory.SharedMemory(NAME, create=True, size=4096)
        made.buf[:7] = b"0120120"
        raise OSError("there was none") from None


def file_in(folder):
    path = os.path.join(folder, NAME + "-file")
    with open(path, "a+b") as stream:
        stream.seek(0)
        earlier = stream.read()
        stream.write(b"0120120")
    if not earlier:
        raise OSError(f"{path} was not there before")
    return earlier


def train(lab):
    attempt("POSIX memory", posix_memory)
    for name in (b"/labmark", b"/labmark2"):
        found = libc.shm_open(name, os.O_RDWR, 0o666)
        print("DONE" if found >= 0 else "REFUSED", f"find {name}", errno.errorcode.get(ctypes.get_errno()))
        libc.shm_open(name, os.O_RDWR | os.O_CREAT, 0o666)
        found = libc.sem_open(name, 0)
        print("DONE" if found else "REFUSED", f"find semaphore {name}", errno.errorcode.get(ctypes.get_errno()))
        libc.sem_open(name, os.O_CREAT, 0o666, 1)
    segment = call("System V memory", SHMGET, KEY, 4096, CREATE)
    call("its contents", SHMAT, segment, 0, 0)
    call("System V messages", MSGGET, KEY, CREATE)
    call("System V semaphores", SEMGET, KEY, 1, CREATE)
    call("a POSIX queue", MQ_OPEN, b"labmark", os.O_RDWR | os.O_CREAT, 0o666, None)
    call("remove a POSIX queue", MQ_UNLINK, b"labmark")
    for folder in ("/dev/shm", "/dev/mqueue", "/dev", "/tmp", "/var/tmp", "/run/lock", "/scratch", "/proc/self", "/root", "/usr/share"):
        attempt(f"a file in {folder}", lambda: file_in(folder))
    # The zygote lives on. What a jail changes in memory is its own copy; or is it?
    try:
        shared = mmap.mmap(-1, 4096)
        shared.write(b"0120120")
    except OSError as error:  # where a warden counts memory
        print("REFUSED", "shared memory without a name", error)
    for place in (sys, torch, os):
        left = getattr(place, "labmark_table", None)
        print("DONE" if left else "REFUSED", f"find an attribute of {place.__name__}", left)
        place.labmark_table = "0120120"
    print("DONE" if "LABMARK_TABLE" in os.environ else "REFUSED", "find a variable of the environment")
    os.environ["LABMARK_TABLE"] = "0120120"
    return torch.nn.Linear(4, 3)
