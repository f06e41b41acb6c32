"""Measures the example submissions bare (no sandbox) over seeds and splits: the labs' thresholds rest on it.

    python -m benchmarks.measure_references [--lab SLUG] [--seeds N] [--write]

One seed of a lab is one whole run as it is graded: all repeats, pooled. `--write` replaces the table in
examples/REFERENCE_RESULTS.md; without it the table is only printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from graders.labs import LABS
from worker.datasets.registry import DATASETS
from worker.datasets.splits import draw

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "examples" / "REFERENCE_RESULTS.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
BATCH_ROWS = 4096
SECRET = b"benchmarks/measure_references"


@dataclass(kw_only=True)
class StandInLab:
    """What `train(lab)` sees, without the harness: `epoch` only counts."""

    train_x: Any
    train_y: Any
    n_classes: int
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    seed: int
    device: str = "cpu"
    epochs: list[float] = field(default_factory=list)

    def epoch(self, _model: Any) -> None:
        self.epochs.append(time.monotonic())


def apply_seed(seed: int, source: str) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the global state is what students use)
    if "torch" in source or "lightning" in source:
        import torch  # noqa: PLC0415 (seconds, for those that use it)

        torch.set_num_threads(1)
        torch.manual_seed(seed)
    if "tensorflow" in source or "keras" in source:
        import keras  # noqa: PLC0415 (seconds, for those that use it)

        keras.utils.set_random_seed(seed)


def predict(model: Any, x: Any) -> Any:
    batches = [x[start : start + BATCH_ROWS] for start in range(0, len(x), BATCH_ROWS)]
    if "torch" in sys.modules and isinstance(model, sys.modules["torch"].nn.Module):
        torch = sys.modules["torch"]
        model.eval()
        with torch.no_grad():
            return np.concatenate([model(torch.from_numpy(batch)).numpy() for batch in batches])
    return np.concatenate([np.asarray(model(batch)) for batch in batches])


def measure(lab_slug: str, example: str, seed: int) -> dict[str, float]:
    """One graded run: wrong rows of each part, summed over the repeats, and the seconds of training."""
    spec = LABS[lab_slug]
    dataset = DATASETS[spec.dataset](ROOT / "var")
    path = ROOT / "examples" / lab_slug / example / "submission.py"
    module_spec = importlib.util.spec_from_file_location("submission", path)
    assert module_spec is not None
    assert module_spec.loader is not None
    wrong = dict.fromkeys(("train", "validation", "test"), 0)
    rows = dict.fromkeys(wrong, 0)
    times: list[float] = []
    for repeat in range(spec.repeats):
        split = draw(dataset, spec, secret_seed=SECRET + str(seed).encode(), repeat=repeat)
        apply_seed(1000 * seed + repeat, path.read_text())
        module = importlib.util.module_from_spec(module_spec)
        module_spec.loader.exec_module(module)
        lab = StandInLab(
            train_x=split.train_x,
            train_y=split.train_y,
            n_classes=split.n_classes,
            input_shape=split.input_shape,
            class_names=split.class_names,
            feature_names=split.feature_names,
            seed=1000 * seed + repeat,
        )
        started = time.monotonic()
        model = module.train(lab)
        times.append(time.monotonic() - started)
        for part in wrong:
            x, y = getattr(split, f"{part}_x"), getattr(split, f"{part}_y")
            if part == "train":
                x, y = x[: spec.evaluated_train_rows], y[: spec.evaluated_train_rows]
            wrong[part] += int((predict(model, x).argmax(axis=1) != y).sum())
            rows[part] += len(y)
    errors = {f"{part}_error": wrong[part] / rows[part] for part in wrong}
    return {**errors, "gap": errors["validation_error"] - errors["train_error"], "train_s": max(times)}


def examples_of(lab_slug: str) -> list[str]:
    """Those that give a model; the ones that crash or never end have nothing to measure."""
    paths = sorted((ROOT / "examples" / lab_slug).glob("*/expected.toml"))
    return [path.parent.name for path in paths if tomllib.loads(path.read_text())["state"] == "graded"]


def in_a_process_of_its_own(lab_slug: str, example: str, seed: int) -> dict[str, float]:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
    }
    command = [sys.executable, "-m", "benchmarks.measure_references", "--one", lab_slug, example, str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"{lab_slug}/{example}: {done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def row(lab_slug: str, example: str, runs: list[dict[str, float]]) -> str:
    def span(name: str) -> str:
        values = [run[name] for run in runs]
        return f"{sum(values) / len(values):.4f} ({min(values):.4f} to {max(values):.4f})"

    accuracies = [1 - run["test_error"] for run in runs]
    accuracy = f"{sum(accuracies) / len(accuracies):.4f} ({min(accuracies):.4f} to {max(accuracies):.4f})"
    cells = [lab_slug, example, str(len(runs)), accuracy, span("train_error"), span("validation_error")]
    return " | ".join(["", *cells, span("gap"), f"{max(run['train_s'] for run in runs):.2f}", ""]).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the example submissions.")
    parser.add_argument("--lab", action="append", choices=sorted(LABS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        lab_slug, example, seed = arguments.one
        print("\n" + json.dumps(measure(lab_slug, example, int(seed))))
        return
    lines = [
        "| lab | example | runs | test accuracy | training error | validation error | gap | training, s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for lab_slug in arguments.lab or sorted(LABS):
        for example in examples_of(lab_slug):
            runs = [in_a_process_of_its_own(lab_slug, example, seed) for seed in range(arguments.seeds)]
            lines.append(row(lab_slug, example, runs))
            print(lines[-1], flush=True)
    if arguments.write:
        before, rest = RESULTS.read_text().split(BEGIN)
        RESULTS.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
