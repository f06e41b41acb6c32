# Become a debugger: of my parent, of process 1, of a child of mine. What is traced does what I say.
import ctypes
import errno
import os
import struct
import time

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
PTRACE, VM_READV, VM_WRITEV, KCMP, PIDFD_OPEN, PIDFD_GETFD, PROCESS_MADVISE = 101, 310, 311, 312, 434, 438, 440
TRACEME, ATTACH, SEIZE = 0, 16, 0x4206


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)


def train(lab):
    there = ctypes.create_string_buffer(b"honest")
    here = ctypes.create_string_buffer(6)
    asking = os.fork()
    if asking == 0:
        call("PTRACE_TRACEME", PTRACE, TRACEME, 0, 0, 0)
        os._exit(0)
    os.waitpid(asking, 0)
    child = os.fork()
    if child == 0:
        time.sleep(30)
        os._exit(0)
    for name, pid in (("child", child), ("parent", os.getppid()), ("process 1", 1), ("process 2", 2)):
        call(f"PTRACE_ATTACH {name}", PTRACE, ATTACH, pid, 0, 0)
        call(f"PTRACE_SEIZE {name}", PTRACE, SEIZE, pid, 0, 0)
        ours = struct.pack("QQ", ctypes.addressof(here), 6)
        theirs = struct.pack("QQ", ctypes.addressof(there), 6)
        call(f"process_vm_readv {name}", VM_READV, pid, ours, 1, theirs, 1, 0)
        call(f"process_vm_writev {name}", VM_WRITEV, pid, ours, 1, theirs, 1, 0)
        call(f"kcmp {name}", KCMP, os.getpid(), pid, 0, 0, 0)
        call(f"pidfd_open {name}", PIDFD_OPEN, pid, 0)
    try:
        handle = os.pidfd_open(child)
    except OSError as error:
        print("REFUSED", "a handle of the child", error)
        handle = -1
    call("pidfd_getfd", PIDFD_GETFD, handle, 1, 0)
    call("process_madvise", PROCESS_MADVISE, handle, struct.pack("QQ", ctypes.addressof(there), 6), 1, 20, 0)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return torch.nn.Linear(4, 3)
