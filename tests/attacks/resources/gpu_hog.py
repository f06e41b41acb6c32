# All of the graphics card's memory for ever; where there is none, ask every way there is.
import ctypes
import os

import torch


def attempt(what, action):
    try:
        print("DONE", what, action())
    except Exception as error:
        print("REFUSED", what, type(error).__name__, str(error)[:100])


def train(lab):
    os.environ["CUDA_VISIBLE_DEVICES"] = "0,1,2,3,4,5,6,7"
    attempt("memory", lambda: torch.empty(2**36, dtype=torch.uint8, device="cuda"))
    attempt("memory fraction", lambda: torch.cuda.set_per_process_memory_fraction(1.0))
    attempt("synchronize", torch.cuda.synchronize)
    for name in ("nvidiactl", "nvidia0", "nvidia-uvm", "dri/renderD128", "kfd", "mem", "fb0"):
        attempt(name, lambda name=name: os.open(f"/dev/{name}", os.O_RDWR))
    attempt("driver", lambda: ctypes.CDLL("libcuda.so.1").cuInit(0))
    attempt("make a node", lambda: os.mknod("/scratch/nvidia0", 0o20666, os.makedev(195, 0)))
    while lab.device == "cuda":
        torch.cuda.synchronize()
    return torch.nn.Linear(4, 3)
