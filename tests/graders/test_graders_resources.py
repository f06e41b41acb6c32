from __future__ import annotations

import statistics

import pytest
from drawn_evidence import codes_in, is_sound, made, runs
from evidence_samples import evidence, repeat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graders.evidence import Claims
from graders.measures import measure
from graders.resources import ResourcesParameters, judge_resources

limits = st.builds(
    ResourcesParameters,
    max_seconds=st.floats(0.001, 4000),
    max_parameters=st.none() | st.integers(1, 100_000),
)


def run(seconds, counts):
    return evidence(
        *(
            repeat(train_wall_s=s * 0.75, evaluation_wall_s=s * 0.25, claims=Claims(framework="keras", parameter_count=c))
            for s, c in zip(seconds, counts, strict=True)
        )
    )


def judged(seconds, counts, **parameters):
    return judge_resources(measure(run(seconds, counts)), ResourcesParameters(**parameters))


@pytest.mark.parametrize(
    ("seconds", "counts", "parameters", "verdict", "codes"),
    [
        ([10, 20], [15, 15], {"max_seconds": 15}, "passed", ["fast_enough"]),
        ([10, 20], [15, 15], {"max_seconds": 14.9}, "failed", ["too_slow"]),
        ([1, 1], [15, 15], {"max_parameters": 15}, "passed", ["small_enough"]),
        ([1, 1], [15, 16], {"max_parameters": 15}, "failed", ["too_large"]),
        ([1], [-1], {"max_parameters": 15}, "not_graded", ["parameters_unknown"]),
        ([1], [0], {"max_parameters": 15}, "passed", ["small_enough"]),
        ([1], [-1], {"max_seconds": 2, "max_parameters": 15}, "not_graded", ["fast_enough", "parameters_unknown"]),
        # Not to say how large it is excuses nothing.
        ([3], [-1], {"max_seconds": 2, "max_parameters": 15}, "failed", ["too_slow", "parameters_unknown"]),
        ([3], [16], {"max_seconds": 2, "max_parameters": 15}, "failed", ["too_slow", "too_large"]),
        ([3], [15], {"max_seconds": 2, "max_parameters": 15}, "failed", ["too_slow", "small_enough"]),
        ([2], [15], {"max_seconds": 2, "max_parameters": 15}, "passed", ["fast_enough", "small_enough"]),
    ],
)
def test_verdicts_and_what_is_said(seconds, counts, parameters, verdict, codes):
    found = judged(seconds, counts, **parameters)
    said = [message.code.removeprefix("resources.") for message in found.messages]
    assert (found.verdict, said) == (verdict, codes)
    assert is_sound(found)


def test_every_code_is_in_the_table_above():
    reached = {f"resources.{c}" for row in test_verdicts_and_what_is_said.pytestmark[0].args[1] for c in row[4]}
    assert reached == codes_in("resources", "resources")


@given(runs(may_fail=True), limits)
def test_every_judgement_is_sound(found, parameters):
    assert is_sound(judge_resources(measure(found), parameters))


@given(runs(), st.floats(0.001, 4000), st.floats(0.001, 4000), st.integers(1, 100_000), st.integers(1, 100_000))
def test_a_higher_limit_never_costs_points(found, seconds, other_seconds, count, other_count):
    strict = ResourcesParameters(max_seconds=min(seconds, other_seconds), max_parameters=min(count, other_count))
    mild = ResourcesParameters(max_seconds=max(seconds, other_seconds), max_parameters=max(count, other_count))
    measures = measure(found)
    assert judge_resources(measures, mild).share >= judge_resources(measures, strict).share


@given(st.data())
def test_the_order_of_the_repeats_does_not_matter(data):
    repeats = data.draw(st.lists(made(), min_size=2, max_size=5))
    seconds = data.draw(st.sampled_from([statistics.fmean(r.train_wall_s + r.evaluation_wall_s for r in repeats), 1.0])) or 1.0
    parameters = ResourcesParameters(max_seconds=seconds, max_parameters=data.draw(st.integers(1, 100_000)))
    other = data.draw(st.permutations(repeats))
    first, second = (judge_resources(measure(evidence(*r)), parameters) for r in (repeats, other))
    assert first == second


def test_the_order_of_three_times_that_add_up_differently():
    """0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1."""
    for seconds in ([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]):
        assert judged(seconds, [1, 1, 1], max_seconds=0.2).verdict == "passed"


def test_training_while_predicting_is_counted_too():
    runs = evidence(repeat(train_wall_s=0.1, evaluation_wall_s=5), repeat(train_wall_s=0.3, evaluation_wall_s=0.2))
    found = judge_resources(measure(runs), ResourcesParameters(max_seconds=2.7))
    assert (found.verdict, found.measured["seconds"]) == ("failed", pytest.approx(2.8))
    assert judge_resources(measure(runs), ResourcesParameters(max_seconds=2.9)).verdict == "passed"


def test_something_must_be_asked():
    with pytest.raises(ValidationError, match="max_seconds, max_parameters or both"):
        ResourcesParameters()
