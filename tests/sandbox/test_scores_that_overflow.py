"""NaN scores fail a submission where they are of the data, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graders.grade import grade
from graders.labs import LABS
from store.repository import Job
from worker.material import Materials
from worker.sandbox.pool import Pool
from worker.training import Training

# exp() of a float32 above 88 is infinite: so it is far outside the data, where probes look, and not inside.
OWN_SOFTMAX = """
import numpy as np
import torch

def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = torch.nn.Sequential(torch.nn.Linear(4, 32), torch.nn.ReLU(), torch.nn.Linear(32, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(100):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model

def predict(model, x):
    with torch.no_grad():
        e = np.exp(model(torch.from_numpy(np.ascontiguousarray(x))).numpy())
    p = e / e.sum(axis=1, keepdims=True)
    return p
"""

NAN_ON_ONE_KIND_OF_ROW = OWN_SOFTMAX.replace("    return p\n", "    p[x[:, 2] < 1.6] = np.nan\n    return p\n")


@pytest.fixture
def train(runner_socket):
    def run(source):
        spec = LABS["iris-multi-layer"].model_copy(update={"repeats": 1})
        job = Job(
            run_id="", kind="graded", submission_id="overflow", assignment_id="", source=source, filename="lab.py",
            source_kind="py", spec=spec, spec_version=1, secret_seed=b"overflow",
        )  # fmt: skip
        training = Training(
            job=job, attempt=1, materials=Materials(Path("var")), runner=Pool(runner_socket),
            side_by_side=1, provenance={},
        )  # fmt: skip
        evidence = training.repeats(lambda _phase: None)
        return evidence, grade(spec, evidence)

    return run


def test_an_honest_softmax_that_overflows_far_from_the_data_is_graded(train):
    evidence, report = train(OWN_SOFTMAX)
    scores = np.concatenate([probe.scores.ravel() for probe in evidence.repeats[0].probes])
    assert not np.isfinite(scores).all()
    assert report.outcome == "graded"
    assert report.parts["test"].accuracy.value > 0.85
    architecture = next(result for result in report.criteria if result.id == "architecture")
    assert architecture.verdict == "passed"


def test_nan_on_rows_of_the_data_is_told_with_how_many(train):
    _, report = train(NAN_ON_ONE_KIND_OF_ROW)
    assert report.failure.code == "predictions_not_finite"
    assert 20 < report.failure.parameters["bad_rows"] < 80
