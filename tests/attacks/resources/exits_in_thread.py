# Leave from a thread, from a child and from a signal handler: does one of them take the rest along?
import os
import signal
import sys
import threading
import time

import torch


def train(lab):
    thread = threading.Thread(target=sys.exit, args=(0,))
    thread.start()
    thread.join()
    if os.fork() == 0:
        os._exit(0)
    if os.fork() == 0:
        os.abort()
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))
    signal.alarm(1)
    try:
        time.sleep(5)
    except SystemExit:
        print("the handler left")
    return torch.nn.Linear(4, 3)
