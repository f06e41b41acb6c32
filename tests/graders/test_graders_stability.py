"""Against scipy's chi-square and the standard library's standard deviation."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from drawn_evidence import codes_in, is_sound, made, runs
from evidence_samples import criterion, evidence, part, repeat, spec
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binom, chi2

from graders.grade import grade
from graders.measures import measure
from graders.stability import CHI_SQUARE_95, StabilityParameters, chance_sd, judge_stability

ROWS = 30


def run(*wrong, rows=ROWS):
    return evidence(*(repeat(parts={"test": part(n=rows, wrong=w)}) for w in wrong))


def judged(*wrong, rows=ROWS, **parameters):
    return judge_stability(measure(run(*wrong, rows=rows)), StabilityParameters(**parameters))


def test_quantiles_are_scipys():
    assert pytest.approx([chi2.ppf(0.95, degrees) for degrees in range(1, 20)], abs=1e-6) == CHI_SQUARE_95


@given(st.integers(0, 100), st.integers(1, 10_000))
def test_what_rows_alone_explain_is_the_binomials(percent, rows):
    assert chance_sd(error=percent / 100, rows=rows) == pytest.approx(binom.std(rows, percent / 100) / rows)


@given(st.lists(st.integers(0, ROWS), min_size=2, max_size=20), st.floats(0.001, 0.5))
def test_verdict_by_the_index_of_dispersion(wrong, max_sd):
    errors = [w / ROWS for w in wrong]
    sd, mean = statistics.stdev(errors), statistics.fmean(errors)
    dispersion = (len(wrong) - 1) * sd**2 * ROWS / (mean * (1 - mean)) if 0 < mean < 1 else 0.0
    quantile = chi2.ppf(0.95, len(wrong) - 1)
    found = judged(*wrong, max_sd=max_sd)
    assert found.measured["sd"] == pytest.approx(sd)
    if min(abs(sd - max_sd), abs(dispersion - quantile)) < 1e-5:
        return  # rounding decides
    unsteady = sd > max_sd and dispersion > quantile
    assert found.verdict == ("failed" if unsteady else "passed")
    code = "unsteady" if unsteady else "chance_explains" if sd > max_sd else "steady"
    assert [message.code for message in found.messages] == [f"stability.{code}"]


@pytest.mark.parametrize(
    ("wrong", "parameters", "verdict", "code"),
    [
        ((3,), {"max_sd": 0.1}, "not_graded", "stability.one_repeat"),
        ((), {"max_sd": 0.1, "part": "train"}, "not_graded", "stability.no_evidence"),
        ((3, 3, 3), {"max_sd": 0.001}, "passed", "stability.steady"),
        ((0, 0, 0), {"max_sd": 0.001}, "passed", "stability.steady"),
        ((2, 4, 3), {"max_sd": 0.001}, "passed", "stability.chance_explains"),
        ((0, 15, 30), {"max_sd": 0.1}, "failed", "stability.unsteady"),
        ((0, 15, 30), {"max_sd": 0.5}, "passed", "stability.steady"),
    ],
)
def test_verdicts_and_what_is_said(wrong, parameters, verdict, code):
    found = judged(*wrong, **parameters) if wrong else judge_stability(
        measure(run(1, 2)), StabilityParameters(**parameters)
    )
    assert (found.verdict, found.messages[0].code) == (verdict, code)
    assert is_sound(found)


def test_every_code_is_in_the_table_above():
    reached = {row[3] for row in test_verdicts_and_what_is_said.pytestmark[0].args[1]}
    assert reached == codes_in("stability", "stability")


def test_what_is_not_held_against_anybody_costs_nothing():
    asked = spec(criterion("stability", 4, max_sd=0.001))
    assert grade(asked, run(2, 4, 3)).points == 4


@given(runs(may_fail=True), st.floats(0.001, 0.5), st.sampled_from(["train", "validation", "test"]))
def test_every_judgement_is_sound(found, max_sd, asked_part):
    parameters = StabilityParameters(max_sd=max_sd, part=asked_part)
    assert is_sound(judge_stability(measure(found), parameters))


@given(st.lists(st.integers(0, ROWS), min_size=2, max_size=20), st.floats(0.001, 0.5), st.floats(0.001, 0.5))
def test_a_wider_limit_never_costs_points(wrong, limit, other):
    strict, mild = (judged(*wrong, max_sd=m) for m in sorted((limit, other)))
    assert mild.share >= strict.share


@given(st.data())
def test_the_order_of_the_repeats_does_not_matter(data):
    repeats = data.draw(st.lists(made(), min_size=2, max_size=5))
    parameters = StabilityParameters(max_sd=data.draw(st.floats(0.001, 0.5)))
    other = data.draw(st.permutations(repeats))
    first, second = (judge_stability(measure(evidence(*r)), parameters) for r in (repeats, other))
    assert (first.verdict, first.messages[0].code) == (second.verdict, second.messages[0].code)
    assert first.measured == pytest.approx(second.measured)


@pytest.mark.parametrize(("error", "rows", "repeats"), [(0.1, 30, 5), (0.3, 30, 3), (0.03, 2000, 5)])
def test_a_model_that_never_changes_is_seldom_called_unsteady(error, rows, repeats):
    """With a limit that nobody could meet; by design 5 %."""
    rng = np.random.default_rng(7)
    drawn = rng.binomial(rows, error, size=(2000, repeats))
    failed = sum(
        math.sqrt(np.var(wrong / rows, ddof=1))
        > chance_sd(error=wrong.mean() / rows, rows=rows) * math.sqrt(CHI_SQUARE_95[repeats - 2] / (repeats - 1))
        for wrong in drawn
    )
    by_grader = sum(judged(*wrong, rows=rows, max_sd=1e-6).verdict == "failed" for wrong in drawn[:200])
    print(f"error {error}, {rows} rows, {repeats} repeats: {failed / 20:.1f} % called unsteady, {by_grader} of 200")
    assert failed <= 140
    assert by_grader <= 20


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ValidationError):
        StabilityParameters(max_sd=0)
