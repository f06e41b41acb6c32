"""What a jail with a GPU may do that others may not. The jail is real; the GPU is not (fake_gpus.py)."""

from __future__ import annotations

import dataclasses
import errno
import json
import re
import threading
import time

import pytest
from fake_gpus import GIB, FakeGpu, FakeNvml
from gpu_machine import LIMITS, ROOT
from gpu_runner import UUIDS

from graders.spec import MIB
from worker.sandbox import client, runner, selftest_gpu, zygotes
from worker.sandbox.devices import Gpus, Host


def test_the_nodes_of_one_gpu_are_there_and_no_other(fake):
    look = """
def look(lab):
    names = sorted(name for name in os.listdir("/dev") if name.startswith("nvidia"))
    return [names, {name: outcome(lambda: read(f"/dev/{name}", 3)) for name in names}]
"""
    names, said = fake.found(look)
    # Of NVML's first GPU, which has the minor number 1: it reads like /dev/zero.
    assert names == ["nvidia-uvm", "nvidia-uvm-tools", "nvidia1", "nvidiactl"]
    assert said["nvidia1"] == "\0\0\0"
    assert said["nvidiactl"] == ""
    assert fake.found(look, device="cpu") == [[], {}]


def test_the_node_can_be_mapped_and_written(fake):
    look = """
def look(lab):
    fd = os.open("/dev/nvidia1", os.O_RDWR)
    with mmap.mmap(fd, 4096) as mapped:
        mapped[:4] = b"abcd"
        return [mapped[:4].decode(), os.write(fd, b"x")]
"""
    assert fake.found(look) == ["abcd", 1]


def test_two_jobs_at_once_see_different_gpus(fake):
    look = """
def look(lab):
    import time
    time.sleep(1)
    return [os.environ["CUDA_VISIBLE_DEVICES"], sorted(n for n in os.listdir("/dev") if n[-1].isdigit())]
"""
    said = []
    jobs = [threading.Thread(target=lambda: said.append(fake.found(look))) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(said) == [[UUIDS[1], ["nvidia0"]], [UUIDS[0], ["nvidia1"]]]


def test_ioctl_is_for_jails_with_a_gpu(fake):
    """ENOTTY is the node's own answer: /dev/zero knows no such request."""
    look = "def look(lab):\n    return {n: ioctl(f'/dev/{n}') for n in ('null', 'nvidia1', 'nvidia-uvm') if os.path.exists(f'/dev/{n}')}\n"
    assert fake.found(look) == {"null": "ENOTTY", "nvidia1": "ENOTTY", "nvidia-uvm": "ENOTTY"}
    assert fake.found(look, device="cpu") == {"null": "EPERM"}


def test_memory_without_a_name_is_for_cuda(fake):
    """Without it CUDA fails with error 304; it is memory that a control group counts, and nothing else does."""
    look = "def look(lab):\n    return type(outcome(lambda: os.memfd_create('x'))).__name__\n"
    assert fake.found(look) == "int"
    assert fake.found(look, device="cpu") == "str"


def test_the_framework_is_told_of_the_gpu_before_student_code(fake):
    look = 'def look(lab):\n    return [lab.device, os.environ["CUDA_VISIBLE_DEVICES"]]\n'
    assert fake.found(look) == ["cuda", UUIDS[0]]
    assert fake.found(look, device="cpu") == ["cpu", ""]


def test_threads_may_be_named(fake):
    """As driver 570 does; what else of /proc may be written is the process's own."""
    look = """
def look(lab):
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    comm = f"/proc/self/task/{other.native_id}/comm"
    def name_in_a_child():
        child = os.fork()
        if child == 0:
            os._exit(0 if outcome(lambda: write(f"/proc/{os.getpid()}/comm", "inner")) == "written" else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    libc = ctypes.CDLL(None)
    try:
        return [libc.pthread_setname_np(ctypes.c_ulong(other.ident), b"cuda00001400006"), outcome(lambda: write(comm, "cuda-EvtHandlr")), read(comm), name_in_a_child(),
                outcome(lambda: os.mkdir("/proc/self/task/new")), outcome(lambda: write("/proc/new", ""))]
    finally:
        stop.set()
"""
    by_libc, written, name, child, made, new = fake.found(look)
    assert by_libc == 0
    assert (written, name, child) == ("written", "cuda-EvtHandlr\n", 0)
    assert made in ("EACCES", "ENOENT")
    assert new in ("EACCES", "ENOENT")
    by_libc, refused, _, child, _, _ = fake.found(look, device="cpu")
    assert by_libc == errno.EACCES
    assert (refused, child) == ("EACCES", 1)


def test_of_proc_only_what_the_driver_needs_is_shown(fake):
    look = """
def look(lab):
    texts = {}
    for folder, _, names in os.walk("/proc"):
        if folder.split("/")[2:3] and (folder.split("/")[2].isdigit() or folder.split("/")[2] in ("self", "thread-self")):
            continue
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.islink(path):
                texts[path] = outcome(lambda: read(path))
    return [sorted(p for p, t in texts.items() if t not in ("", "EACCES", "EPERM")), os.path.isdir("/proc/driver")]
"""
    shown, driver = fake.found(look)
    assert {path.split("/")[2] for path in shown} <= {"cpuinfo", "devices", "filesystems", "meminfo", "stat", "sys"}
    assert {path.rpartition("/")[0] for path in shown if "/sys/" in path} <= {"/proc/sys/vm"}
    assert "/proc/cpuinfo" in shown
    assert driver
    assert fake.found(look, device="cpu") == [[], False]


def test_sys_can_be_read_and_not_written(fake):
    look = """
def look(lab):
    return [outcome(lambda: read("/sys/devices/system/cpu/possible")), outcome(lambda: sorted(os.listdir("/sys/bus"))),
            outcome(lambda: os.listdir("/sys/fs")), outcome(lambda: write("/sys/devices/system/cpu/possible", "0")),
            outcome(lambda: os.chmod("/sys/devices/system/cpu/possible", 0o777))]
"""
    possible, bus, fs, written, changed = fake.found(look)
    assert possible[0] == "0"
    assert bus in (["pci"], "EACCES")
    assert fs == "ENOENT"
    assert written in ("EACCES", "EROFS")
    assert changed in ("EPERM", "EROFS")
    assert fake.found(look, device="cpu")[0] == "ENOENT"


def test_address_space_is_not_limited_where_cuda_reserves_it(fake):
    look = "def look(lab):\n    return resource.getrlimit(resource.RLIMIT_AS)[0]\n"
    assert fake.found(look) == -1
    assert fake.found(look, device="cpu") == LIMITS.memory_bytes + 4 * GIB


def test_every_other_layer_holds_in_a_jail_with_a_gpu(fake):
    """The self-test's own probe, as a job with a GPU. What it finds to be otherwise is what is granted."""
    probe = (ROOT / "worker" / "sandbox" / "selftest_probe.py").read_text()
    nodes = ", ".join(f'"/dev/{name}"' for name in ("nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"))
    probe += f"\nDEVICES |= {{{nodes}}}\n"
    probe += "for granted in ('memfd_create', 'sched_setaffinity', 'membarrier'):\n    del FILTERED[granted]\n"
    outcome = fake.run(probe, limits=LIMITS.model_copy(update={"scratch_bytes": MIB}))
    (line,) = [line for line in outcome.log.decode().splitlines() if line.startswith("SELFTEST ")]
    found = json.loads(line.removeprefix("SELFTEST "))
    assert [layer for layer, holds in found.items() if not holds] == []


def test_no_socket_comes_with_the_gpu(fake):
    look = """
def look(lab):
    return [outcome(lambda: socket.socket(kind).close()) for kind in (socket.AF_INET, socket.AF_UNIX, socket.AF_NETLINK)]
"""
    assert fake.found(look) == ["EPERM"] * 3


def test_no_spare_jail_holds_a_gpu(fake):
    """A spare would keep its GPU from everybody: none is made after a job with one, and none serves one."""
    limits = LIMITS.model_copy(update={"scratch_bytes": 33 * MIB})
    look = "def look(lab):\n    return os.environ['CUDA_VISIBLE_DEVICES']\n"
    before = client.status(fake.socket_path)["spares"]
    fake.found(look, limits=limits)
    time.sleep(0.5)
    assert client.status(fake.socket_path)["spares"] == before
    fake.found(look, device="cpu", limits=limits)
    deadline = time.monotonic() + 20
    while client.status(fake.socket_path)["spares"] == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    standing = client.status(fake.socket_path)["spares"]
    assert fake.found(look, limits=limits) == UUIDS[0]
    assert client.status(fake.socket_path)["spares"] == standing


def test_the_runner_says_which_gpu_it_was_and_what_it_has(fake):
    outcome = fake.run("def look(lab):\n    return 1\n")
    assert outcome.ended["gpu"] == {"name": "Fake A100", "uuid": UUIDS[0], "driver": "570.86.15"}
    assert fake.run("def look(lab):\n    return 1\n", device="cpu").ended["gpu"] is None
    status = client.status(fake.socket_path)
    assert [gpu["uuid"] for gpu in status["gpus"]["found"]] == list(UUIDS)
    assert status["slots"] == 2


def test_a_job_is_refused_while_somebody_else_uses_every_gpu(fake):
    for index in range(2):
        fake.use(index, 5 * GIB)
    try:
        with pytest.raises(client.SandboxUnavailableError, match=r"5120 of its 40960 MiB"):
            fake.run("def look(lab):\n    return 1\n")
    finally:
        for index in range(2):
            fake.use(index, 0)
    assert fake.run("def look(lab):\n    return 1\n").ended["ended"] == "completed"


def test_a_gpu_that_no_framework_can_use_is_told_as_the_framework_says_it(fake):
    """These GPUs are none, and PyTorch notices."""
    told = selftest_gpu.fault(fake.socket_path, "pytorch")
    assert re.search("CUDA|NVIDIA", told), told


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        ('print("GPUTEST {\\"seen\\": 1}")', ""),
        ('print("GPUTEST {\\"seen\\": 2}")', "sees 2 GPUs in a jail that is given one"),
        ("raise ValueError(1)", "raised"),
    ],
)
def test_one_gpu_and_no_other_must_be_seen(fake, monkeypatch, probe, told):
    source = f"def train(lab):\n    {probe}\n    return lambda x: x[:, :3]\n"
    monkeypatch.setattr(selftest_gpu, "_PROBE", source)
    found = selftest_gpu.fault(fake.socket_path, "pytorch")
    assert found == told or told in found.split("'")


def test_gpus_are_withheld_where_a_framework_cannot_use_them(fake, monkeypatch):
    monkeypatch.setattr(zygotes, "stage_tree", dict)
    faults = {"lightning": "", "keras": "sees 0 GPUs in a jail that is given one"}
    monkeypatch.setattr(selftest_gpu, "fault", lambda _path, framework: faults[framework])
    pool = Gpus(nvml=FakeNvml([FakeGpu(minor=0, uuid="GPU-0")]), host=Host(dev=fake.folder / "dev"))
    fresh = runner.Runner(slots=1, families=(), name="labmark-test", gpus=pool)
    fresh._zygotes.families = ("torch", "tensorflow")
    fresh.test_gpus(fake.socket_path)
    assert fresh.status()["gpus"] == {"found": [], "reasons": ["keras: sees 0 GPUs in a jail that is given one"]}
    fresh.stop()


def test_a_runner_without_a_gpu_refuses_and_says_why(jail):
    job = dataclasses.replace(jail.job("def train(lab): return 1"), device="gpu")
    with pytest.raises(client.SandboxUnavailableError, match="this runner has no GPU: nvidia-ml-py is not installed"):
        client.run(jail.socket_path, job, lambda: client.Sealed("e", jail.x))
