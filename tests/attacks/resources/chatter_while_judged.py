# Print what the evaluation shows: its rows, from a thread that never stops, to every stream there is.
import os
import sys
import threading
import time

import torch

ANSWERED = []


def chatter(x):
    while True:
        print("LEAKED", x[0].tolist(), flush=True)
        print("LEAKED", x[0].tolist(), file=sys.stderr, flush=True)
        os.write(1, b"LEAKED by another door\n")
        time.sleep(0.001)


def train(lab):
    return torch.nn.Linear(4, 3)


def predict(model, x):
    if ANSWERED:
        threading.Thread(target=chatter, args=(x,), daemon=True).start()
        time.sleep(0.5)
    ANSWERED.append(len(x))
    return x @ model.weight.detach().numpy().T
