# Saw off the branch we sit on: nothing left in the scratch folder, no right to enter it, no working directory.
import os

import torch


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error)


def train(lab):
    for name in os.listdir("/scratch"):
        os.remove(os.path.join("/scratch", name))
    for what, action in {
        "remove the folder": lambda: os.rmdir("/scratch"),
        "rename the folder": lambda: os.rename("/scratch", "/scratch2"),
        "put a link in its place": lambda: os.symlink("/etc", "/scratch"),
        "a folder beside the packages": lambda: os.mkdir("/usr/share/labmark"),
        "become owner of the root": lambda: os.chown("/", os.getuid(), os.getgid()),
        "open the root to all": lambda: os.chmod("/", 0o777),
        "a new scratch folder": lambda: os.mkdir("/scratch2"),
        "work in the root": lambda: os.listdir("/"),
    }.items():
        attempt(what, action)
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("/scratch/gone")
    os.chmod("/scratch", 0)
    attempt("where am I?", os.getcwd)
    model = torch.nn.Linear(4, 3)
    lab.epoch(model)
    return model
