# Leave daemons behind: forked twice, immune to signals, holding every pipe open; one busy, one stopped.
import ctypes
import os
import signal

import torch

libc = ctypes.CDLL(None, use_errno=True)
SETSID = 112


def daemon(stopped):
    libc.syscall(SETSID)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    if stopped:
        os.kill(os.getpid(), signal.SIGSTOP)
    while True:
        pass


def train(lab):
    for stopped in (False, True):
        child = os.fork()
        if child == 0:
            grandchild = os.fork()
            if grandchild == 0:
                daemon(stopped)
            os._exit(0)
        os.waitpid(child, 0)
    print("both daemons are up")
    return torch.nn.Linear(4, 3)
