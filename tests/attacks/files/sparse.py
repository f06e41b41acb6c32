# A file of a terabyte costs nothing to make. Whoever copies, counts or reads it pays.
import ctypes
import mmap
import os
import signal

import torch

MOST = 17 << 20


def attempt(what, action):
    """Done only if a file is there that is larger than the folder may be."""
    try:
        answer = action()
    except (OSError, ValueError, OverflowError) as error:
        print("REFUSED", what, error)
        return
    size = os.stat("/scratch/sparse").st_size
    print("DONE" if size > MOST else "REFUSED", what, answer, size)


def wrote_at(place):
    with open("/scratch/sparse", "wb", buffering=0) as out:
        out.seek(place)
        return out.write(b"x")


def copied_to(place):
    source, target = os.open("/scratch/submission.py", os.O_RDONLY), os.open("/scratch/sparse", os.O_RDWR)
    try:
        return os.copy_file_range(source, target, 1024, 0, place)
    finally:
        os.close(source)
        os.close(target)


def train(lab):
    libc = ctypes.CDLL(None, use_errno=True)
    number = os.open("/scratch/sparse", os.O_RDWR | os.O_CREAT)
    for exponent in (25, 30, 40, 62):
        attempt(f"stretch to 2^{exponent}", lambda: os.ftruncate(number, 1 << exponent))
        attempt(f"stretch to 2^{exponent} by name", lambda: os.truncate("/scratch/sparse", 1 << exponent))
        attempt(f"reserve 2^{exponent}", lambda: os.posix_fallocate(number, 0, 1 << exponent))
        attempt(f"reserve 2^{exponent} beyond its size", lambda: _reserve(libc, number, 1 << exponent))
        attempt(f"write at 2^{exponent}", lambda: wrote_at(1 << exponent))
        attempt(f"write at 2^{exponent} by place", lambda: os.pwrite(number, b"x", 1 << exponent))
        attempt(f"copy to 2^{exponent}", lambda: copied_to(1 << exponent))
    attempt("append until it is too large", lambda: _append(number))
    # As large as it may be, many times: the folder's own size is what counts then.
    os.ftruncate(number, 0)
    taken = 0
    for index in range(100):
        with open(f"/scratch/{index}", "wb") as out:
            out.truncate(16 << 20)
            taken += os.stat(out.fileno()).st_blocks * 512
    print("DONE" if taken > MOST else "REFUSED", f"take more than there is: {taken} bytes in 100 files of 16 MiB")
    # A page that the disk does not have: a signal, in a child at least.
    child = os.fork()
    if child == 0:
        page = mmap.mmap(number, 4096) if os.stat("/scratch/sparse").st_size else mmap.mmap(os.open("/scratch/1", os.O_RDWR), 4096)
        os.truncate("/scratch/1", 0)
        page[0] = 1
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print("page beyond the end:", signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else status)
    return torch.nn.Linear(4, 3)


def _reserve(libc, number, size):
    if libc.fallocate(number, 1, ctypes.c_long(0), ctypes.c_long(size)) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return os.fstat(number).st_blocks * 512


def _append(number):
    written = 0
    while written < MOST:
        written += os.write(number, b"x" * 65536)
    return written
