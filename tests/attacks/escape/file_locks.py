# Then by locks: both jails see the same read-only packages, and a lock needs no right to write.
import ctypes
import errno
import fcntl
import os
import signal
import struct

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
FCNTL, FLOCK = 72, 73
COMMANDS = {"F_GETLK": 5, "F_SETLK": 6, "F_SETLKW": 7, "F_OFD_GETLK": 36, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38}
OTHERS = {"F_SETOWN": (8, os.getpid()), "F_SETSIG": (10, signal.SIGUSR1), "F_SETOWN_EX": (15, 0), "F_SETLEASE read": (1024, 0),
          "F_SETLEASE write": (1024, 1), "F_GETLEASE": (1025, 0), "F_NOTIFY": (1026, 0x80000001), "F_SET_RW_HINT": (1036, 0)}  # fmt: skip


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
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    # Readable for all jails: a package, a library, a folder, a device, a file of /proc.
    for path in (torch.__file__, torch._C.__file__, os.path.dirname(torch.__file__), "/dev/null", "/proc/self/status"):
        number = os.open(path, os.O_RDONLY)
        for what, operation in (("shared", fcntl.LOCK_SH), ("exclusive", fcntl.LOCK_EX)):
            call(f"{what} flock of {path}", FLOCK, number, operation | fcntl.LOCK_NB)
        for name, command in COMMANDS.items():
            for byte in (0, 10_000):
                lock = struct.pack("hhxxxxqqi", fcntl.F_RDLCK, 0, byte, 1, 0).ljust(32, b"\0")
                call(f"{name} of byte {byte} of {path}", FCNTL, number, command, ctypes.create_string_buffer(lock))
        for name, (command, argument) in OTHERS.items():
            call(f"{name} of {path}", FCNTL, number, command, argument)
        os.close(number)
    attempt("lockf", lambda: fcntl.lockf(os.open("/dev/null", os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB))
    attempt("lock of the C library", lambda: os.lockf(os.open("/dev/zero", os.O_RDWR), os.F_TLOCK, 1))
    attempt("is a lock there?", lambda: os.lockf(os.open("/dev/zero", os.O_RDWR), os.F_TEST, 1))
    attempt("lock of my output", lambda: fcntl.flock(1, fcntl.LOCK_EX | fcntl.LOCK_NB))
    attempt("lock of my input", lambda: fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB))
    return torch.nn.Linear(4, 3)
