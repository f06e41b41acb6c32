# One line of a megabyte without an end, of characters that need four bytes and two cells each.
import sys

import torch


def train(lab):
    sys.stdout.write("\N{PILE OF POO}" * 250_000)
    sys.stdout.flush()
    return torch.nn.Linear(4, 3)
