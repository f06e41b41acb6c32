"""The training of the MNIST references alone: in a process that has the framework loaded, without a jail.

    python -m benchmarks.bare {torch,tensorflow}

Answers each line on stdin with the seconds of one training, until stdin ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import IO, Any

from benchmarks.common import ROOT, bench_folder, one_thread, split_of
from graders.labs import LABS
from worker.harness.lab import bound_threads, seed_everything
from worker.sandbox.forking import preload

MNIST = LABS["mnist-multi-layer"].model_copy(update={"slug": "bench-mnist"})

# The lab's own reference solutions, 784-128-10 and four epochs, in both systems.
SOURCES = {
    "torch": (ROOT / "examples" / "mnist-multi-layer" / "pytorch" / "submission.py").read_text(),
    "tensorflow": (ROOT / "examples" / "mnist-multi-layer" / "keras" / "submission.py").read_text(),
}


@dataclass
class Bare:
    """A process that has imported one framework and forks a child for each training, without a jail."""

    family: str
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.bare", self.family]
        self.process = subprocess.Popen(
            command, env=one_thread(), cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._answer()

    def _answer(self) -> Any:
        """Lines of the frameworks themselves are passed over."""
        for line in _piped(self.process.stdout):
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"the bare {self.family} process ended")

    def train(self) -> dict[str, float]:
        """The seconds of one training, `wall_s` and `cpu_s`."""
        requests = _piped(self.process.stdin)
        requests.write("train\n")
        requests.flush()
        taken: dict[str, float] = self._answer()
        return taken

    def stop(self) -> None:
        _piped(self.process.stdin).close()
        self.process.wait(30)


def _piped(stream: IO[str] | None) -> IO[str]:
    if stream is None:
        raise RuntimeError("the process has no pipe")
    return stream


def serve_bare(family: str) -> None:
    """Import what a zygote imports, then answer each line on stdin with the seconds of one `train(lab)`.

    Each training runs in a fork of this process, as in the service, so that none finds an earlier one's
    traces. `lab.epoch` does nothing here. In the service each epoch also predicts the curve rows (2000 of
    training and 2000 of validation): that work is part of the ratio, on the service's side.
    """
    preload(family)
    split = split_of(MNIST)
    lab = SimpleNamespace(
        train_x=split.train_x, train_y=split.train_y, n_classes=split.n_classes,
        input_shape=split.input_shape, class_names=split.class_names, feature_names=split.feature_names,
        seed=1, device="cpu", epoch=lambda _model: None,
    )  # fmt: skip
    print(json.dumps({"ready": family}), flush=True)
    for _ in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            bound_threads(1)
            seed_everything(lab.seed)
            namespace: dict[str, Any] = {"__name__": "submission"}
            path = bench_folder() / f"bare_{family}.py"  # AutoGraph reads the source from a file
            path.write_text(SOURCES[family])
            exec(compile(SOURCES[family], str(path), "exec"), namespace)
            started, worked = time.perf_counter(), time.process_time()
            namespace["train"](lab)
            taken = {"wall_s": time.perf_counter() - started, "cpu_s": time.process_time() - worked}
            os.write(writer, json.dumps(taken).encode())
            os._exit(0)
        os.close(writer)
        # Answered when the child has gone: giving back its memory takes time that the next one must not lose.
        os.waitpid(child, 0)
        with os.fdopen(reader) as answer:
            print(answer.read(), flush=True)


if __name__ == "__main__":
    serve_bare(sys.argv[1])
