from __future__ import annotations

import pytest
from evidence_samples import evidence, repeat
from hypothesis import given
from hypothesis import strategies as st

from graders.generalization_gap import (
    GeneralizationGapParameters,
    diagnose,
    diagnose_measures,
    judge_generalization_gap,
)
from graders.learning_curve import summarize
from graders.measures import measure
from graders.report import CurvePoint, GapMeasure

PARAMETERS = GeneralizationGapParameters(full_at_most=0.1, zero_at_least=0.3)
LESSON = {"training_error_target": 6, "gap_limit": 5}


def judged(parameters=PARAMETERS, **wrong):
    return judge_generalization_gap(measure(evidence(repeat(**wrong))), parameters)


def codes(diagnosis):
    return [message.code for message in diagnosis.messages]


def test_lesson_line_with_two_parameters_is_balanced():
    found = diagnose(training_error=5.3, validation_error=5.1, **LESSON)
    assert found.fit == "balanced"
    assert codes(found) == ["fit.balanced"]


def test_lesson_curve_with_seven_parameters_overfits():
    found = diagnose(training_error=0, validation_error=20, **LESSON)
    assert found.fit == "overfitting"
    assert codes(found) == [
        "fit.overfitting",
        "advice.more_data",
        "advice.simpler_model",
        "advice.regularisation",
    ]


@pytest.mark.parametrize(
    ("training", "validation", "interval", "fit"),
    [
        (0.5, 0.52, (0.0, 0.04), "underfitting"),
        (0.5, 0.52, (-0.1, 0.2), "underfitting"),  # the gap is in doubt, the training error is not
        (0.3, 0.9, (0.5, 0.7), "overfitting"),  # both faults: the gap is told
        (0.02, 0.5, (0.3, 0.6), "overfitting"),
        (0.02, 0.2, (0.05, 0.3), "inconclusive"),
        (0.02, 0.05, (-0.05, 0.2), "inconclusive"),
        (0.02, 0.05, (-0.05, 0.09), "balanced"),
    ],
)
def test_interval_decides_between_the_four(training, validation, interval, fit):
    gap = GapMeasure(value=validation - training, low=interval[0], high=interval[1])
    found = diagnose(
        training_error=training,
        validation_error=validation,
        training_error_target=0.1,
        gap_limit=0.1,
        gap_interval=gap,
    )
    assert found.fit == fit
    assert codes(found)[0] == f"fit.{fit}"


def test_underfitting_is_told_to_do_more():
    found = diagnose(training_error=9, validation_error=9, **LESSON)
    assert codes(found) == ["fit.underfitting", "advice.stronger_model", "advice.train_longer"]


def test_advice_names_the_best_epoch_when_the_end_is_worse():
    points = tuple(
        CurvePoint(epoch=index, training_error=0, validation_error=value)
        for index, value in enumerate((0.4, 0.1, 0.1, 0.3), start=1)
    )
    curve = summarize(points, validation_rows=100)
    found = diagnose(training_error=0, validation_error=20, curve=curve, **LESSON)
    stop = found.messages[-1]
    assert stop.code == "advice.stop_at_best_epoch"
    assert stop.parameters == {"epoch": 2, "validation_error": 0.1, "last_validation_error": 0.3}


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.001, 1000))
def test_diagnosis_does_not_depend_on_the_unit(training, validation, unit):
    plain = diagnose(
        training_error=training, validation_error=validation, training_error_target=0.2, gap_limit=0.1
    )
    gap = validation - training
    if min(abs(gap - 0.1), abs(training - 0.2)) < 1e-3:
        return  # rounding decides there
    scaled = diagnose(
        training_error=training * unit,
        validation_error=validation * unit,
        training_error_target=0.2 * unit,
        gap_limit=0.1 * unit,
    )
    assert scaled.fit == plain.fit


@pytest.mark.parametrize(
    ("wrong", "verdict", "code", "share"),
    [
        (0, "passed", "gap.small", 1),
        (3, "passed", "gap.small", 1),
        (6, "partial", "gap.partial", 0.5),
        (9, "failed", "gap.too_large", 0),
    ],
)
def test_points_fall_linearly_with_the_gap(wrong, verdict, code, share):
    found = judged(train_wrong=0, validation_wrong=wrong)
    assert (found.verdict, found.messages[0].code) == (verdict, code)
    assert found.share == pytest.approx(share)
    assert found.messages[0].parameters["gap"] == pytest.approx(wrong / 30)


def test_says_when_the_limit_is_within_the_interval():
    found = [message.code for message in judged(train_wrong=0, validation_wrong=3).messages]
    assert found == ["gap.small", "gap.threshold_inside_interval"]


def test_loss_is_judged_in_nats():
    parameters = GeneralizationGapParameters(full_at_most=0.5, zero_at_least=1, measure="loss")
    found = judged(parameters, train_wrong=0, validation_wrong=30)
    assert found.messages[0].parameters["gap"] == pytest.approx(2.079, abs=1e-3)  # log(0.8 / 0.1)
    assert found.messages[0].parameters["measure"] == "loss"


def test_without_scores_there_is_no_loss_to_grade():
    parameters = GeneralizationGapParameters(full_at_most=0.5, zero_at_least=1, measure="loss")
    found = judged(parameters, scores=False)
    assert (found.verdict, found.messages[0].code) == ("not_graded", "gap.no_evidence")
    assert diagnose_measures(measure(evidence(repeat(scores=False))), parameters) is None


def test_diagnosis_of_a_run_uses_the_gaps_interval():
    many = evidence(
        *(repeat(train_wrong=0, validation_wrong=15) for _ in range(5)),
        distinct_rows={"train": 148, "validation": 100},
    )
    assert diagnose_measures(measure(many), PARAMETERS).fit == "overfitting"
    few = evidence(repeat(train_wrong=0, validation_wrong=5))
    assert diagnose_measures(measure(few), PARAMETERS).fit == "inconclusive"


@pytest.mark.parametrize(("train_wrong", "verdict"), [(0, "passed"), (30, "passed"), (31, "failed"), (60, "failed")])
def test_a_model_that_learnt_nothing_earns_nothing_by_having_no_gap(train_wrong, verdict):
    """Guessing one of three classes misses 60 of 90 rows; half of that is what counts as having learnt."""
    found = judged(train_wrong=train_wrong, validation_wrong=train_wrong // 3)
    assert found.verdict == verdict
    assert (found.messages[0].code == "gap.nothing_learnt") == (verdict == "failed")


def test_what_counts_as_learnt_can_be_asked_for():
    strict = PARAMETERS.model_copy(update={"learnt_error_at_most": 0.05})
    assert judged(strict, train_wrong=9, validation_wrong=3).messages[0].code == "gap.nothing_learnt"
    assert judged(strict, train_wrong=4, validation_wrong=3).verdict == "passed"
