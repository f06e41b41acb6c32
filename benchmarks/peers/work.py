"""What is handed in everywhere, and what the peers ask of it: a training, and accuracy on the test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.bare import MNIST
from benchmarks.common import IRIS, LAB_LINES, ROOT, SUBMISSION, rows_on_disk

if TYPE_CHECKING:
    from pathlib import Path

    from graders.spec import AssignmentSpec

POINTS = 40


@dataclass(frozen=True)
class Work:
    """`submission` is the same file everywhere. A peer gives it full marks from `least_accuracy` on."""

    name: str
    spec: AssignmentSpec
    submission: Path
    least_accuracy: float

    def lab_lines(self) -> str:
        """Python that makes `lab` from a folder of arrays: the quickest way to read them, for all alike."""
        return f'{LAB_LINES}\n\nROWS = "{rows_on_disk(self.spec)}"\nlab = load_lab(ROWS)\n'

    def judge_lines(self) -> str:
        """Python that trains with `train` and `lab`, and fails where the test rows are not recognised.

        Less than what Labmark asks, which also predicts the other parts, the curve and probes.
        """
        return (
            "import torch\n\n"
            "model = train(lab)\n"
            "model.eval()\n"
            "with torch.no_grad():\n"
            '    predicted = model(torch.from_numpy(np.load(ROWS + "/test_x.npy"))).argmax(1).numpy()\n'
            'accuracy = float((predicted == np.load(ROWS + "/test_y.npy")).mean())\n'
            f"assert accuracy >= {self.least_accuracy}, accuracy\n"
        )


IRIS_WORK = Work("iris", IRIS, SUBMISSION, 0.6)
MNIST_WORK = Work(
    "mnist", MNIST, ROOT / "examples" / "mnist-multi-layer" / "pytorch" / "submission.py", 0.9
)
WORKS = (IRIS_WORK, MNIST_WORK)
