"""Attack every layer from inside a real jail, before any student does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from worker.sandbox import client

_PROBE = Path(__file__).with_name("selftest_probe.py")

# The layers, from the outermost in, and what an operator can do about one that is missing.
REMEDIES = {
    "cgroup": (
        "run as root, or give the runner a writable control group; without one, memory is counted 20 times a "
        "second and processes by user id"
    ),
    "own_uid": "run as root or grant CAP_SETUID and CAP_SETGID: jails then get a user id of their own",
    "user_id": "see namespaces",
    "namespaces": (
        "allow unprivileged user namespaces (sysctl user.max_user_namespaces, seccomp=deploy/seccomp.json)"
    ),
    "processes": "see namespaces; a fresh /proc needs systempaths=unconfined in a container",
    "host_name": "allow sethostname (seccomp=deploy/seccomp.json)",
    "mounts": "allow mount in a user namespace (AppArmor, seccomp profile, systempaths=unconfined)",
    "scratch": "see mounts",
    "hidden_data": "remove data files of Iris, digits or MNIST from the packages of the runner",
    "descriptors": "report this: a descriptor of the runner reached a jail",
    "limits": "raise the hard limits of the runner's own process (ulimit -H)",
    "capabilities": "report this: capabilities survived",
    "landlock": "use Linux 6.12 or newer with landlock among the enabled security modules (lsm=landlock,...)",
    "seccomp": "install libseccomp2 and use a kernel with CONFIG_SECCOMP_FILTER",
    "network": "see seccomp and namespaces",
    "environment": "report this: the zygote's environment is not clean",
}
# What each keeps student code from.
STOPS = {
    "cgroup": "using more memory, processes or processor time than its limits",
    "own_uid": "reaching processes and files of another job",
    "user_id": "becoming another user",
    "namespaces": "seeing the host's users, mounts, network, IPC and groups",
    "processes": "seeing or signalling any process but its own",
    "host_name": "learning where it runs",
    "mounts": "reading the host's files, changing what the next job reads",
    "scratch": "filling a disk, running what it has written",
    "hidden_data": "reading a copy of a lab's labels",
    "descriptors": "using what the runner had open",
    "limits": "writing core files, exhausting descriptors",
    "capabilities": "gaining privileges",
    "landlock": "reaching files, ports and processes, should a mount be wrong",
    "seccomp": "calling the kernel for what no training needs",
    "network": "talking to anybody",
    "environment": "reading settings and secrets of the service",
}
_NAMESPACES = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
# A jail that ran in its group has used more than this there.
_LEAST_COUNTED_BYTES = 1024**2
_LIMITS = {
    "wall_time_s": 20.0, "evaluation_time_s": 10.0, "memory_bytes": 1024**3, "processes": 64,
    "output_bytes": 1024**2, "scratch_bytes": 1024**2, "threads": 1,
}  # fmt: skip


@dataclass(frozen=True)
class LayerCheck:
    layer: str
    present: bool
    remedy: str


class LayerError(client.SandboxUnavailableError):
    """A layer that the kernel does not let a jail put on: no student code ever ran."""

    def __init__(self, layer: str, error: str) -> None:
        super().__init__(f"no jail stands up: its {layer} cannot be put on: {error}")
        self.layer, self.error = layer, error


def check(socket_path: Path, status: dict[str, Any], framework: str) -> list[LayerCheck]:
    """One row a layer. Raises client.SandboxUnavailableError when no jail stands up at all."""
    rows = np.zeros((6, 4), np.float32)
    sealed = client.Sealed("probe", rows)
    job = client.Job(
        framework=framework, source=_PROBE.read_bytes(), train_x=sealed,
        train_y=client.Sealed("probe", np.zeros(6, np.int64)), curve_x=sealed, limits=_LIMITS,
        lab={"n_classes": 3, "input_shape": [4], "class_names": ["a", "b", "c"],
             "feature_names": ["1", "2", "3", "4"], "seed": 1, "device": "cpu"},
    )  # fmt: skip
    outcome = client.run(socket_path, job, lambda: sealed, self_test=True)
    lines = [line for line in outcome.log.decode().splitlines() if line.startswith("SELFTEST ")]
    if not lines:
        layer = outcome.ended.get("layer")
        if layer is not None:
            raise LayerError(str(layer), str(outcome.ended.get("error", "")))
        told = f"{outcome.ended} {outcome.failure}"
        raise client.SandboxUnavailableError(f"the self-test's jail said nothing: {told}")
    found = _judged(json.loads(lines[0][9:]), status, outcome.ended)
    return [LayerCheck(layer, bool(found[layer]), remedy) for layer, remedy in REMEDIES.items()]


def _judged(said: dict[str, Any], status: dict[str, Any], ended: dict[str, Any]) -> dict[str, Any]:
    """What the probe cannot know: what the runner has, and what was counted around the jail."""
    counted = ended.get("group_memory_bytes", 0)
    return {
        **said,
        "cgroup": status["cgroup_version"] > 0 and counted > _LEAST_COUNTED_BYTES,
        "own_uid": said["outer_uid"] in range(*status["uids"]),
        "namespaces": all(said["namespaces"][kind] != status["namespaces"][kind] for kind in _NAMESPACES),
    }


def own_namespaces() -> dict[str, str]:
    """Of this process: a jail's must all be others."""
    return {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in _NAMESPACES}


def _named() -> set[str]:
    return {name.strip() for name in os.environ.get("SANDBOX_ACCEPT_MISSING", "").split(",")}


def missing(checks: list[LayerCheck]) -> dict[str, str]:
    """Layers that are absent and that the operator has not accepted by name in SANDBOX_ACCEPT_MISSING."""
    return {c.layer: c.remedy for c in checks if not c.present and c.layer not in _named()}


def accepted(checks: list[LayerCheck]) -> list[str]:
    """Layers that are absent and accepted by name."""
    return [c.layer for c in checks if not c.present and c.layer in _named()]


def table(checks: list[LayerCheck], accepted: list[str]) -> str:
    """One line a layer; below one that is missing, what to do."""
    lines = []
    for check in checks:
        lines.append(f"  {'ok' if check.present else 'MISSING':<8}{check.layer:<14}{STOPS[check.layer]}")
        if not check.present:
            told = "accepted by SANDBOX_ACCEPT_MISSING; " if check.layer in accepted else ""
            lines.append(f"          -> {told}{check.remedy}")
    return "\n".join(lines)


def verdict(checks: list[LayerCheck], accepted: list[str]) -> str:
    """What the runner does about it, in a sentence."""
    absent = [check.layer for check in checks if not check.present]
    refused = [layer for layer in absent if layer not in accepted]
    if not absent:
        return f"All {len(checks)} layers hold."
    if not refused:
        return f"Jobs are taken without {', '.join(absent)}, as SANDBOX_ACCEPT_MISSING says."
    return (
        f"The runner refuses every job: {', '.join(refused)} missing. Who takes that risk names it to the "
        f"runner: SANDBOX_ACCEPT_MISSING={','.join(absent)}"
    )
