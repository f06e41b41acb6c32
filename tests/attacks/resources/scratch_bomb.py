# Fill the disk: one large file, one that claims to be large, thousands of small ones.
import os

import torch


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error)


def large():
    with open("large", "wb") as stream:
        for _ in range(64):
            stream.write(bytes(1024 * 1024))


def many_large():
    for number in range(64):
        with open(f"large-{number}", "wb") as stream:
            stream.write(bytes(1024 * 1024))


def sparse():
    with open("sparse", "wb") as stream:
        stream.truncate(2**40)


def allocated():
    with open("allocated", "wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, 2**30)


def small():
    for number in range(100_000):
        open(f"small-{number}", "wb").close()


def folders():
    for number in range(100_000):
        os.mkdir(f"folder-{number}")


def links():
    for number in range(100_000):
        os.symlink("x" * 4000, f"link-{number}")


def train(lab):
    for action in (large, many_large, sparse, allocated, small, folders, links):
        attempt(action.__name__, action)
        for name in os.listdir():
            if name != "submission.py":
                os.rmdir(name) if os.path.isdir(name) else os.unlink(name)
    return torch.nn.Linear(4, 3)
