from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from drawn_models import draw, iris_rows, probe
from evidence_samples import ACCURACY, GAP, criterion, curve, evidence, repeat, spec
from hypothesis import given
from hypothesis import strategies as st

from graders import registry
from graders.evidence import Claims, StudentFailure
from graders.evidence_format import from_bytes, to_bytes
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
    rng, rows = np.random.default_rng(seed), iris_rows()
    probes = probe(draw(rng, rows, kind="linear", output="logits"), rows, rng)
    recorded = curve((5, 6), (2, 1), (0, 4), (0, 4))
    return repeat(**{"probes": probes, "curve": recorded, "train_wall_s": 2.0, "seed": seed, **changes})


def test_every_criterion_is_judged_and_the_points_add_up():
    report = grade(spec(*ALL), evidence(full_repeat()), spec_version=3)
    assert report.outcome == "graded"
    assert [result.verdict for result in report.criteria] == ["passed"] * 4
    assert (report.points, report.max_points, report.spec_version) == (20, 20, 3)
    assert report.claims == {"framework": "pytorch", "layers": ["Linear(4, 3)"], "parameter_count": 15}
    assert report.provenance == {"torch": "2.13.0"}
    assert [point.validation_error for point in report.learning_curve] == [0.6, 0.1, 0.4, 0.4]
    assert report.parts["test"].confusion[0] == (9, 1, 0)


def test_report_survives_json():
    report = grade(spec(*ALL), evidence(full_repeat()))
    assert Report.model_validate_json(report.model_dump_json()) == report
    json.dumps(report.model_dump(mode="json"), allow_nan=False)


def test_same_evidence_gives_the_same_report_after_storage():
    stored = evidence(full_repeat(), full_repeat(1))
    assert grade(spec(*ALL), from_bytes(to_bytes(stored))) == grade(spec(*ALL), stored)


FAILURE = StudentFailure(code="run.timeout", parameters={"limit_s": 60}, line=7, traceback="line 7")


def test_failure_of_the_student_fails_every_criterion_and_keeps_the_curve():
    broken = repeat(parts={}, failure=FAILURE, curve=curve((1, 2)))
    report = grade(spec(*ALL), evidence(broken, broken))
    assert (report.outcome, report.points, report.max_points) == ("failed", 0, 20)
    assert {result.verdict for result in report.criteria} == {"failed"}
    assert report.criteria[0].messages[0].code == "run.failed"
    assert report.criteria[0].messages[0].parameters == {"code": "run.timeout"}
    assert (report.failure.repeat, report.failure.line, report.failure.code) == (1, 7, "run.timeout")
    assert [point.validation_error for point in report.learning_curve] == [0.2]
    assert report.diagnosis is None


def test_some_repeats_without_a_model_cost_their_share_and_are_told():
    broken = repeat(parts={}, failure=FAILURE, curve=curve((1, 2)))
    report = grade(spec(*ALL), evidence(full_repeat(), broken, full_repeat(1), full_repeat(2)))
    assert (report.outcome, report.points, report.failure) == ("graded", 15, None)
    assert [result.verdict for result in report.criteria] == ["passed"] * 4
    assert [(failed.repeat, failed.code, failed.line) for failed in report.repeats_failed] == [(2, "run.timeout", 7)]
    (note,) = report.notes
    assert note.code == "repeats.some_failed"
    assert note.parameters == {"failed": 1, "planned": 4, "code": "run.timeout", "repeat": 2}


def test_giving_up_on_an_unwelcome_split_never_gains():
    """Of five repeats the worst is dropped by the file itself, whatever the others are like."""
    for errors in [(0, 0, 0, 0, 30), (3, 3, 3, 3, 6), (1, 2, 3, 4, 20), (10, 10, 10, 10, 11)]:
        honest = [full_repeat(i, test_wrong=wrong) for i, wrong in enumerate(errors)]
        dropped = [*honest[:4], repeat(parts={}, failure=FAILURE)]
        assert grade(spec(*ALL), evidence(*dropped)).points <= grade(spec(*ALL), evidence(*honest)).points


def test_points_stop_at_the_most_that_the_assignment_gives():
    capped = spec(*ALL).model_copy(update={"points_at_most": 18.0})
    report = grade(capped, evidence(full_repeat()))
    assert (report.points, report.max_points) == (18, 18)


def test_board_rows_are_measured_and_shown_nowhere_else():
    from evidence_samples import part

    found = full_repeat()
    parts = {**found.parts, "board": part(n=20, wrong=3)}
    report = grade(spec(*ALL), evidence(full_repeat(parts=parts)))
    misses = np.unpackbits(np.frombuffer(base64.b64decode(report.board_misses), np.uint8))[: report.board_rows]
    assert (report.board_rows, misses.tolist()) == (20, [1] * 3 + [0] * 17)
    assert set(report.parts) == {"train", "validation", "test"}
    assert grade(spec(*ALL), evidence(full_repeat())).board_misses == ""


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


def test_stopping_at_the_best_epoch_is_valued_by_the_criteria_that_errors_decide():
    recorded = curve((50, 60), (20, 10), (0, 40), (0, 40), rows=100)
    found = full_repeat(curve=recorded, train_wrong=0, validation_wrong=12, test_wrong=12)
    report = grade(spec(*ALL), evidence(found))
    assert (report.curve.best_epoch, report.curve.onset_epoch) == (2, 2)
    stopping = report.stopping
    assert (stopping.epoch, stopping.validation_accuracy) == (2, 0.9)
    # Test accuracy 0.6 + 0.3 gives 8.89 of 10; the gap of -0.1 gives 5 of 5; at the end it was 0.6, and 0.4.
    assert (stopping.points, stopping.points_now, stopping.max_points) == (13.89, 2.22, 15)
    assert grade(spec(*ALL), evidence(full_repeat(curve=curve((5, 6), (2, 1))))).stopping is None


def test_resources_are_mean_seconds_and_greatest_memory():
    runs = (repeat(train_wall_s=1, peak_memory_bytes=10), repeat(train_wall_s=3, peak_memory_bytes=5))
    assert grade(spec(), evidence(*runs)).resources == {
        "train_wall_s": 2,
        "evaluation_wall_s": 0,
        "cpu_s": 0,
        "peak_memory_bytes": 10,
    }


def test_repeats_are_pooled_and_their_spread_shown():
    pair = evidence(repeat(test_wrong=0), repeat(test_wrong=3), distinct_rows={"test": 50})
    test = grade(spec(), pair).parts["test"]
    # 60 predictions on 50 different rows are 50 trials, not 60.
    assert (test.error.value, test.error.n, test.predictions) == (0.05, 50, 60)
    assert test.per_repeat_error == (0, 0.1)
    assert test.sd_error == pytest.approx(0.1 / 2**0.5)
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
