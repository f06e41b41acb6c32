"""A real runner on a machine whose GPUs are fake: `gpu_runner.py SOCKET FOLDER`, with dev/ and proc/ in it.

It has no control group, as in a container: there a jail's memory is limited by its address space.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from fake_gpus import FakeGpu, FakeNvml

from worker.sandbox.devices import Gpus, Host
from worker.sandbox.runner import Runner, listen, serve

UUIDS = ("GPU-1111", "GPU-0000")


def main():
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    nvml = FakeNvml([FakeGpu(minor=1, uuid=UUIDS[0]), FakeGpu(minor=0, uuid=UUIDS[1])], used_in=folder)
    gpus = Gpus(nvml=nvml, host=Host(dev=folder / "dev", proc=folder / "proc"), free_within_s=0.5)
    runner = Runner(slots=2, families=("torch",), name="labmark-gpu-test", gpus=gpus)
    runner.cgroups.version = 0
    os.environ["SANDBOX_ACCEPT_MISSING"] = "cgroup"
    runner.warm_up()
    threading.Thread(target=serve, args=(runner, listen(path)), daemon=True).start()
    runner.self_test(path)
    print("ready", flush=True)
    sys.stdin.read()  # until the test that started it closes this
    runner.stop()


if __name__ == "__main__":
    main()
