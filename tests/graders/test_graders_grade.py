from __future__ import annotations

import json

import pytest
from drawn_models import draw, iris_rows, probe
from evidence_samples import ACCURACY, GAP, criterion, epoch, evidence, repeat, spec
from hypothesis import given
from hypothesis import strategies as st

from graders import registry
from graders.evidence import Claims, StudentFailure, from_bytes, to_bytes
from graders.grade import grade
from graders.registry import GRADERS, validate_parameters
from graders.report import Report

ALL = (
    criterion("accuracy", 10, **ACCURACY),
    criterion("generalization_gap", 5, **GAP),
    criterion("architecture", 3, expected="single_layer"),
    criterion("framework", 2, allowed=["pytorch"]),
)


def full_repeat(seed=0, **changes):
    import numpy as np

    rng, rows = np.random.default_rng(seed), iris_rows()
    probes = probe(draw(rng, rows, kind="linear", output="logits"), rows, rng)
    epochs = (
        epoch(train_wrong=5, validation_wrong=6),
        epoch(train_wrong=2, validation_wrong=1),
        epoch(train_wrong=0, validation_wrong=4),
    )
    return repeat(**{"probes": probes, "epochs": epochs, "train_wall_s": 2.0, "seed": seed, **changes})


def test_every_criterion_is_judged_and_the_points_add_up():
    report = grade(spec(*ALL), evidence(full_repeat()), spec_version=3)
    assert report.outcome == "graded"
    assert [result.verdict for result in report.criteria] == ["passed"] * 4
    assert (report.points, report.max_points, report.spec_version) == (20, 20, 3)
    assert report.claims == {"framework": "pytorch", "layers": ["Linear(4, 3)"], "parameter_count": 15}
    assert report.provenance == {"torch": "2.13.0"}
    assert [point.validation_error for point in report.learning_curve] == [0.6, 0.1, 0.4]
    assert report.parts["test"].confusion[0] == (9, 1, 0)


def test_report_survives_json():
    report = grade(spec(*ALL), evidence(full_repeat()))
    assert Report.model_validate_json(report.model_dump_json()) == report
    json.dumps(report.model_dump(mode="json"), allow_nan=False)


def test_same_evidence_gives_the_same_report_after_storage():
    stored = evidence(full_repeat(), full_repeat(1))
    assert grade(spec(*ALL), from_bytes(to_bytes(stored))) == grade(spec(*ALL), stored)


def test_failure_of_the_student_fails_every_criterion_and_keeps_the_curve():
    failure = StudentFailure(code="run.timeout", parameters={"limit_s": 60}, line=7, traceback="line 7")
    broken = repeat(parts={}, failure=failure, epochs=(epoch(train_wrong=1, validation_wrong=2),))
    report = grade(spec(*ALL), evidence(full_repeat(), broken))
    assert (report.outcome, report.points, report.max_points) == ("failed", 0, 20)
    assert {result.verdict for result in report.criteria} == {"failed"}
    assert report.criteria[0].messages[0].code == "run.failed"
    assert report.criteria[0].messages[0].parameters == {"code": "run.timeout"}
    assert (report.failure.repeat, report.failure.line, report.failure.code) == (2, 7, "run.timeout")
    assert len(report.learning_curve) == 3
    assert report.learning_curve[0].validation_error == pytest.approx(0.4)
    assert report.diagnosis is None


def test_not_graded_is_kept_apart_from_failed():
    report = grade(spec(*ALL), evidence(full_repeat(probes=())))
    architecture = report.criteria[2]
    assert (architecture.verdict, architecture.points) == ("not_graded", 0)
    assert report.outcome == "graded"


def test_diagnosis_follows_the_gap_criterion():
    assert grade(spec(), evidence()).diagnosis is None
    overfit = evidence(*(full_repeat(seed, train_wrong=0, validation_wrong=15) for seed in range(3)))
    diagnosis = grade(spec(*ALL), overfit).diagnosis
    assert diagnosis.fit == "overfitting"
    assert diagnosis.messages[-1].code == "advice.stop_at_best_epoch"
    assert diagnosis.messages[-1].parameters["epoch"] == 2


def test_resources_are_mean_seconds_and_greatest_memory():
    runs = (repeat(train_wall_s=1, peak_memory_bytes=10), repeat(train_wall_s=3, peak_memory_bytes=5))
    assert grade(spec(), evidence(*runs)).resources == {
        "train_wall_s": 2,
        "evaluation_wall_s": 0,
        "cpu_s": 0,
        "peak_memory_bytes": 10,
    }


def test_repeats_are_pooled_and_their_spread_shown():
    test = grade(spec(), evidence(repeat(test_wrong=0), repeat(test_wrong=3))).parts["test"]
    assert (test.error.value, test.error.n) == (0.05, 60)
    assert test.per_repeat_error == (0, 0.1)
    assert (test.error.low, test.error.high) == pytest.approx((1 - test.accuracy.high, 1 - test.accuracy.low))


@pytest.mark.parametrize(
    ("claimed", "verdict", "code"),
    [("pytorch", "passed", "framework.allowed"), ("keras", "failed", "framework.not_allowed")],
)
def test_framework_is_judged_by_its_claim(claimed, verdict, code):
    report = grade(spec(ALL[3]), evidence(repeat(claims=Claims(framework=claimed))))
    assert (report.criteria[0].verdict, report.criteria[0].messages[0].code) == (verdict, code)
    assert report.criteria[0].messages[0].parameters == {"framework": claimed, "allowed": ["pytorch"]}


def test_our_own_fault_is_never_a_zero(monkeypatch):
    def broken(measures, parameters):
        raise ZeroDivisionError

    grader = registry.Grader(parameters=GRADERS["accuracy"].parameters, judge=broken)
    monkeypatch.setitem(GRADERS, "accuracy", grader)
    with pytest.raises(ZeroDivisionError):
        grade(spec(), evidence())
    with pytest.raises(ValueError, match="no repeats"):
        grade(spec(), evidence().__class__(n_classes=3, class_names=("a", "b", "c"), repeats=()))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 90), st.floats(0, 100))
def test_points_lie_between_zero_and_the_criterions(test_wrong, validation_wrong, train_wrong, points):
    found = evidence(
        repeat(test_wrong=test_wrong, validation_wrong=validation_wrong, train_wrong=train_wrong)
    )
    report = grade(spec(*(c.model_copy(update={"points": points}) for c in ALL)), found)
    for result in report.criteria:
        assert 0 <= result.points <= round(result.max_points, 2)


def test_valid_parameters_pass():
    validate_parameters(spec(*ALL))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (criterion("accuracy", full_at=2, zero_at=0), r"criteria\[1\]\.parameters\.full_at: "),
        (criterion("accuracy", zero_at=0), r"criteria\[1\]\.parameters\.full_at: Field required"),
        (criterion("accuracy", full_at=0.1, zero_at=0.2), r"criteria\[1\]\.parameters: .*zero_at"),
        (criterion("architecture", expected="three"), r"criteria\[1\]\.parameters\.expected: "),
        (criterion("framework", allowed=[]), r"criteria\[1\]\.parameters\.allowed: "),
        (criterion("framework", allowed=["jax"]), r"criteria\[1\]\.parameters\.allowed\.0: "),
        (criterion("generalization_gap", full_at_mots=0.1, zero_at_least=1), r"\.full_at_mots: Extra"),
        (criterion("acuracy"), r"criteria\[1\]\.grader: unknown grader 'acuracy'"),
    ],
)
def test_faulty_parameters_are_named_by_path(bad, message):
    first = criterion("framework", allowed=["keras"]).model_copy(update={"id": "first"})
    with pytest.raises(ValueError, match=message):
        validate_parameters(spec(first, bad))
