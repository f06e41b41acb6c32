# The bars are settings of my own process. Bend them: capabilities, no_new_privs, filters, rights to files.
import ctypes
import errno
import struct

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
PRCTL, CAPSET, CAPGET, SECCOMP, LANDLOCK_CREATE, LANDLOCK_RESTRICT, PERSONALITY = 157, 126, 125, 317, 444, 446, 135
OPTIONS = {
    "new privileges": (38, 0, 0, 0, 0), "no filter": (22, 0, 0, 0, 0), "the strict mode": (22, 1, 0, 0, 0),
    "keep capabilities": (8, 1, 0, 0, 0), "secure bits": (28, 0, 0, 0, 0), "raise an ambient capability": (47, 2, 21, 0, 0),
    "not die with my parent": (1, 0, 0, 0, 0), "be dumpable": (4, 1, 0, 0, 0), "adopt orphans": (36, 1, 0, 0, 0),
    "move my heap": (35, 1, 4096, 0, 0), "be traced by all": (0x59616D61, -1, 0, 0, 0), "read no clock": (26, 2, 0, 0, 0),
    "dispatch system calls to myself": (59, 1, 0, 0, 0), "a core of my own": (62, 1, 0, 2, 0), "execute what is written": (65, 1, 0, 0, 0),
    "speculate": (53, 0, 2, 0, 0), "endian": (20, 1, 0, 0, 0), "late killing of memory errors": (33, 1, 0, 0, 0),
    "share memory with copies": (67, 1, 0, 0, 0), "lie about my executable": (35, 13, 0, 0, 0), "io flusher": (57, 1, 0, 0, 0),
}  # fmt: skip


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def train(lab):
    for name, arguments in OPTIONS.items():
        call(name, PRCTL, *arguments)
        # The kernel looks at 32 bits of the option, a filter at 64.
        call(f"{name}, disguised", PRCTL, arguments[0] | 1 << 32, *arguments[1:])
    for version in (0x20080522, 0x20071026, 0x19980330):
        header = struct.pack("Ii", version, 0)
        call(f"all capabilities, version {version:x}", CAPSET, header, b"\xff" * 24)
        held = ctypes.create_string_buffer(24)
        answer = libc.syscall(CAPGET, header, held)
        print("DONE" if answer == 0 and any(held.raw[:8]) else "REFUSED", "hold a capability", held.raw.hex())
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow))
    for what, mode, flags in (("a filter that allows all", 1, 0), ("the same for all threads", 1, 1), ("strict mode", 0, 0)):
        call(what, SECCOMP, mode, flags, program)
    call("a filter by prctl", PRCTL, 22, 2, ctypes.addressof(ctypes.create_string_buffer(program)), 0, 0)
    call("rights to files of my own", LANDLOCK_CREATE, struct.pack("Q", 1 << 15), 8, 0)
    call("a domain of my own", LANDLOCK_RESTRICT, 0, 0)
    for what, kind in (("addresses that are not random", 0x0040000), ("executable data", 0x0400000), ("32-bit Linux", 8), ("another system", 6)):
        call(what, PERSONALITY, kind)
    with open("/proc/self/status") as stream:
        status = dict(line.split(":\t") for line in stream.read().splitlines() if ":\t" in line)
    bars = {name: status[name].strip() for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")}
    intact = all(int(value, 16) == 0 for name, value in bars.items() if name.startswith("Cap")) and bars["NoNewPrivs"] == "1" and bars["Seccomp"] == "2"
    print("REFUSED" if intact else "DONE", "bend the bars", bars)
    return torch.nn.Linear(4, 3)
