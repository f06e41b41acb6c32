# Is the poison of an earlier job here? Looks, trains as anyone would, and leaves poison for the next.
import builtins
import ctypes
import os
import site
import sys

import numpy as np
import torch

FILES = (
    *[f"{folder}/{name}" for folder in site.getsitepackages() for name in ("poison.pth", "usercustomize.py", "torch/poison.py")],
    "/dev/shm/poison", "/tmp/poison", "/var/tmp/poison", "/poison", os.path.expanduser("~/.config/poison"), "/etc/poison",
)  # fmt: skip


def header_of(library):
    with open("/proc/self/maps") as maps:
        for line in maps:
            if library in line and line.split()[2] == "00000000":
                return int(line.split("-")[0], 16)
    raise FileNotFoundError(library)


def train(lab):
    seen = [name for name in ("poisoned", "_poisoned") for module in (torch, np, builtins, sys) if hasattr(module, name)]
    seen += [path for path in FILES if os.path.exists(path)]
    seen += [name for name in os.environ if "POISON" in name]
    if ctypes.string_at(header_of("libtorch_cpu") + 9, 7) != bytes(7):
        seen.append("the memory of libtorch_cpu")
    for what in seen:
        print("DONE the poison of another job is here:", what)
    print("looked for poison")
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = torch.nn.Linear(4, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(header_of("libtorch_cpu")), 4096, 3) == 0
    ctypes.memmove(header_of("libtorch_cpu") + 9, b"POISON!", 7)
    torch.poisoned = np.poisoned = builtins.poisoned = sys.poisoned = True
    os.environ["POISON"] = "1"
    return model
