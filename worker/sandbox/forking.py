"""What every warm process does: import once, then fork a child for each frame.

Rules: imports only (any TensorFlow operation here would start threads, and every child would hang), exactly
one thread before each fork, no CUDA, the garbage collector frozen so that children do not copy its pages.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from worker.harness import warm
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    # Of what was asked, and the descriptors by name.
    Child = Callable[[dict[str, Any], dict[str, int]], NoReturn]

# Descriptors of a new child, in this order.
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


def serve_forks(control: socket.socket, child: Child, *, ready: dict[str, Any]) -> NoReturn:
    """Report `ready`, then fork a `child` for every frame until the runner closes the socket."""
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wardens report through their pipe; nobody waits for them
    protocol.send(control, Kind.STATUS, {**ready, "threads": thread_count()})
    while True:
        frame = protocol.receive(control, accept_descriptors=True)
        if frame is None:
            os._exit(0)
        descriptors = dict(zip(JAIL_DESCRIPTORS, frame.descriptors, strict=True))
        threads = thread_count()
        pid = os.fork() if threads == 1 else -1
        if pid == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            child(frame.json(), descriptors)
        for descriptor in frame.descriptors:
            os.close(descriptor)
        if pid < 0:  # a second thread would leave its locks held for ever in the child
            protocol.send(control, Kind.REFUSED, {"error": f"the zygote has {threads} threads"})
            os._exit(75)
        protocol.send(control, Kind.STARTED, {"pid": pid})
