"""How each part of the service is started: the same in one container each as under one supervisor."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, Literal

from store.queue import QUEUES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Device = Literal["cpu", "gpu"]

# SIGTERM lets a worker's runs end for `worker_soft_shutdown_timeout`, then hands them back.
WORKER_ENVIRONMENT: Final = {"REMAP_SIGTERM": "SIGQUIT", "OMP_NUM_THREADS": "1"}
# The runner is given no address and no credential of the service.
_RUNNER_KEEPS = (
    *("PATH", "LABMARK_LOG_FORMAT"),
    *("GPU_MEMORY_IN_USE_MIB", "RUNNER_FIRST_UID", "SANDBOX_ACCEPT_MISSING"),
)


def api() -> list[str]:
    return [sys.executable, "-m", "api"]


def beat() -> list[str]:
    return [sys.executable, "-m", "store.beat"]


def worker(*, concurrency: int, devices: Sequence[Device] = ("cpu",)) -> list[str]:
    """Without Celery's own heartbeat, which nobody listens to (store.presence says who is there): when the
    broker is gone it is tried for ever, and a worker that is told to stop then waits for it for ever.
    """
    queues = ",".join(QUEUES[device] for device in devices)
    return [
        *(sys.executable, "-m", "celery", "-A", "worker.celery_app", "worker", "--loglevel", "WARNING"),
        *("--concurrency", str(concurrency), "-Q", queues),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def runner(*, socket: Path, slots: int) -> list[str]:
    return [sys.executable, "-m", "worker.sandbox.runner", str(socket), str(slots)]


def runner_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _RUNNER_KEEPS if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **kept}
