# Doors into the kernel that an ordinary user often finds open: bpf, userfaultfd, perf, fanotify, filters, keys.
import ctypes
import errno
import os
import struct

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
BPF, USERFAULTFD, PERF_EVENT_OPEN, SECCOMP, FANOTIFY_INIT, MEMFD_SECRET = 321, 323, 298, 317, 300, 447
PROCESS_MRELEASE, LSM_LIST, KEXEC, MIGRATE_PAGES, MOVE_PAGES, VMSPLICE, REMAP_FILE_PAGES = 448, 461, 246, 256, 279, 278, 216


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def train(lab):
    counted = struct.pack("IIII", 2, 4, 4, 1).ljust(72, b"\0")
    call("bpf: a table", BPF, 0, counted, 72)
    code = ctypes.create_string_buffer(struct.pack("BBhiBBhi", 0xB7, 0, 0, 0, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    program = struct.pack("IIQQIIQII", 1, 2, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0, 0, 0).ljust(144, b"\0")
    call("bpf: a program", BPF, 5, program, 144)
    call("bpf: the next program's number", BPF, 11, bytes(72), 72)
    for what, flags in (("user faults", 0), ("user faults of user mode", 1)):
        call(what, USERFAULTFD, flags | os.O_CLOEXEC)
    for what, kind, config in (("its clock", 1, 1), ("cycles", 0, 0), ("cache misses", 0, 3), ("page faults", 1, 2)):
        # Of user mode alone, which needs no privilege: bits disabled, exclude_kernel, exclude_hv.
        attributes = struct.pack("IIQQQQQ", kind, 128, config, 0, 0, 0, 1 | 1 << 5 | 1 << 6).ljust(128, b"\0")
        call(f"perf: {what} of myself", PERF_EVENT_OPEN, attributes, 0, -1, -1, 0)
        call(f"perf: {what} of everybody", PERF_EVENT_OPEN, attributes, -1, 0, -1, 0)
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    header = struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow))
    for what, flags in (("a filter", 0), ("a filter that I am asked about", 8), ("a filter for all threads", 1)):
        call(what, SECCOMP, 1, flags, header)
    call("what filters can do", SECCOMP, 2, 0, ctypes.byref(ctypes.c_uint32(0x7FC00000)))
    for what, flags in (("fanotify", 0), ("fanotify with names", 0x200 | 0xC00)):
        call(what, FANOTIFY_INIT, flags, os.O_RDONLY)
    call("secret memory", MEMFD_SECRET, 0)
    call("take memory from the dying", PROCESS_MRELEASE, 0, 0)
    call("security modules", LSM_LIST, (ctypes.c_uint64 * 16)(), ctypes.byref(ctypes.c_uint32(128)), 0)
    call("where my pages lie", MOVE_PAGES, 0, 1, (ctypes.c_uint64 * 1)(id(lab) & ~4095), None, (ctypes.c_int * 1)(), 0)
    call("move the pages of another", MIGRATE_PAGES, 1, 64, (ctypes.c_uint64 * 1)(1), (ctypes.c_uint64 * 1)(1))
    reader, writer = os.pipe()
    page = ctypes.create_string_buffer(4096)
    call("give pages to a pipe", VMSPLICE, writer, struct.pack("QQ", ctypes.addressof(page), 4096), 1, 8)
    with_device = "/dev/userfaultfd"
    try:
        print("DONE", with_device, os.open(with_device, os.O_RDWR))
    except OSError as error:
        print("REFUSED", with_device, error)
    return torch.nn.Linear(4, 3)
