"""The GPUs of this host as NVML tells them: a slot each, for one job at a time, once its memory is free."""

from __future__ import annotations

import contextlib
import importlib
import stat
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from worker.sandbox.gpu_grant import GpuGrant

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger()

MIB = 1024 * 1024
# What every job with a GPU needs, whichever it is.
_SHARED_NODES = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
_PROC_FILES = ("cpuinfo", "devices", "filesystems", "meminfo", "stat", "sys/vm")
_SYS_FOLDERS = ("bus/pci", "class", "devices", "module")
# From this driver on, CUDA gives names to its threads and fails where it may not.
_DRIVER_NAMES_THREADS = 570
_EVERYBODY = stat.S_IROTH | stat.S_IWOTH
_MEMORY_V2 = "nvmlMemory_v2"
_LOOK_EVERY_S = 0.25


class GpuUnavailableError(RuntimeError):
    """No job can have a GPU now; the message says why. Our fault, or a neighbour's on the same machine."""


class Nvml(Protocol):
    """What is asked of the module `pynvml`, which the package nvidia-ml-py brings."""

    NVMLError: type[Exception]

    def nvmlInit(self) -> None: ...  # noqa: N802 - their names
    def nvmlSystemGetDriverVersion(self) -> str: ...  # noqa: N802
    def nvmlDeviceGetCount(self) -> int: ...  # noqa: N802
    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any: ...  # noqa: N802
    def nvmlDeviceGetUUID(self, handle: Any) -> str: ...  # noqa: N802
    def nvmlDeviceGetName(self, handle: Any) -> str: ...  # noqa: N802
    def nvmlDeviceGetMinorNumber(self, handle: Any) -> int: ...  # noqa: N802
    def nvmlDeviceGetMigMode(self, handle: Any) -> list[int]: ...  # noqa: N802
    def nvmlDeviceGetMemoryInfo(self, handle: Any, version: int | None = None) -> Any: ...  # noqa: N802


def installed_nvml() -> Nvml | None:
    """None where nvidia-ml-py is not installed: it comes with the extra `gpu`."""
    try:
        found: Any = importlib.import_module("pynvml")
    except ImportError:
        return None
    return found  # type: ignore[no-any-return]


def names_threads(driver: str) -> bool:
    """Whether this driver is 570 or newer; of one whose version nobody can read it is assumed.

    >>> names_threads("550.54.15"), names_threads("570.86.15"), names_threads("")
    (False, True, True)
    """
    major = driver.partition(".")[0]
    return not major.isdigit() or int(major) >= _DRIVER_NAMES_THREADS


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One that can be granted. `node`: /dev/nvidiaN, where N is not its index but its minor number."""

    index: int
    uuid: str
    name: str
    memory_bytes: int
    node: Path


@dataclass(kw_only=True)
class _Slot:
    """`busy_since`: when its memory was first found in use by nobody that we know of; None: it was free."""

    gpu: Gpu
    handle: Any
    held: bool = False
    busy_since: float | None = None


@dataclass(frozen=True, kw_only=True)
class Host:
    """Where the device nodes and the driver's files are; tests have a folder of their own."""

    dev: Path = Path("/dev")
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


@dataclass(kw_only=True)
class Gpus:
    """All GPUs that can be granted. `reasons` says why others, or all, cannot.

    A GPU counts as free while at most `most_used_bytes` of its memory are in use, by a desktop for example.
    It is waited for during `free_within_s`: what a job held is given back a moment after its end.
    """

    nvml: Nvml | None
    host: Host = field(default_factory=Host)
    most_used_bytes: int = 512 * MIB
    free_within_s: float = 30.0
    driver: str = ""
    reasons: list[str] = field(default_factory=list)
    _slots: list[_Slot] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        if self.nvml is None:
            self.reasons.append("nvidia-ml-py is not installed (the extra `gpu`)")
            return
        try:
            self.nvml.nvmlInit()
            self.driver = self.nvml.nvmlSystemGetDriverVersion()
            count = self.nvml.nvmlDeviceGetCount()
        except self.nvml.NVMLError as error:
            self.reasons.append(f"NVML: {error}")
            return
        for index in range(count):
            try:
                self._find(self.nvml, index)
            except self.nvml.NVMLError as error:  # of several, one that has fallen off its bus
                self.reasons.append(f"GPU {index}: NVML: {error}")
        if not count:
            self.reasons.append("NVML counts no GPU")

    def _find(self, nvml: Nvml, index: int) -> None:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        gpu = Gpu(
            index=index,
            uuid=nvml.nvmlDeviceGetUUID(handle),
            name=nvml.nvmlDeviceGetName(handle),
            memory_bytes=int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
            node=self.host.dev / f"nvidia{nvml.nvmlDeviceGetMinorNumber(handle)}",
        )
        reason = self._in_mig_mode(nvml, handle) or self._missing_node(gpu)
        if reason:
            self.reasons.append(f"GPU {index} ({gpu.name}): {reason}")
        else:
            self._slots.append(_Slot(gpu=gpu, handle=handle))

    @staticmethod
    def _in_mig_mode(nvml: Nvml, handle: Any) -> str:
        try:
            current, _pending = nvml.nvmlDeviceGetMigMode(handle)
        except nvml.NVMLError:
            return ""  # a model without MIG says that it is not supported
        return "is in MIG mode, whose parts are not handed out" if current else ""

    def _missing_node(self, gpu: Gpu) -> str:
        for node in (gpu.node, *(self.host.dev / name for name in _SHARED_NODES)):
            try:
                mode = node.stat().st_mode
            except OSError as error:
                return f"{node}: {error.strerror} (nvidia-modprobe -u -c=0 makes the nodes)"
            if not stat.S_ISCHR(mode):
                return f"{node} is no device node"
            if mode & _EVERYBODY != _EVERYBODY:
                return f"{node} is not for everybody to read and write, and a jail is in no group"
        return ""

    def withhold(self, reason: str) -> None:
        """Hand out none from now on."""
        log.error("gpu.withheld", reason=reason)
        self.reasons.append(reason)
        self._slots.clear()

    @contextlib.contextmanager
    def one(self) -> Iterator[GpuGrant]:
        """A GPU for one job, waiting until one is handed back. Raises GpuUnavailableError."""
        slot = self._acquire()
        try:
            self._wait_until_free(slot)
            yield self._grant(slot.gpu)
        finally:
            with self._changed:
                slot.held = False
                self._changed.notify()

    def _acquire(self) -> _Slot:
        if not self._slots:
            raise GpuUnavailableError(f"this runner has no GPU: {'; '.join(self.reasons)}")
        with self._changed:
            while not (idle := [slot for slot in self._slots if not slot.held]):
                self._changed.wait()
            # One that somebody else was using is tried last.
            slot = min(idle, key=lambda slot: (slot.busy_since is not None, slot.gpu.index))
            slot.held = True
            return slot

    def _wait_until_free(self, slot: _Slot) -> None:
        deadline = time.monotonic() + self.free_within_s
        while (used_bytes := self._used_bytes(slot)) > self.most_used_bytes:
            if time.monotonic() >= deadline:
                slot.busy_since = slot.busy_since or time.time()
                log.error("gpu.busy", gpu=slot.gpu.index, used_bytes=used_bytes)
                raise GpuUnavailableError(
                    f"GPU {slot.gpu.index} ({slot.gpu.name}) is in use by somebody else: "
                    f"{used_bytes // MIB} of its {slot.gpu.memory_bytes // MIB} MiB, "
                    f"still after {self.free_within_s:.0f} s"
                )
            time.sleep(_LOOK_EVERY_S)
        slot.busy_since = None

    def _used_bytes(self, slot: _Slot) -> int:
        """Without what the driver keeps for itself, where it tells the two apart (510 and newer)."""
        nvml: Any = self.nvml
        try:
            with contextlib.suppress(nvml.NVMLError, AttributeError):
                return int(nvml.nvmlDeviceGetMemoryInfo(slot.handle, getattr(nvml, _MEMORY_V2)).used)
            return int(nvml.nvmlDeviceGetMemoryInfo(slot.handle).used)
        except nvml.NVMLError as error:
            slot.busy_since = slot.busy_since or time.time()
            raise GpuUnavailableError(f"GPU {slot.gpu.index} ({slot.gpu.name}): NVML: {error}") from error

    def _grant(self, gpu: Gpu) -> GpuGrant:
        # The driver's folders are nvidia and, once used, nvidia-uvm; without them it is no such machine.
        driver = sorted(path.name for path in (self.host.proc / "driver").glob("nvidia*"))
        return GpuGrant(
            nodes=tuple(str(node) for node in (gpu.node, *(self.host.dev / name for name in _SHARED_NODES))),
            environment={
                "CUDA_VISIBLE_DEVICES": gpu.uuid,
                # A jail has nothing to keep compiled kernels for, and cannot lock files.
                "CUDA_CACHE_DISABLE": "1",
            },
            proc=(*_PROC_FILES, *(f"driver/{name}" for name in driver)) if driver else (),
            sys=tuple(str(self.host.sys / name) for name in _SYS_FOLDERS if (self.host.sys / name).is_dir()),
            names_threads=names_threads(self.driver),
            facts={"name": gpu.name, "uuid": gpu.uuid, "driver": self.driver},
        )

    def facts(self) -> dict[str, Any]:
        """For the runner's status: what there is, and why there is not more."""
        found = [
            {
                "index": slot.gpu.index, "name": slot.gpu.name, "uuid": slot.gpu.uuid,
                "memory_bytes": slot.gpu.memory_bytes, "driver": self.driver, "busy_since": slot.busy_since,
            }
            for slot in self._slots
        ]  # fmt: skip
        return {"found": found, "reasons": list(self.reasons)}
