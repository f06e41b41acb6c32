"""Control runs in the real jail: cheats that ignore the labels are flagged, honest solutions never.

LABMARK_CONTROL_TRIALS says how many honest control runs are made in all (make test-controls: 200); each has a
submission, seed and split of its own.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cheats
import pytest

from graders.controls import control_figures
from graders.integrity import judge_controls
from graders.labs import LABS
from store.repository import Job
from worker.material import Materials
from worker.sandbox.pool import Pool
from worker.training import Training

ROOT = Path(__file__).resolve().parents[2]
TRIALS = int(os.environ.get("LABMARK_CONTROL_TRIALS", "8"))
FRAMEWORKS = ("pytorch", "lightning", "tensorflow", "keras")


@pytest.fixture(scope="module")
def control(runner_socket):
    materials = Materials(ROOT / "var")

    def run(source, *, lab="iris-single-layer", name="cheat"):
        job = Job(
            run_id="", kind="control", submission_id=name, assignment_id="", source=source, filename="lab.py",
            source_kind="py", spec=LABS[lab], spec_version=1, secret_seed=f"controls/{name}".encode(),
        )  # fmt: skip
        training = Training(
            job=job, attempt=1, materials=materials, runner=Pool(runner_socket),
            side_by_side=2, provenance={},
        )  # fmt: skip
        return tuple(map(control_figures, training.controls().controls))

    return run


def codes(figures):
    return [message.code for message in judge_controls(figures)]


@pytest.mark.parametrize("cheat", [cheats.label_table, cheats.embedded_weights, cheats.pretended_training])
def test_what_ignores_its_labels_is_flagged_with_the_figures(control, cheat):
    figures = control(cheat())
    assert codes(figures) == ["integrity.ignores_labels", "integrity.learnt_from_shuffled"]
    told = judge_controls(figures)[0].parameters
    assert told["original"] > 0.9
    assert told["permuted"] < 0.1
    assert told["rows"] == 60


def test_a_table_mapped_through_the_labels_is_what_a_control_run_cannot_see(control):
    """Documented as such in docs/grading.md: it follows a permutation as an honest learner does."""
    permuted, _shuffled = control(cheats.table_mapped_through_the_labels_given())
    assert permuted.follows


def test_code_that_only_works_on_the_labels_it_knows_is_told(control):
    source = cheats.embedded_weights().replace(
        "def train(lab):\n",
        "def train(lab):\n    if abs(float(lab.train_x[lab.train_y == 0][:, 2].mean()) - 1.46) > 0.3: raise ValueError\n",
    )
    assert codes(control(source)) == ["integrity.control_failed"] * 2


def test_honest_solutions_are_never_flagged(control):
    """Both Iris labs in all four frameworks, over and over."""
    asked = [
        (lab, framework, trial)
        for trial in range(-(-TRIALS // 8))
        for lab in ("iris-single-layer", "iris-multi-layer")
        for framework in FRAMEWORKS
    ][:TRIALS]

    def one(asked):
        lab, framework, trial = asked
        source = (ROOT / "examples" / lab / framework / "submission.py").read_text()
        return asked, control(source, lab=lab, name=f"{lab}-{framework}-{trial}")

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, asked))
    print(f"\n{len(found)} honest control runs")
    for framework in FRAMEWORKS:
        own = [figures for (_, name, _), figures in found if name == framework]
        followed = sum(permuted.follows for permuted, _ in own)
        least = min(permuted.permuted for permuted, _ in own)
        most = max(permuted.original for permuted, _ in own)
        print(
            f"  {framework:<11} {len(own)} runs, {followed} followed the permutation; agreement with it at least "
            f"{least:.2f}, with the original labels at most {most:.2f}"
        )
    assert [(asked, figures) for asked, figures in found if codes(figures)] == []
