# Interrupt everything all the time: timers that fire each microsecond, signals from children without pause.
import ctypes
import os
import signal

import torch

libc = ctypes.CDLL(None, use_errno=True)
TIMER_CREATE, SIGQUEUE = 222, 129


def train(lab):
    for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGVTALRM, signal.SIGUSR1):
        signal.signal(number, lambda *_: None)
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 1e-6, 1e-6)
    for _ in range(100_000):
        if libc.syscall(TIMER_CREATE, 0, None, ctypes.byref(ctypes.c_int())) == -1:
            print("REFUSED timer", ctypes.get_errno())
            break
    for _ in range(4):
        if os.fork() == 0:
            buffer = ctypes.create_string_buffer(128)
            ctypes.c_int.from_buffer(buffer, 8).value = -1
            while True:
                os.kill(1, signal.SIGUSR1)
                libc.syscall(SIGQUEUE, 1, 40, buffer)
    print("the end")
    return torch.nn.Linear(4, 3)
