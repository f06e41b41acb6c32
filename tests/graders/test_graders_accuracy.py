from __future__ import annotations

import pytest
from evidence_samples import evidence, repeat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graders.accuracy import AccuracyParameters, judge_accuracy
from graders.measures import measure

PARAMETERS = AccuracyParameters(full_at=0.95, zero_at=0.5)


def judged(parameters=PARAMETERS, **wrong):
    return judge_accuracy(measure(evidence(repeat(**wrong))), parameters)


@pytest.mark.parametrize(
    ("wrong", "verdict", "code", "share"),
    [
        (0, "passed", "accuracy.reached", 1),
        (1, "passed", "accuracy.reached", 1),
        (3, "partial", "accuracy.partial", (0.9 - 0.5) / 0.45),
        (15, "failed", "accuracy.too_low", 0),
        (30, "failed", "accuracy.too_low", 0),
    ],
)
def test_points_fall_linearly_between_the_cut_offs(wrong, verdict, code, share):
    found = judged(test_wrong=wrong)
    assert (found.verdict, found.messages[0].code) == (verdict, code)
    assert found.share == pytest.approx(share)


def test_message_says_measured_asked_and_interval():
    message = judged(test_wrong=1).messages[0]
    assert message.parameters == {
        "part": "test",
        "measured": pytest.approx(29 / 30),
        "asked": 0.95,
        "low": pytest.approx(0.833, abs=1e-3),
        "high": pytest.approx(0.994, abs=1e-3),
        "n": 30,
    }


def test_says_when_chance_may_have_decided():
    assert [m.code for m in judged(test_wrong=1).messages][1:] == ["accuracy.threshold_inside_interval"]
    assert len(judged(test_wrong=25).messages) == 1


def test_reads_the_part_asked_for():
    parameters = AccuracyParameters(part="validation", full_at=0.95, zero_at=0.5)
    assert judged(parameters, test_wrong=30, validation_wrong=0).verdict == "passed"


def test_a_missing_part_is_not_graded():
    found = judge_accuracy(measure(evidence(repeat(parts={}))), PARAMETERS)
    assert (found.verdict, found.share, found.messages[0].code) == ("not_graded", 0, "accuracy.no_evidence")


@given(st.integers(0, 30), st.integers(0, 30), st.floats(0, 1), st.floats(0, 1))
def test_fewer_mistakes_never_cost_points(some, more, cut, other_cut):
    parameters = AccuracyParameters(full_at=max(cut, other_cut), zero_at=min(cut, other_cut))
    better, worse = sorted((some, more))
    share = judged(parameters, test_wrong=better).share
    assert 0 <= judged(parameters, test_wrong=worse).share <= share <= 1


def test_repeats_are_pooled():
    pair = evidence(repeat(test_wrong=0), repeat(test_wrong=6), distinct_rows={"test": 54})
    found = judge_accuracy(measure(pair), PARAMETERS)
    assert found.measured["measured"] == pytest.approx(0.9)
    assert found.measured["n"] == 54


def test_cut_offs_in_the_wrong_order_are_refused():
    with pytest.raises(ValidationError, match="must not exceed"):
        AccuracyParameters(full_at=0.5, zero_at=0.9)
