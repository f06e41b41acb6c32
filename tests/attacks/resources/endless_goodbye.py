# Give an honest answer and never leave: destructors, handlers and threads that have no end.
import atexit
import threading
import weakref

import torch


def endless(*_):
    while True:
        pass


class Clinging(torch.nn.Linear):
    def __del__(self):
        endless()


def train(lab):
    atexit.register(endless)
    threading._register_atexit(endless)
    threading.Thread(target=threading.Event().wait).start()
    model = Clinging(4, 3)
    weakref.finalize(lab, endless)
    return model
