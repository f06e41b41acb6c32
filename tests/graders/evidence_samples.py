"""Evidence as a run would leave it, made by hand."""

from __future__ import annotations

import numpy as np

from graders.evidence import Claims, CurveEvidence, Evidence, PartEvidence, RepeatEvidence
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes


def part(*, n, wrong, scores=True, classes=3):
    """`wrong` of `n` rows miss their class."""
    labels = np.arange(n) % classes
    predicted = labels.copy()
    predicted[:wrong] = (labels[:wrong] + 1) % classes
    found = np.full((n, classes), 0.1, dtype=np.float32)
    found[np.arange(n), predicted] = 0.8
    return PartEvidence(labels=labels, predicted=predicted, scores=found if scores else None)


def curve(*epochs, rows=10):
    """Each epoch is (rows missed of training, rows missed of validation), out of `rows`."""
    labels = np.arange(rows) % 3

    def predicted(wrong):
        ids = labels.copy()
        ids[:wrong] = (ids[:wrong] + 1) % 3
        return ids

    missed = np.array(epochs, dtype=np.int64).reshape(-1, 2)
    return CurveEvidence(
        train_labels=labels,
        validation_labels=labels,
        train_predicted=np.array([predicted(wrong) for wrong, _ in missed]).reshape(-1, rows),
        validation_predicted=np.array([predicted(wrong) for _, wrong in missed]).reshape(-1, rows),
    )


def repeat(*, train_wrong=2, validation_wrong=1, test_wrong=1, scores=True, **changes):
    parts = {
        "train": part(n=90, wrong=train_wrong, scores=scores),
        "validation": part(n=30, wrong=validation_wrong, scores=scores),
        "test": part(n=30, wrong=test_wrong, scores=scores),
    }
    defaults = {
        "seed": 0,
        "split_id": "a",
        "curve": curve(),
        "parts": parts,
        "claims": Claims(framework="pytorch", layers=("Linear(4, 3)",), parameter_count=15),
    }
    return RepeatEvidence(**{**defaults, **changes})


def evidence(*repeats, **changes):
    return Evidence(**{**defaults_of(repeats), **changes})


def defaults_of(repeats):
    return {
        "n_classes": 3,
        "class_names": ("setosa", "versicolor", "virginica"),
        "repeats": repeats or (repeat(),),
        "planned_repeats": len(repeats) or 1,
        "provenance": {"torch": "2.13.0"},
    }


ACCURACY = {"full_at": 0.95, "zero_at": 0.5}
GAP = {"full_at_most": 0.1, "zero_at_least": 0.3}


def spec(*criteria):
    default = CriterionSpec(id="accuracy", grader="accuracy", points=10, parameters=ACCURACY)
    return AssignmentSpec(
        slug="iris",
        title="Iris",
        dataset="iris",
        split=SplitSizes(train=90, validation=30, test=30),
        criteria=criteria or (default,),
    )


def criterion(grader, points=4, **parameters):
    return CriterionSpec(id=grader, grader=grader, points=points, parameters=parameters)
