# Forbidden calls end in SIGSYS. A handler that returns would let process 1 go on and try the next number.
import ctypes
import signal

import torch

libc = ctypes.CDLL(None, use_errno=True)
X32_BIT = 0x40000000
GETPID, SOCKET, UNSHARE = 39, 41, 272


def train(lab):
    signal.signal(signal.SIGSYS, lambda number, frame: print("DONE", "went on after SIGSYS", flush=True))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGSYS})
    print("refused so far:", libc.syscall(UNSHARE, 0x10000000), flush=True)
    for number in (GETPID, SOCKET, UNSHARE):
        answer = libc.syscall(ctypes.c_long(X32_BIT | number), 2, 1, 0)
        print("DONE", "lived on after an x32 number", answer, flush=True)
    return torch.nn.Linear(4, 3)
