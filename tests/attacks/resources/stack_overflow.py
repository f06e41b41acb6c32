# Recursion that Python does not see: out of C, through a callback, into C again.
import ctypes
import sys

sys.setrecursionlimit(2**31 - 1)
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
libc = ctypes.CDLL(None)


@COMPARE
def deeper(one, other):
    pair = (ctypes.c_int * 2)(2, 1)
    libc.qsort(pair, 2, 4, deeper)
    return 0


def train(lab):
    deeper(None, None)
