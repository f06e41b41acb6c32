"""What stopping would have scored, against the grade of a run that did stop there."""

from __future__ import annotations

import json

import pytest
from drawn_evidence import FAILURE, epochs, runs
from evidence_samples import ACCURACY, GAP, criterion, curve, evidence, part, repeat, spec
from hypothesis import assume, given
from hypothesis import strategies as st

from graders.grade import grade

ROWS = 120
VALIDATION = criterion("accuracy", 6, part="validation", **ACCURACY).model_copy(update={"id": "validation"})
TEST = criterion("accuracy", 10, **ACCURACY)
GAP_CRITERION = criterion("generalization_gap", 5, **GAP)
OTHERS = (criterion("framework", 2, allowed=["pytorch"]), criterion("learning_curve", 3))
ASKED = spec(VALIDATION, TEST, GAP_CRITERION, *OTHERS)
DECIDED = {"validation", "accuracy", "generalization_gap"}


def run(missed, *, test_wrong):
    """The curve's sample is the whole part, so that what it says is no estimate."""
    train_wrong, validation_wrong = missed[-1]
    parts = {
        name: part(n=ROWS, wrong=wrong)
        for name, wrong in (("train", train_wrong), ("validation", validation_wrong), ("test", test_wrong))
    }
    return repeat(curve=curve(*missed, rows=ROWS), parts=parts)


def decided(report):
    return round(sum(result.points for result in report.criteria if result.id in DECIDED), 2)


counts = st.integers(0, ROWS)
curves = st.lists(st.tuples(counts, counts), min_size=3, max_size=6)


@given(curves, counts)
def test_is_what_a_run_scores_that_ends_at_the_best_epoch(missed, test_wrong):
    report = grade(ASKED, evidence(run(missed, test_wrong=test_wrong)))
    if not report.curve.clearly_worse:
        assert report.stopping is None
        return
    best = report.curve.best_epoch
    lost = missed[-1][1] - missed[best - 1][1]
    assume(test_wrong >= lost)  # else the estimate is kept at all right
    stopped = grade(ASKED, evidence(run(missed[:best], test_wrong=test_wrong - lost)))
    assert report.stopping.epoch == best
    assert report.stopping.validation_accuracy == pytest.approx(stopped.parts["validation"].accuracy.value)
    assert report.stopping.points == pytest.approx(decided(stopped), abs=0.011)
    assert report.stopping.points_now == decided(report)
    assert report.stopping.max_points == 21


@given(runs(may_fail=True))
def test_lies_between_nothing_and_all_and_is_json(found):
    stopping = grade(ASKED, found).stopping
    if stopping is not None:
        assert 0 <= stopping.points <= stopping.max_points
        assert 0 <= stopping.validation_accuracy <= 1
        json.dumps(stopping.model_dump(), allow_nan=False)


def overfit(**changes):
    found = run([(60, 60), (20, 12), (0, 50), (0, 50)], test_wrong=50)
    return repeat(curve=found.curve, parts=found.parts, **changes)


def test_a_test_accuracy_is_estimated_at_most_as_all_right():
    found = run([(60, 60), (20, 12), (0, 60), (0, 60)], test_wrong=10)
    stopping = grade(spec(TEST), evidence(found)).stopping
    assert (stopping.points, stopping.max_points) == (10, 10)


def test_says_nothing_where_errors_decide_nothing():
    assert grade(spec(*OTHERS), evidence(overfit())).stopping is None
    by_loss = criterion("generalization_gap", 5, measure="loss", **GAP)
    assert grade(spec(by_loss), evidence(overfit())).stopping is None


def test_criteria_that_were_not_judged_are_left_out():
    parts = {name: found for name, found in overfit().parts.items() if name != "test"}
    stopping = grade(ASKED, evidence(repeat(curve=overfit().curve, parts=parts))).stopping
    assert stopping.max_points == 11


def test_no_gap_of_a_model_that_had_not_learnt_is_worth_points():
    """The least validation error was that of the first epoch, which guessed."""
    found = run([(80, 70), (70, 75), (0, 110), (0, 110)], test_wrong=100)
    stopping = grade(spec(GAP_CRITERION), evidence(found)).stopping
    assert (stopping.epoch, stopping.points) == (1, 0)


def test_repeats_without_a_model_cost_the_same_share_as_in_the_report():
    broken = repeat(parts={}, failure=FAILURE)
    report = grade(ASKED, evidence(overfit(), overfit(), overfit(), broken))
    whole = grade(ASKED, evidence(overfit()))
    assert report.stopping.points_now == decided(report)
    assert report.stopping.points == pytest.approx(0.75 * whole.stopping.points, abs=0.02)


@given(epochs)
def test_never_offered_where_the_last_epoch_is_the_best(missed):
    found = [*missed, (0, 0)]
    report = grade(ASKED, evidence(repeat(curve=curve(*found, rows=30))))
    assert report.stopping is None
