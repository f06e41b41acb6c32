"""Real models in the real jail: rows asked twice are answered alike, unless dropout was left on."""

from __future__ import annotations

from pathlib import Path

import pytest

from graders.grade import grade
from graders.labs import LABS
from graders.variation import SCORES_VARY_FROM, measure_variation
from store.repository import Job
from worker.material import Materials
from worker.sandbox.pool import Pool
from worker.training import Training

EXAMPLES = Path("examples")
# As students save an honest network and forget that it still trains.
DROPOUT_LEFT_ON = """
import torch

def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 32), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(32, 3)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model

def predict(model, x):
    model.train()
    return model(torch.from_numpy(x)).detach()
"""


@pytest.fixture
def train(runner_socket):
    def run(source, lab):
        spec = LABS[lab].model_copy(update={"repeats": 1})
        job = Job(
            run_id="", kind="graded", submission_id="chance", assignment_id="", source=source, filename="lab.py",
            source_kind="py", spec=spec, spec_version=1, secret_seed=b"chance",
        )  # fmt: skip
        training = Training(
            job=job, attempt=1, materials=Materials(Path("var")), runner=Pool(runner_socket),
            side_by_side=1, provenance={},
        )  # fmt: skip
        evidence = training.repeats(lambda _phase: None)
        report = grade(spec, evidence)
        assert report.outcome == "graded", report.failure
        architecture = next(result for result in report.criteria if result.id == "architecture")
        return evidence.repeats[0], architecture, {flag.code for flag in report.flags}

    return run


@pytest.mark.parametrize("lab", ["iris-single-layer", "iris-multi-layer"])
@pytest.mark.parametrize("framework", ["pytorch", "lightning", "tensorflow", "keras"])
def test_the_examples_answer_alike(train, framework, lab):
    repeat, architecture, flags = train((EXAMPLES / lab / framework / "submission.py").read_text(), lab)
    found = measure_variation(repeat.probes, repeat.asked_twice)
    assert [asked.answers.shape for asked in repeat.asked_twice] == [(32, 2, 3)] * 2
    assert found.measure == "scores"
    assert found.difference < SCORES_VARY_FROM / 10
    assert architecture.verdict == "passed"
    assert "integrity.answers_vary" not in flags


@pytest.mark.parametrize("lab", ["iris-single-layer", "iris-multi-layer"])
def test_dropout_left_on_is_told(train, lab):
    repeat, architecture, flags = train(DROPOUT_LEFT_ON, lab)
    assert measure_variation(repeat.probes, repeat.asked_twice).difference > 10 * SCORES_VARY_FROM
    assert architecture.verdict == "not_graded"
    assert [message.code for message in architecture.messages] == ["architecture.answers_vary"]
    assert "integrity.answers_vary" in flags
