"""Does a framework see the one GPU that its jail is given? Asked before any student has to find out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from worker.sandbox import client

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "GPUTEST "
# A submission. One small sum on the device: to be listed is not yet to work.
_PROBE = f"""
import json, sys

def seen():
    if "torch" in sys.modules:
        import torch
        assert torch.ones(8, device="cuda").sum().item() == 8
        return torch.cuda.device_count()
    import tensorflow as tf
    found = tf.config.list_physical_devices("GPU")
    with tf.device("/GPU:0"):
        assert not found or float(tf.reduce_sum(tf.ones(8))) == 8
    return len(found)

def train(lab):
    try:
        said = {{"seen": seen()}}
    except BaseException as error:
        said = {{"error": f"{{type(error).__name__}}: {{error}}"[:300]}}
    print("{_MARK}" + json.dumps(said))
    return lambda x: x[:, : lab.n_classes]
"""
# CUDA maps gigabytes before the first sum.
_LIMITS = {
    "wall_time_s": 120.0, "evaluation_time_s": 10.0, "memory_bytes": 8 * 1024**3, "processes": 256,
    "output_bytes": 1024**2, "scratch_bytes": 64 * 1024**2, "threads": 1,
}  # fmt: skip


def fault(socket_path: Path, framework: str) -> str:
    """Why student code of this framework could not use a GPU here; empty when it can."""
    rows = np.zeros((6, 4), np.float32)
    sealed = client.Sealed("probe", rows)
    job = client.Job(
        framework=framework, source=_PROBE.encode(), train_x=sealed, curve_x=sealed, limits=_LIMITS,
        train_y=client.Sealed("probe", np.zeros(6, np.int64)), device="gpu",
        lab={"n_classes": 3, "input_shape": [4], "class_names": ["a", "b", "c"],
             "feature_names": ["1", "2", "3", "4"], "seed": 1, "device": "cuda"},
    )  # fmt: skip
    try:
        outcome = client.run(socket_path, job, lambda: sealed, self_test=True)
    except client.SandboxUnavailableError as error:
        return str(error)
    lines = [line for line in outcome.log.decode().splitlines() if line.startswith(_MARK)]
    if not lines:
        ended = outcome.ended
        return str(ended.get("error") or outcome.failure or ended)
    said = json.loads(lines[0].removeprefix(_MARK))
    if "error" in said:
        return str(said["error"])
    return "" if said["seen"] == 1 else f"sees {said['seen']} GPUs in a jail that is given one"
