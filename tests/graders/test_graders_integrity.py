"""Flags: against scipy and statsmodels, and 10,000 simulated control runs of honest learners."""

from __future__ import annotations

import json

import numpy as np
import pytest
from drawn_evidence import FAILURE, codes_in
from drawn_models import draw, iris_rows, probe
from evidence_samples import criterion, evidence, part, repeat, spec
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency, norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportions_ztest

from graders.controls import control_figures
from graders.evidence import AskedTwice, Claims, ControlEvidence, PartEvidence
from graders.grade import grade
from graders.integrity import judge_controls
from graders.metrics import two_share_p_value
from graders.spec import IntegritySpec

LEVEL = 0.001  # of what accuses, two-sided


def control(kind, labels, predicted, permutation=()):
    """Half of the rows are the validation part, the others the test part."""
    half = len(labels) // 2
    parts = {
        name: PartEvidence(labels=labels[rows], predicted=predicted[rows], scores=None)
        for name, rows in (("validation", slice(half)), ("test", slice(half, None)))
    }
    return ControlEvidence(kind=kind, permutation=tuple(map(int, permutation)), parts=parts)


def derangement(rng, classes):
    while True:
        found = rng.permutation(classes)
        if np.all(found != np.arange(classes)):
            return found


def codes(*controls):
    return [message.code for message in judge_controls(tuple(map(control_figures, controls)))]


# Simulated control runs.


def honest(rng, n, classes, accuracy, *, shuffled):
    """Finds the class of a row with probability `accuracy` and answers what it was told of such rows.

    `shuffled`: "blind", each answer a guess; "groups", it tells the groups apart and gives each one label.
    """
    labels = np.arange(n) % classes

    def seen():
        right = rng.random(n) < accuracy
        return np.where(right, labels, (labels + rng.integers(1, classes, n)) % classes)

    permutation = derangement(rng, classes)
    told = rng.integers(0, classes, classes)[seen()] if shuffled == "groups" else rng.integers(0, classes, n)
    return (
        control("permuted", labels, permutation[seen()], permutation),
        control("shuffled", labels, told),
    )


def label_table(rng, n, classes, known):
    """Knows the labels of a share of the rows, and guesses the others."""
    labels = np.arange(n) % classes

    def answers():
        return np.where(rng.random(n) < known, labels, rng.integers(0, classes, n))

    return (
        control("permuted", labels, answers(), derangement(rng, classes)),
        control("shuffled", labels, answers()),
    )


@pytest.mark.parametrize("shuffled", ["blind", "groups"])
@pytest.mark.parametrize(("n", "classes"), [(60, 3), (2000, 10)])
def test_honest_learners_are_flagged_in_well_under_one_per_cent(n, classes, shuffled):
    rng = np.random.default_rng(20)
    accuracies = np.linspace(1 / classes, 1, 20)
    flagged = {round(float(a), 2): 0 for a in accuracies}
    for accuracy in np.repeat(accuracies, 500):
        flagged[round(float(accuracy), 2)] += bool(codes(*honest(rng, n, classes, accuracy, shuffled=shuffled)))
    total = sum(flagged.values())
    print(f"{n} rows, {classes} classes, {shuffled}: {total} of 10,000 honest control runs flagged; {flagged}")
    assert total <= 30
    # Nor in any one kind of learner: here the groups of learners at the worst accuracy.
    assert max(flagged.values()) <= 5


@pytest.mark.parametrize(("n", "classes"), [(60, 3), (2000, 10)])
@pytest.mark.parametrize("known", [1.0, 0.95, 0.8])
def test_label_tables_are_flagged_always(n, classes, known):
    rng = np.random.default_rng(21)
    for _ in range(500):
        assert codes(*label_table(rng, n, classes, known)) == [
            "integrity.ignores_labels",
            "integrity.learnt_from_shuffled",
        ]


# The tests behind the figures.


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60), st.integers(1, 59))
def test_figures_follow_the_score_test_and_mcnemars(n, original, permuted, common):
    original = min(original, n)
    permuted = min(permuted, n - original)
    common = max(1, min(common, n))
    labels = np.array([0] * common + [1, 2] * n)[:n]
    permutation = np.array([1, 2, 0])
    predicted = (labels + 2) % 3
    predicted[:original] = labels[:original]
    predicted[original : original + permuted] = permutation[labels][original : original + permuted]
    found = control_figures(control("permuted", labels, predicted, permutation))
    chance = np.bincount(labels).max() / n
    assert (found.rows, found.original, found.permuted) == (n, original / n, permuted / n)
    assert found.chance == pytest.approx(chance)

    def beyond_guessing(count, level):
        if chance == 1:
            return False
        z, p = proportions_ztest(count, n, value=chance, prop_var=chance, alternative="two-sided")
        return bool(z > 0 and p < level)

    def above(more, fewer, level):
        # Only rows that gave one of the two: McNemar's discordant pairs.
        return more > fewer and mcnemar([[0, more], [fewer, 0]], exact=False, correction=False).pvalue < level

    assert found.above_chance == beyond_guessing(original, LEVEL)
    assert found.ignores == (beyond_guessing(original, LEVEL) and above(original, permuted, LEVEL))
    assert found.follows == (beyond_guessing(permuted, 0.05) and above(permuted, original, 0.05))
    assert not (found.follows and found.ignores)
    json.dumps(found.model_dump(), allow_nan=False)


def test_the_levels_are_what_they_say():
    from graders import controls

    assert pytest.approx(norm.ppf(1 - LEVEL / 2)) == controls._ACCUSES_Z
    assert pytest.approx(norm.ppf(0.975)) == controls._CLEARS_Z


@given(st.integers(2, 400), st.integers(2, 400), st.floats(0, 1), st.floats(0, 1))
def test_two_shares_by_chi_square_with_n_minus_1(first_n, second_n, first, second):
    table = np.array([[first * first_n, (1 - first) * first_n], [second * second_n, (1 - second) * second_n]])
    found = two_share_p_value(
        first_successes=first * first_n, first_n=first_n, second_successes=second * second_n, second_n=second_n
    )
    assert 0 <= found <= 1
    if table.sum(axis=0).min() < 1e-9:
        assert found == pytest.approx(1, abs=1e-3)
        return
    n = first_n + second_n
    statistic = chi2_contingency(table, correction=False).statistic * (n - 1) / n
    assert found == pytest.approx(chi2.sf(statistic, 1), abs=1e-6)


# What is flagged, and what is said.


def graded(found, *, controls=(), p_value=1e-4):
    asked = spec(
        criterion("accuracy", full_at=0.9, zero_at=0.5), criterion("architecture", expected="single_layer")
    ).model_copy(update={"integrity": IntegritySpec(disagreement_p_value=p_value)})
    return grade(asked, evidence(found, controls=controls))


def bent_run(claims):
    rng, rows = np.random.default_rng(3), iris_rows()
    probes = probe(draw(rng, rows, kind="tanh", output="logits"), rows, rng)
    return repeat(probes=probes, claims=claims)


def straight_run(**changes):
    """A single layer, as asked: every criterion can be judged."""
    rng, rows = np.random.default_rng(4), iris_rows()
    return repeat(probes=probe(draw(rng, rows, kind="linear", output="logits"), rows, rng), **changes)


def twice(first, second):
    return (AskedTwice(scale=1.0, answers=np.stack([first, second], axis=1)),)


IDS = np.arange(32) % 3
LABELS = np.arange(60) % 3
CASES = {
    "integrity.ignores_labels": (straight_run(), (control("permuted", LABELS, LABELS, (1, 2, 0)),)),
    "integrity.learnt_from_shuffled": (straight_run(), (control("shuffled", LABELS, LABELS),)),
    "integrity.control_failed": (straight_run(), (ControlEvidence(kind="permuted", failure=FAILURE),)),
    "integrity.validation_and_test_disagree": (straight_run(validation_wrong=0, test_wrong=20), ()),
    # As it is told of class ids; of scores, test_graders_variation.py.
    "integrity.answers_vary": (straight_run(asked_twice=twice(IDS, (IDS + (IDS == 1)) % 3)), ()),
    "review.not_graded": (repeat(), ()),
    "integrity.claims_contradicted": (
        bent_run(Claims(framework="pytorch", layers=("Linear(4, 3)",), layer_outputs=(3,))),
        (),
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_what_is_flagged_is_said_with_its_figures_and_costs_no_points(code):
    found, controls = CASES[code]
    report = graded(found, controls=controls)
    assert [flag.code for flag in report.flags] == [code]
    json.dumps(report.flags[0].parameters, allow_nan=False)
    unwatched = graded(found, p_value=1e-300) if code.endswith("disagree") else graded(found)
    assert report.points == unwatched.points
    assert [result.messages for result in report.criteria] == [r.messages for r in unwatched.criteria]


def test_every_code_is_in_the_table_above():
    assert set(CASES) == codes_in("integrity", "integrity") | {"review.not_graded"}


def test_an_honest_run_has_no_flags():
    follows = control("permuted", LABELS, np.array([1, 2, 0])[LABELS], (1, 2, 0))
    lost = control("shuffled", LABELS, np.zeros_like(LABELS))
    assert graded(straight_run(), controls=(follows, lost)).flags == ()


def test_who_follows_the_permutation_is_cleared_of_what_the_shuffle_shows():
    """Told apart, the groups may each be given their own label by luck: with three groups once in 27."""
    follows = control("permuted", LABELS, np.array([1, 2, 0])[LABELS], (1, 2, 0))
    lucky = control("shuffled", LABELS, LABELS)
    assert codes(follows, lucky) == []
    assert codes(ControlEvidence(kind="permuted", failure=FAILURE), lucky) == [
        "integrity.control_failed",
        "integrity.learnt_from_shuffled",
    ]


@pytest.mark.parametrize(
    "claims",
    [
        Claims(layers=("Linear(4, 8)", "Linear(8, 3)"), layer_outputs=(8, 3)),
        Claims(layers=("Net",)),  # says nothing of its units
    ],
)
def test_claims_that_do_not_contradict_are_not_flagged(claims):
    assert graded(bent_run(claims)).flags == ()


@given(st.integers(0, 30), st.integers(0, 30), st.floats(1e-9, 0.05))
def test_validation_and_test_disagree_below_the_assignments_p_value(validation_wrong, test_wrong, p_value):
    flags = graded(straight_run(validation_wrong=validation_wrong, test_wrong=test_wrong), p_value=p_value).flags
    table = [[30 - validation_wrong, validation_wrong], [30 - test_wrong, test_wrong]]
    if validation_wrong == test_wrong:
        assert flags == ()
        return
    expected = chi2.sf(chi2_contingency(table, correction=False).statistic * 59 / 60, 1)
    if abs(expected - p_value) > 1e-12:
        assert bool(flags) == (expected < p_value)


def test_parts_that_are_missing_are_not_compared():
    only_test = repeat(parts={"test": part(n=30, wrong=3)})
    assert grade(spec(criterion("accuracy", full_at=0.9, zero_at=0.5)), evidence(only_test)).flags == ()
