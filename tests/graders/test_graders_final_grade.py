"""From report to grade: what must hold of every grade, and the edges of lateness."""

from __future__ import annotations

import doctest
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graders import final_grade
from graders.final_grade import DAY_S, HandedIn, closes_at_s, grade_of
from graders.spec import LatePolicy

DUE = 1_800_000_000.0
TEN_PERCENT = LatePolicy(percent_per_day=10)
COUNTING = ("best", "last", "chosen")

points = st.floats(min_value=0, max_value=12, allow_nan=False).map(lambda value: round(value, 2))
times = st.floats(min_value=DUE - 3 * DAY_S, max_value=DUE + 15 * DAY_S, allow_nan=False)
policies = st.none() | st.builds(
    LatePolicy,
    percent_per_day=st.floats(min_value=0, max_value=100, allow_nan=False),
    cut_off_days=st.none() | st.floats(min_value=0, max_value=12, allow_nan=False),
)


@st.composite
def students(draw):
    """What one student may have handed in, and how it is graded."""
    drawn = draw(st.lists(st.tuples(times, st.none() | points, st.none() | points), max_size=6))
    handed_in = [
        HandedIn(id=str(number), at_s=at, points=reported, max_points=10.0, override_points=override)
        for number, (at, reported, override) in enumerate(drawn)
    ]
    return handed_in, {
        "due_at_s": draw(st.none() | st.just(DUE)),
        "extended_to_s": draw(st.none() | times),
        "late": draw(policies),
        "counting": draw(st.sampled_from(COUNTING)),
        "chosen": draw(st.none() | st.sampled_from([str(number) for number in range(7)])),
    }


def one(late_s, *, late=TEN_PERCENT, points=8.0, max_points=10.0, override=None, **kwargs):
    only = HandedIn(id="a", at_s=DUE + late_s, points=points, max_points=max_points, override_points=override)
    return grade_of([only], due_at_s=kwargs.pop("due_at_s", DUE), late=late, **kwargs)


def codes(grade):
    return [message.code for message in grade.messages]


def amount(grade):
    return 0.0 if grade.points is None else grade.points


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(final_grade) == (0, 10)


# --- what must hold of every grade -------------------------------------------------------------------------


@given(students())
def test_a_grade_lies_between_zero_and_the_maximum_in_hundredths(student):
    handed_in, asked = student
    grade = grade_of(handed_in, **asked)
    for found in (grade, *grade.submissions):
        if found.points is not None:
            assert 0 <= found.points <= found.max_points
            assert Decimal(str(found.points)) == round(Decimal(str(found.points)), 2)


@given(students(), st.data())
def test_more_points_never_give_less(student, data):
    handed_in, asked = student
    assume(handed_in)
    index = data.draw(st.integers(0, len(handed_in) - 1))
    assume(handed_in[index].points is not None)
    more = handed_in[index].points + data.draw(points)
    better = [*handed_in[:index], replace(handed_in[index], points=more), *handed_in[index + 1 :]]
    assert amount(grade_of(better, **asked)) >= amount(grade_of(handed_in, **asked))


@given(students(), st.floats(min_value=0, max_value=10 * DAY_S))
def test_later_never_gives_more(student, delay_s):
    handed_in, asked = student
    later = [replace(submission, at_s=submission.at_s + delay_s) for submission in handed_in]
    assert amount(grade_of(later, **asked)) <= amount(grade_of(handed_in, **asked))


@given(students(), st.floats(min_value=0, max_value=10 * DAY_S), st.data())
def test_one_of_them_later_never_gives_more_where_the_best_counts(student, delay_s, data):
    handed_in, asked = student
    assume(handed_in)
    index = data.draw(st.integers(0, len(handed_in) - 1))
    delayed = replace(handed_in[index], at_s=handed_in[index].at_s + delay_s)
    later = [*handed_in[:index], delayed, *handed_in[index + 1 :]]
    asked = asked | {"counting": "best"}
    assert amount(grade_of(later, **asked)) <= amount(grade_of(handed_in, **asked))


@given(students())
def test_an_extension_never_hurts(student):
    handed_in, asked = student
    without = grade_of(handed_in, **asked | {"extended_to_s": None})
    assert amount(grade_of(handed_in, **asked)) >= amount(without)


@given(students())
def test_no_rule_gives_more_than_the_best(student):
    handed_in, asked = student
    best = amount(grade_of(handed_in, **asked | {"counting": "best"}))
    assert all(best >= amount(grade_of(handed_in, **asked | {"counting": rule})) for rule in COUNTING)


@given(students(), st.randoms(use_true_random=False))
def test_grading_again_gives_the_same_whatever_the_order(student, random):
    handed_in, asked = student
    grade = grade_of(handed_in, **asked)
    random.shuffle(handed_in)
    assert grade_of(handed_in, **asked) == grade
    # And graded from its own results: nothing is taken twice from what was reported.
    again = [
        replace(submission, points=found.reported_points)
        for submission, found in zip(
            sorted(handed_in, key=lambda s: (s.at_s, s.id)), grade.submissions, strict=True
        )
    ]
    assert grade_of(again, **asked) == grade


@given(points, st.integers(0, 14), st.integers(0, 10_000))
def test_what_lateness_takes_is_exact(reported, days, hundredths_of_percent):
    """Against decimal arithmetic, halves up."""
    percent = hundredths_of_percent / 100
    late = LatePolicy(percent_per_day=percent)
    grade = one(days * DAY_S, late=late, points=reported, max_points=12)
    share = max(Decimal(0), 1 - days * Decimal(hundredths_of_percent) / 10_000)
    kept = (Decimal(str(reported)) * share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(str(grade.points)) == kept
    assert Decimal(str(grade.counts.taken)) == Decimal(str(reported)) - kept


@settings(max_examples=300)
@given(policies, st.none() | times)
def test_nothing_is_worth_anything_after_the_close(late, extended_to):
    closes = closes_at_s(due_at_s=DUE, extended_to_s=extended_to, late=late)
    assert closes >= DUE
    costs = late is not None and (late.percent_per_day > 0 or late.cut_off_days is not None)
    # Nearer than that, 100 divided by the percentage is a matter of its last digit.
    assume(late is None or late.percent_per_day == 0 or late.percent_per_day > 0.01)
    after = HandedIn(id="a", at_s=closes + 1, points=10, max_points=10)
    grade = grade_of([after], due_at_s=DUE, extended_to_s=extended_to, late=late)
    assert grade.points == (0 if costs else 10)


# --- edges of lateness -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late_s", "days", "expected"),
    [
        (-1, 0, 8.0),
        (0, 0, 8.0),
        (0.001, 1, 7.2),
        (1, 1, 7.2),
        (DAY_S, 1, 7.2),
        (DAY_S + 1, 2, 6.4),
        (3 * DAY_S, 3, 5.6),
        (9 * DAY_S, 9, 0.8),
        (10 * DAY_S, 10, 0.0),
        (300 * DAY_S, 300, 0.0),
    ],
)
def test_each_day_begun_costs(late_s, days, expected):
    grade = one(late_s)
    assert (grade.points, grade.counts.late_days) == (expected, days)
    assert codes(grade) == (["grade.only", "grade.late"] if days else ["grade.only"])


@pytest.mark.parametrize(
    ("late_s", "cut_off_days", "expected", "code"),
    [
        (2 * DAY_S, 2, 6.4, "grade.late"),
        (2 * DAY_S + 1, 2, 0.0, "grade.after_cut_off"),
        (DAY_S / 2, 0.5, 7.2, "grade.late"),
        (DAY_S / 2 + 1, 0.5, 0.0, "grade.after_cut_off"),
        (1, 0, 0.0, "grade.after_cut_off"),
    ],
)
def test_the_cut_off(late_s, cut_off_days, expected, code):
    grade = one(late_s, late=LatePolicy(percent_per_day=10, cut_off_days=cut_off_days))
    assert (grade.points, codes(grade)[-1]) == (expected, code)
    assert one(0, late=LatePolicy(percent_per_day=10, cut_off_days=cut_off_days)).points == 8


def test_lateness_that_costs_nothing():
    assert codes(one(5 * DAY_S, due_at_s=None)) == ["grade.only"]
    for late in (None, LatePolicy(percent_per_day=0)):
        grade = one(5 * DAY_S, late=late)
        assert (grade.points, codes(grade)) == (8, ["grade.only", "grade.late_costs_nothing"])


def test_an_extension_moves_the_due_date_and_only_onwards():
    extended = one(2 * DAY_S, extended_to_s=DUE + 2 * DAY_S)
    assert (extended.points, codes(extended)) == (8, ["grade.only", "grade.extended"])
    assert extended.messages[1].parameters == {"days": 2, "due_at": DUE + 2 * DAY_S}
    late = one(2 * DAY_S + 1, extended_to_s=DUE + 2 * DAY_S)
    assert (late.points, late.counts.late_days) == (7.2, 1)
    # The assignment's own due date was moved past it since.
    earlier = one(1, extended_to_s=DUE - DAY_S)
    assert (earlier.points, earlier.due_at_s, codes(earlier)) == (7.2, DUE, ["grade.only", "grade.late"])


# --- which one counts --------------------------------------------------------------------------------------

EARLY = HandedIn(id="early", at_s=DUE - 10, points=7.0, max_points=10)
LATE = HandedIn(id="late", at_s=DUE + 10, points=7.5, max_points=10)


def test_best_means_best_after_lateness():
    grade = grade_of([EARLY, LATE], due_at_s=DUE, late=TEN_PERCENT)
    assert (grade.points, grade.counts.id) == (7, "early")
    assert grade_of([EARLY, LATE], due_at_s=DUE).counts.id == "late"
    equals = [EARLY, replace(EARLY, id="again", at_s=DUE - 5)]
    assert grade_of(equals).counts.id == "early"


def test_last_means_last_with_a_report():
    waiting = HandedIn(id="waiting", at_s=DUE + 20, points=None, max_points=10)
    grade = grade_of([waiting, LATE, EARLY], due_at_s=DUE, late=TEN_PERCENT, counting="last")
    assert (grade.points, grade.counts.id) == (6.75, "late")
    assert grade.messages[0].parameters == {"of": 2}


def test_a_failed_one_is_worth_nothing_and_an_errored_one_does_not_count():
    failed = HandedIn(id="failed", at_s=DUE, points=0.0, max_points=10)
    errored = HandedIn(id="errored", at_s=DUE + 1, points=None, max_points=10)
    assert grade_of([EARLY, failed, errored], counting="last").points == 0
    grade = grade_of([errored])
    assert (grade.points, grade.max_points, codes(grade)) == (None, None, ["grade.nothing_counts"])
    assert codes(grade_of([])) == ["grade.nothing_handed_in"]


@pytest.mark.parametrize(
    ("chosen", "expected", "code"),
    [
        (None, "late", "grade.not_chosen_yet"),
        ("early", "early", "grade.chosen"),
        ("waiting", "late", "grade.chosen_does_not_count"),
        ("unknown", "late", "grade.chosen_does_not_count"),
    ],
)
def test_the_chosen_one_and_the_best_until_it_counts(chosen, expected, code):
    waiting = HandedIn(id="waiting", at_s=DUE, points=None, max_points=10)
    grade = grade_of([EARLY, LATE, waiting], counting="chosen", chosen=chosen)
    assert (grade.counts.id, codes(grade)[0]) == (expected, code)
    # Where the assignment does not let them choose, a choice from earlier means nothing.
    assert grade_of([EARLY, LATE], counting="best", chosen="early").counts.id == "late"


def test_an_override_replaces_the_points_after_lateness():
    grade = one(DAY_S, override=9)
    assert (grade.points, grade.counts.computed_points, grade.counts.taken) == (9, 7.2, 0.8)
    assert codes(grade) == ["grade.only", "grade.late", "grade.overridden"]
    assert grade.messages[-1].parameters == {"points": 9, "computed": 7.2}
    given = one(0, points=None, override=5)
    assert (given.points, codes(given)[-1]) == (5, "grade.given_without_report")
    # It belongs to its submission: where the best counts, another one may still be better.
    lowered = replace(LATE, override_points=0.0)
    assert grade_of([EARLY, lowered]).counts.id == "early"
    assert grade_of([EARLY, lowered], counting="last").points == 0


def test_what_is_no_number_is_refused():
    for wrong in ({"points": float("nan")}, {"override": float("inf")}, {"max_points": -1}):
        with pytest.raises(ValueError, match="submission a"):
            one(0, **wrong)
