# Take memory that the kernel may never move or swap out, away from everybody.
import ctypes
import mmap
import resource

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
MAP_LOCKED, MCL_CURRENT, MCL_FUTURE, MLOCK_ONFAULT = 0x2000, 1, 2, 1
SIZE = 64 * 1024 * 1024


def attempt(what, number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        print("REFUSED", what, ctypes.get_errno())
    else:
        print("DONE", what)


def train(lab):
    try:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (SIZE, SIZE))
        print("DONE setrlimit")
    except (OSError, ValueError) as error:
        print("REFUSED setrlimit", error)
    area = libc.mmap(None, SIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    address, size = ctypes.c_void_p(area), ctypes.c_size_t(SIZE)
    attempt("mlock", 149, address, size)
    attempt("mlock2", 325, address, size, ctypes.c_int(MLOCK_ONFAULT))
    attempt("mlockall", 151, ctypes.c_int(MCL_CURRENT | MCL_FUTURE))
    locked = libc.mmap(None, SIZE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_LOCKED, -1, 0)
    print("REFUSED mmap locked" if locked == ctypes.c_void_p(-1).value else "DONE mmap locked")
    huge = libc.mmap(None, SIZE, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000, -1, 0)
    print("REFUSED huge pages" if huge == ctypes.c_void_p(-1).value else "DONE huge pages")
    return torch.nn.Linear(4, 3)
