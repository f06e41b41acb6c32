# The whole machine: its name, its modules, its swap, its accounts, its kernel; switch it off and on again.
import ctypes
import errno
import os

import torch

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
SETHOSTNAME, SETDOMAINNAME, REBOOT, SWAPON, SWAPOFF, ACCT, QUOTACTL, QUOTACTL_FD = 170, 171, 169, 167, 168, 163, 179, 443
INIT_MODULE, FINIT_MODULE, DELETE_MODULE, KEXEC_LOAD, KEXEC_FILE_LOAD, NFSSERVCTL, SYNC, SYNCFS = 175, 313, 176, 246, 320, 180, 162, 306
# Names that tell nobody where this runs.
PLAIN = {"jail", "sandbox", "labmark", "localhost", "(none)", ""}


def call(what, number, *arguments):
    answer = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    told = answer if answer != -1 else errno.errorcode[ctypes.get_errno()]
    print("DONE" if answer != -1 else "REFUSED", what, told, flush=True)
    return answer


def train(lab):
    name = os.uname().nodename
    print("REFUSED" if name in PLAIN else "DONE", "the host's name", name)
    call("another name", SETHOSTNAME, b"mine", 4)
    call("another domain", SETDOMAINNAME, b"mine", 4)
    # Of all ways to restart only the one that makes Ctrl-Alt-Del gentle; it needs the same right.
    for first in (0xFEE1DEAD, 0xFEE1DEAD - (1 << 32)):
        for second in (672274793, 85072278, 369367448, 537993216):
            call("reboot", REBOOT, first, second, 0, None)
    with open("space", "wb") as out:
        out.write(b"\0" * 8192)
    call("swap here", SWAPON, b"/scratch/space", 0)
    call("no swap", SWAPOFF, b"/scratch/space")
    call("write down all processes", ACCT, b"/scratch/space")
    call("no longer write them down", ACCT, None)
    packages = os.open(os.path.dirname(torch.__file__), os.O_RDONLY)
    call("disk quotas", QUOTACTL, 0x80000100 - (1 << 32), None, 0, None)
    call("quotas of a file", QUOTACTL_FD, packages, 0x80000700, 0, ctypes.create_string_buffer(64))
    number = os.open("space", os.O_RDONLY)
    call("a module", INIT_MODULE, b"\x7fELF", 4, b"")
    call("a module from a file", FINIT_MODULE, number, b"", 0)
    call("remove a module", DELETE_MODULE, b"nonexistent_module", 0o4000)
    call("another kernel", KEXEC_LOAD, 0, 0, None, 0)
    call("another kernel from a file", KEXEC_FILE_LOAD, number, -1, 1, b"", 8)
    call("nfsservctl", NFSSERVCTL, 0, None, None)
    # Make everybody wait for the disk.
    call("write back all disks", SYNC)
    call("write back the disk of the packages", SYNCFS, packages)
    return torch.nn.Linear(4, 3)
