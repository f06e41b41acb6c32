"""One warm process per framework: imports it once, then forks a fresh jail for each job."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
from functools import partial
from typing import Any, NoReturn

from worker.harness import warm
from worker.harness.run import serve_one_job
from worker.sandbox import jail, protocol, syscall_filter
from worker.sandbox.forking import preload, serve_forks
from worker.sandbox.gpu_grant import GpuGrant
from worker.sandbox.protocol import Kind
from worker.sandbox.tree import Tree, plan_tree


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
    child = partial(_child, family, tree, programs)
    serve_forks(control, child, ready={"ready": family, "seconds": time.monotonic() - started})


def _child(
    family: str, tree: Tree, programs: dict[bool, bytes], asked: dict[str, Any], descriptors: dict[str, int]
) -> NoReturn:
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
