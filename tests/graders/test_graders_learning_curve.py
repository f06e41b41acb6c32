"""Against Prechelt's definitions written in whole numbers, and statsmodels for the interval."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from drawn_evidence import FAILURE, codes_in, epochs, is_sound, made, runs
from evidence_samples import GAP, criterion, curve, evidence, part, repeat, spec
from hypothesis import assume, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from graders.grade import grade
from graders.learning_curve import LearningCurveParameters, judge_learning_curve, summarize
from graders.measures import measure

ROWS = 30
BEST_IS_2 = ((40, 50), (20, 10), (5, 30), (0, 40), (0, 41))


def one_run(*missed, rows=ROWS, **changes):
    return measure(evidence(repeat(curve=curve(*missed, rows=rows), **changes)))


def summary(*missed, rows=ROWS):
    measures = one_run(*missed, rows=rows)
    return summarize(measures.learning_curve, validation_rows=measures.curve_rows)


def judged(*missed, rows=ROWS, **parameters):
    return judge_learning_curve(one_run(*missed, rows=rows), LearningCurveParameters(**parameters))


def losses(validation):
    """GL(t) in per cent, exactly, from counts of missed rows; None where it has no bound."""
    least = [min(validation[: t + 1]) for t in range(len(validation))]
    return [
        Fraction(0) if v == m else None if m == 0 else Fraction(100 * (v - m), m)
        for v, m in zip(validation, least, strict=True)
    ]


def onset(train, validation, rows):
    """The paper's criterion by hand: the epoch from which GL is above 5 for good, if that is more than chance."""
    above = [loss is None or loss > 5 for loss in losses(validation)]
    trailing = next((i for i, is_above in enumerate(reversed(above)) if not is_above), len(above))
    good = len(above) - trailing
    if trailing < 2 or train[-1] >= train[good - 1] or not beyond_chance(validation, rows):
        return None
    return good


def beyond_chance(validation, rows):
    """By the variance of the very rows, missed or not."""
    variances = [np.var(np.arange(rows) < v) / rows for v in (min(validation), validation[-1])]
    return (validation[-1] - min(validation)) / rows > np.sqrt(sum(variances)) + 1e-9


@given(epochs.filter(bool))
def test_the_summary_agrees_with_the_definitions(missed):
    train, validation = map(list, zip(*missed, strict=True))
    found = summary(*missed)
    assert found.epochs == len(missed)
    assert found.best_epoch == int(np.argmin(validation)) + 1
    assert found.regret == pytest.approx((validation[-1] - min(validation)) / ROWS, abs=1e-12)
    assert found.onset_epoch == onset(train, validation, ROWS)
    last = losses([min(validation), validation[-1]])[1]
    assert found.clearly_worse == (beyond_chance(validation, ROWS) and (last is None or last > 5))
    assert found.best_training_error == pytest.approx(train[found.best_epoch - 1] / ROWS)
    assert found.last_training_error == pytest.approx(train[-1] / ROWS)


@pytest.mark.parametrize(
    ("missed", "expected"),
    [
        (((9, 9),), None),  # one epoch
        (((9, 9), (5, 5), (1, 1)), None),  # it only gets better
        (((20, 10), (5, 20), (1, 28)), 1),  # worse at once
        (((20, 10), (20, 20), (20, 28)), None),  # training error did not fall
        (((20, 10), (5, 28)), None),  # one epoch after the best is not yet a strip
        (((20, 20), (9, 10), (5, 20), (1, 10), (1, 20), (0, 28)), 4),  # it came back once
        (((20, 10), (5, 11), (1, 12)), None),  # above 5 %, but no more than chance moves it
        (((20, 0), (5, 20), (1, 28)), 1),  # from no error at all GL is boundless
    ],
)
def test_onset_of_overfitting(missed, expected):
    assert summary(*missed).onset_epoch == expected


def test_a_loss_of_exactly_five_per_cent_is_not_above_it():
    """2,000 rows of 4,000, then 2,100: rounding makes that 5.000000000000004."""
    found = summary((1900, 2000), (1500, 2100), (1400, 2100), rows=4000)
    assert beyond_chance([2000, 2100], 4000)
    assert (found.onset_epoch, found.clearly_worse) == (None, False)


@pytest.mark.parametrize(
    ("missed", "parameters", "verdict", "codes"),
    [
        ((), {}, "failed", ["learning_curve.not_recorded"]),
        (((1, 1),), {}, "failed", ["learning_curve.too_short"]),
        (((1, 1), (1, 1)), {}, "passed", ["learning_curve.recorded"]),
        (((1, 1),), {"min_epochs": 1}, "passed", ["learning_curve.recorded"]),
        (((9, 3), (1, 3)), {"max_regret": 0}, "passed", ["learning_curve.ends_well"]),
        (BEST_IS_2, {"max_regret": 0.05}, "failed", ["learning_curve.ends_worse"]),
        (
            ((9, 3), (1, 6)),
            {"max_regret": 0.1},
            "passed",
            ["learning_curve.ends_well", "learning_curve.threshold_inside_interval"],
        ),
        (
            ((9, 3), (1, 9)),
            {"max_regret": 0.1},
            "failed",
            ["learning_curve.ends_worse", "learning_curve.threshold_inside_interval"],
        ),
    ],
)
def test_verdicts_and_what_is_said(missed, parameters, verdict, codes):
    found = judged(*missed, rows=100 if missed == BEST_IS_2 else ROWS, **parameters)
    assert (found.verdict, [message.code for message in found.messages]) == (verdict, codes)
    assert is_sound(found)


def test_every_code_is_in_the_table_above():
    reached = {c for row in test_verdicts_and_what_is_said.pytestmark[0].args[1] for c in row[3]}
    assert reached == codes_in("learning_curve", "learning_curve")


@given(st.integers(0, ROWS), st.integers(0, ROWS), st.integers(1, 5))
def test_the_interval_of_the_regret_is_newcombes(best, last, repeats):
    assume(last >= best)
    same = [repeat(curve=curve((9, best), (1, last), rows=ROWS), seed=seed) for seed in range(repeats)]
    found = judge_learning_curve(measure(evidence(*same)), LearningCurveParameters(max_regret=0.5)).measured
    n = ROWS * repeats
    low, high = confint_proportions_2indep(
        last * repeats, n, best * repeats, n, compare="diff", method="newcomb"
    )
    assert (found["low"], found["high"]) == pytest.approx((max(0, low), high), abs=1e-9)
    assert 0 <= found["low"] <= found["regret"] + 1e-9 <= found["high"] + 2e-9


@given(runs(may_fail=True), st.integers(1, 8), st.none() | st.floats(0, 1))
def test_every_judgement_is_sound(run, min_epochs, max_regret):
    parameters = LearningCurveParameters(min_epochs=min_epochs, max_regret=max_regret)
    assert is_sound(judge_learning_curve(measure(run), parameters))


@given(epochs, st.integers(1, 8), st.integers(1, 8), st.floats(0, 1), st.floats(0, 1))
def test_asking_for_less_never_costs_points(missed, epochs_asked, other_epochs, regret, other_regret):
    strict = judged(*missed, min_epochs=max(epochs_asked, other_epochs), max_regret=min(regret, other_regret))
    mild = judged(*missed, min_epochs=min(epochs_asked, other_epochs), max_regret=max(regret, other_regret))
    assert mild.share >= strict.share


@given(st.data())
def test_the_order_of_the_repeats_does_not_matter(data):
    repeats = data.draw(st.lists(made(), min_size=2, max_size=5))
    other = data.draw(st.permutations(repeats))
    parameters = LearningCurveParameters(max_regret=data.draw(st.floats(0, 1)))
    first, second = (judge_learning_curve(measure(evidence(*r)), parameters) for r in (repeats, other))
    assert (first.verdict, [m.code for m in first.messages]) == (second.verdict, [m.code for m in second.messages])
    assert first.measured == second.measured


def test_epochs_that_not_all_repeats_reached_do_not_count():
    short, long = curve((9, 9), (5, 5), rows=ROWS), curve((9, 9), (5, 5), (0, 30), rows=ROWS)
    measures = measure(evidence(repeat(curve=short), repeat(curve=long)))
    found = summarize(measures.learning_curve, validation_rows=measures.curve_rows)
    assert (found.epochs, found.best_epoch, found.regret) == (2, 2, 0)
    assert [point.repeats for point in measures.learning_curve] == [2, 2, 1]


def test_a_repeat_that_gave_no_model_leaves_the_curve_of_the_others_alone():
    whole = repeat(curve=curve((9, 9), (5, 5), (1, 1), rows=ROWS))
    broken = repeat(curve=curve((30, 30), rows=ROWS), parts={}, failure=FAILURE)
    both, alone = measure(evidence(whole, broken)), measure(evidence(whole))
    assert both.learning_curve == alone.learning_curve
    assert both.curve_rows == alone.curve_rows


def test_a_curve_that_is_printed_changes_nothing():
    honest = repeat(curve=curve((9, 9), (5, 12), rows=ROWS))
    forged = repeat(
        curve=honest.curve,
        log="epoch 1 validation_error 0.0\n" + '{"epoch": 2, "validation_error": 0.0}\n' * 50,
        claims=honest.claims,
    )
    asked = spec(criterion("learning_curve", max_regret=0.01, min_epochs=2), criterion("generalization_gap", **GAP))
    assert grade(asked, evidence(forged)) == grade(asked, evidence(honest))


def test_the_advice_to_stop_names_the_epoch_and_what_it_had():
    overfit = repeat(
        curve=curve(*BEST_IS_2, rows=100),
        parts={
            "train": part(n=100, wrong=0),
            "validation": part(n=100, wrong=41),
            "test": part(n=100, wrong=41),
        },
    )
    report = grade(spec(criterion("generalization_gap", **GAP)), evidence(overfit))
    advice = report.diagnosis.messages[-1]
    assert advice.code == "advice.stop_at_best_epoch"
    assert advice.parameters == {
        "epoch": 2,
        "validation_error": pytest.approx(0.1),
        "last_validation_error": pytest.approx(0.41),
    }
    assert (report.stopping.epoch, report.stopping.validation_accuracy) == (2, pytest.approx(0.9))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (criterion("accuracy", full_at=0.95, zero_at=0.5), "accuracy.threshold_inside_interval"),
        (criterion("generalization_gap", **GAP), "gap.threshold_inside_interval"),
        (criterion("learning_curve", max_regret=0.1), "learning_curve.threshold_inside_interval"),
    ],
)
def test_a_threshold_inside_the_interval_is_told(asked, code):
    found = repeat(train_wrong=0, validation_wrong=5, test_wrong=2, curve=curve((9, 2), (5, 4), rows=ROWS))
    (result,) = grade(spec(asked), evidence(found)).criteria
    assert result.messages[-1].code == code
    told = result.messages[-1].parameters
    assert told["low"] < told.get("threshold", told.get("limit")) < told["high"]
