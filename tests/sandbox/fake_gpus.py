"""A machine with GPUs that is none: an NVML with the behaviour of NVIDIA's, and nodes with its names.

The nodes are those of /dev/null and /dev/zero under other names, so that what a jail opens can be told apart.
"""

# ruff: noqa: N802, N815 - the names are NVML's
from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

GIB = 1024**3
NULL, ZERO = os.makedev(1, 3), os.makedev(1, 5)


class FakeNvmlError(Exception):
    pass


@dataclass
class FakeGpu:
    minor: int
    uuid: str
    name: str = "Fake A100"
    total: int = 40 * GIB
    used: int = 0
    mig: bool = False
    lost: bool = False


class FakeNvml:
    """`used_in`: a folder in which the file `used-N` overrides the bytes in use on the GPU of index N.

    `driver_loaded` False: there is no driver. `knows_reserve` False: one older than 510.
    """

    NVMLError = FakeNvmlError
    nvmlMemory_v2 = 0x02000028
    RESERVED = 600 * 1024**2

    def __init__(self, gpus=(), *, driver="570.86.15", driver_loaded=True, knows_reserve=True, used_in=None):
        self.gpus, self.driver, self.driver_loaded = list(gpus), driver, driver_loaded
        self.knows_reserve, self.used_in = knows_reserve, used_in
        self.ready = False

    def nvmlInit(self):
        if not self.driver_loaded:
            raise FakeNvmlError("Driver Not Loaded")
        self.ready = True

    def _asked(self):
        if not self.ready:
            raise FakeNvmlError("Uninitialized")

    def nvmlSystemGetDriverVersion(self):
        self._asked()
        return self.driver

    def nvmlDeviceGetCount(self):
        self._asked()
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index):
        self._asked()
        if self.gpus[index].lost:
            raise FakeNvmlError("GPU is lost")
        return index

    def nvmlDeviceGetUUID(self, handle):
        return self.gpus[handle].uuid

    def nvmlDeviceGetName(self, handle):
        return self.gpus[handle].name

    def nvmlDeviceGetMinorNumber(self, handle):
        return self.gpus[handle].minor

    def nvmlDeviceGetMigMode(self, handle):
        if "A100" not in self.gpus[handle].name:
            raise FakeNvmlError("Not Supported")
        return [int(self.gpus[handle].mig)] * 2

    def nvmlDeviceGetMemoryInfo(self, handle, version=None):
        gpu, used = self.gpus[handle], self.gpus[handle].used
        if gpu.lost:
            raise FakeNvmlError("GPU is lost")
        told = Path(self.used_in or "/nonexistent") / f"used-{handle}"
        if told.exists():
            used = int(told.read_text())
        if version is None:
            return SimpleNamespace(total=gpu.total, used=used + self.RESERVED, free=gpu.total - used - self.RESERVED)
        if not self.knows_reserve:
            raise FakeNvmlError("Function Not Found")
        return SimpleNamespace(total=gpu.total, used=used, reserved=self.RESERVED, free=gpu.total - used - self.RESERVED)


def make_nodes(folder, minors=(0, 1)):
    """Nodes as `nvidia-modprobe` makes them: even minors read like /dev/null, odd ones like /dev/zero."""
    folder.mkdir(parents=True)
    names = {f"nvidia{minor}": (NULL, ZERO)[minor % 2] for minor in minors}
    for name, device in {**names, **dict.fromkeys(("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"), NULL)}.items():
        os.mknod(folder / name, 0o666 | stat.S_IFCHR, device)
        (folder / name).chmod(0o666)  # whatever the umask is
    return folder


def make_proc(folder):
    """What a loaded driver adds to /proc."""
    for name in ("nvidia", "nvidia-uvm"):
        (folder / "driver" / name).mkdir(parents=True)
    return folder
