"""Submissions with the evidence of a run, stored in each way that a service has ever stored it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import update

from graders.evidence import ControlEvidence, Evidence, PartEvidence, StudentFailure
from graders.evidence_format import from_bytes, to_bytes
from graders.grade import grade, judge
from graders.measures import MEASURES_VERSION, measure
from graders.spec import AssignmentSpec
from store import repository
from store.engine import transaction
from store.models import EvidenceRecord

GRADERS = Path(__file__).parent / "graders"
sys.path.append(str(GRADERS))
from evidence_samples import criterion, curve, evidence, part, repeat  # noqa: E402 - found by the line above

SPEC = AssignmentSpec.model_validate(
    {
        "slug": "iris",
        "title": "Iris",
        "dataset": "iris",
        "split": {"train": 90, "validation": 30, "test": 30, "board": 20},
        "repeats": 2,
        "criteria": [
            criterion("accuracy", 10, full_at=0.95, zero_at=0.5),
            criterion("generalization_gap", 5, full_at_most=0.1, zero_at_least=0.3),
            criterion("framework", 2, allowed=["pytorch"]),
            criterion("learning_curve", 3, max_regret=0.05),
            criterion("stability", 4, max_sd=0.05),
            criterion("resources", 1, max_seconds=30, max_parameters=20),
        ],
    }
)
WAYS = ("measured", "unmeasured", "outdated", "version_1", "controlled")


def run_of(*test_wrong, validation_wrong=2, failed=0, scores=True):
    """Two repeats or more, with a curve, a board part and claims."""
    labels = {"board": part(n=20, wrong=3, scores=scores)}
    made = [
        repeat(
            seed=seed,
            train_wall_s=1.0 + seed,
            curve=curve((9, 9), (2, 3), (0, 5), (0, 5), rows=30),
            parts=repeat(test_wrong=w, validation_wrong=validation_wrong, scores=scores).parts | labels,
        )
        for seed, w in enumerate(test_wrong)
    ]
    failure = StudentFailure(code="raised", parameters={"exception": "E", "message": "no"}, line=3)
    broken = [repeat(seed=9, parts={}, failure=failure, curve=curve((9, 9), rows=30))] * failed
    return evidence(*made, *broken, distinct_rows={"train": 100, "validation": 54, "test": 55, "board": 20})


RUNS = (
    run_of(0, 1),
    run_of(1, 14),
    run_of(3, 4, validation_wrong=12),
    run_of(2, 2, scores=False),
    run_of(5, failed=1),
    run_of(failed=2),
    run_of(16, 15, validation_wrong=15),
)


def control_of(cheats):
    """A control run that follows the permuted labels, or the original ones all the same."""
    labels, permutation = np.arange(30) % 3, np.array([1, 2, 0])
    predicted = labels if cheats else permutation[labels]
    parts = {name: PartEvidence(labels=labels, predicted=predicted, scores=None) for name in ("validation", "test")}
    return Evidence(
        n_classes=3,
        class_names=("setosa", "versicolor", "virginica"),
        repeats=(),
        controls=(ControlEvidence(kind="permuted", permutation=(1, 2, 0), parts=parts),),
    )


def hand_in_run(engine, *, user_id, assignment_id, found, way="measured", spec=SPEC, spec_version=1, control=None):
    """A submission that was run and graded; returns its id and the bytes of its evidence."""
    blob = (GRADERS / "evidence_v1.bin").read_bytes() if way == "version_1" else to_bytes(found)
    report = judge(spec, measure(from_bytes(blob)), spec_version=spec_version)
    new = repository.NewSubmission(filename="lab.py", source="def train(lab): ...\n")
    with transaction(engine) as session:
        handed_in = repository.submit(session, user_id=user_id, assignment_id=assignment_id, new=new)
        _finished(session, handed_in.run_id, blob, report, way)
        if way == "controlled":
            run = repository.add_run(
                session, submission_id=handed_in.submission_id, spec_version=1, priority=9, kind="control"
            )
            claim = repository.claim(session, run.id)
            kept = to_bytes(control or control_of(cheats=True))
            assert repository.finish(session, run.id, claim.attempt, outcome="graded", evidence=kept, report=None)
    return handed_in.submission_id, blob


def _finished(session, run_id, blob, report, way):
    claim = repository.claim(session, run_id)
    measures = measure(from_bytes(blob)) if way in ("measured", "controlled") else None
    assert repository.finish(
        session, run_id, claim.attempt, outcome=report.outcome, evidence=blob, report=report, measures=measures
    )
    if way == "outdated":
        session.execute(
            update(EvidenceRecord)
            .where(EvidenceRecord.run_id == run_id)
            .values(measures={"of": "another time"}, measures_version=MEASURES_VERSION - 1)
        )


def afresh(spec, blob, way, *, spec_version, control=None):
    """The report as if nothing but the evidence had been kept."""
    found = from_bytes(blob)
    if way == "controlled":
        found = replace(found, controls=(control or control_of(cheats=True)).controls)
    return grade(spec, found, spec_version=spec_version)
