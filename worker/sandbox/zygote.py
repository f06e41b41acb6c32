"""One warm process per framework: imports it once, then forks a fresh jail for each job.

Rules: imports only (any TensorFlow operation here would start threads, and every child would hang), exactly
one thread before each fork, no CUDA, the garbage collector frozen so that children do not copy its pages.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
from typing import Any, NoReturn

from worker.harness import warm
from worker.harness.run import serve_one_job
from worker.sandbox import jail, protocol, syscall_filter
from worker.sandbox.gpu_grant import GpuGrant
from worker.sandbox.protocol import Kind
from worker.sandbox.tree import Tree, plan_tree

# Descriptors of a new jail, in this order.
JAIL_DESCRIPTORS = ("jail", "stdout", "status", "lifeline")


def thread_count() -> int:
    return len(os.listdir("/proc/self/task"))


def preload(family: str) -> None:
    """Import the framework, then whatever a first training step in a throw-away child pulls in besides."""
    for name in warm.FAMILIES[family]:
        importlib.import_module(name)
    if family == "torch":
        # Found out here and inherited: a jail hides /proc/cpuinfo, and PyTorch would fall back to kernels
        # without vector instructions there, at half the speed.
        sys.modules["torch"].backends.cpu.get_cpu_capability()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        before = set(sys.modules)
        try:
            warm.first_step(family)
        finally:
            added = sorted(set(sys.modules) - before)
            os.write(writer, json.dumps(added).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        added = json.loads(stream.read() or b"[]")
    os.waitpid(child, 0)
    for name in added:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except Exception:  # noqa: BLE001, S112 - a module that only exists at run time is no loss
                continue


def serve(control: socket.socket, family: str, staged: dict[str, str]) -> NoReturn:
    """Import, report ready, then fork a jail for every frame until the runner closes the socket."""
    started = time.monotonic()
    try:
        preload(family)
        tree = plan_tree(staged=staged)
        programs = {counted: syscall_filter.compile_filter(counted=counted) for counted in (True, False)}
    except Exception as error:
        protocol.send(control, Kind.REFUSED, {"error": f"{type(error).__name__}: {error}"[:500]})
        raise
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens report through their pipe; nobody waits for them
    ready = {"ready": family, "seconds": time.monotonic() - started, "threads": thread_count()}
    protocol.send(control, Kind.STATUS, ready)
    while True:
        frame = protocol.receive(control, accept_descriptors=True)
        if frame is None:
            os._exit(0)
        descriptors = dict(zip(JAIL_DESCRIPTORS, frame.descriptors, strict=True))
        threads = thread_count()
        pid = os.fork() if threads == 1 else -1
        if pid == 0:
            control.close()
            _child(family, frame.json(), descriptors, tree, programs)
        for descriptor in frame.descriptors:
            os.close(descriptor)
        if pid < 0:  # a second thread would leave its locks held for ever in the child
            protocol.send(control, Kind.REFUSED, {"error": f"the zygote has {threads} threads"})
            os._exit(75)
        protocol.send(control, Kind.STARTED, {"pid": pid})


def _child(
    family: str, asked: dict[str, Any], descriptors: dict[str, int], tree: Tree, programs: dict[bool, bytes]
) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(dict.fromkeys(warm.HOME_VARIABLES, jail.SCRATCH))
    tempfile.tempdir = None  # remembered from the imports, and not there in the jail
    os.dup2(descriptors["stdout"], 1)
    os.dup2(descriptors["stdout"], 2)
    limits, gpu = asked["limits"], GpuGrant.from_json(asked.get("gpu"))
    program = programs[bool(asked["join_files"])]
    if gpu is not None:
        # Before anything calls CUDA, which looks once. The other filter is compiled here: few jails need it.
        os.environ.update(gpu.environment)
        program = syscall_filter.compile_filter(gpu=True, counted=bool(asked["join_files"]))
    cage = jail.Cage(
        uid=asked["uid"],
        join_files=tuple(asked["join_files"]),
        memory_bytes=int(limits["memory_bytes"]),
        # CUDA reserves address space for all memory of the machine and of the GPU.
        limit_address_space=not asked["join_files"] and gpu is None,
        processes=int(limits["processes"]),
        cpu_s=int((limits["wall_time_s"] + limits["evaluation_time_s"]) * limits["threads"] * 2) + 5,
        scratch_bytes=int(limits["scratch_bytes"]),
        keep=(descriptors["jail"],),
        status_fd=descriptors["status"],
        lifeline_fd=descriptors["lifeline"],
        tree=tree,
        seccomp_program=program,
        gpu=gpu,
    )
    first_step = family if asked["warm"] else None
    threads = int(limits["threads"])
    jail.imprison(cage, lambda: serve_one_job(descriptors["jail"], threads=threads, first_step=first_step))


def main() -> None:
    family, control_fd, staged = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    os.environ.update(warm.ENVIRONMENT)
    serve(socket.socket(fileno=control_fd), family, staged)


if __name__ == "__main__":
    main()
