# Die in a way that no interpreter catches.
import ctypes


def train(lab):
    ctypes.memset(0, 1, 1)
