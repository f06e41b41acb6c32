# Then by the page cache: one jail drops a page of a shared file or reads it, the other asks if it is in memory.
import ctypes
import errno
import mmap
import os

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
MINCORE, FADVISE64, READAHEAD, CACHESTAT = 27, 221, 187, 451
DONTNEED, RANDOM = 4, 1
PAGES = 8


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def seldom_read():
    """A header that no training opens."""
    for folder, _, names in os.walk(os.path.join(os.path.dirname(torch.__file__), "include")):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.getsize(path) > (PAGES + 1) * 4096:
                return path
    return torch.__file__


def ask(what, number):
    """Is the fifth page in memory? Answered without waiting for the disk, so the answer is the bit."""
    try:
        os.preadv(number, [bytearray(1)], 4096 * 4, os.RWF_NOWAIT)
        print("DONE", what, "it is in memory")
    except BlockingIOError:
        print("DONE", what, "it is not in memory")
    except OSError as error:
        print("REFUSED", what, error)


def train(lab):
    path = seldom_read()
    number = os.open(path, os.O_RDONLY)
    print("by", path)
    ask("read without waiting", number)
    libc.syscall(FADVISE64, number, ctypes.c_long(0), ctypes.c_long(0), RANDOM)
    call("drop its pages", FADVISE64, number, 0, 0, DONTNEED)
    ask("read without waiting, once more", number)
    call("fill its pages", READAHEAD, number, 0, 4096 * PAGES)
    counted = ctypes.create_string_buffer(40)
    call("count its pages", CACHESTAT, number, (ctypes.c_uint64 * 2)(0, 4096 * PAGES), counted, 0)
    address = libc.mmap(None, ctypes.c_size_t(4096 * PAGES), mmap.PROT_READ, mmap.MAP_SHARED, number, ctypes.c_long(0))
    resident = ctypes.create_string_buffer(PAGES)
    # To those who may not write the file the kernel says that all of them are.
    told = libc.syscall(MINCORE, ctypes.c_void_p(address), ctypes.c_long(4096 * PAGES), resident)
    honest = told == 0 and not all(resident.raw)
    print("DONE" if honest else "REFUSED", "which pages are resident", resident.raw if told == 0 else errno.errorcode[ctypes.get_errno()])
    return torch.nn.Linear(4, 3)
