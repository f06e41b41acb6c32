# Print byte by byte, each of them on its own: what is cheap to write may be dear to keep.
import os
import time


def train(lab):
    os.write(1, b"x" * 65536)
    while True:
        os.write(1, b"x")
        time.sleep(0.0001)
