"""The Ladder against an implementation in exact fractions, and against the attacks it is there for."""

from __future__ import annotations

import doctest
import itertools
import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders import leaderboard
from graders.leaderboard import Standing, error_bound_after, fixed_step_error_bound, fixed_step_ladder, ladder

SUBMISSIONS = 500


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(leaderboard).failed == 0
    assert doctest.testmod(leaderboard).attempted >= 8


# --- the mechanisms ---------------------------------------------------------------------------------------


def plain_ladder(misses):
    """Algorithm 2 as it is written, loss vectors and all, in fractions."""
    best, shown = None, []
    for row in misses:
        losses = [Fraction(int(miss)) for miss in row]
        mean = sum(losses) / len(losses)
        if best is None:
            best = losses, mean
        else:
            variance = statistics.variance([new - old for new, old in zip(losses, best[0], strict=True)])
            gain = best[1] - mean
            if gain > 0 and gain**2 > variance / len(losses):
                best = losses, mean
        shown.append(best[1])
    return shown


def plain_fixed_step_ladder(misses, step):
    """Algorithm 1 in fractions; `step` is one. What is rounded above 1 is shown as 1, and compared as it is."""
    released, shown = None, []
    for row in misses:
        error = Fraction(int(row.sum()), row.size)
        if released is None or error < released - step:
            released = math.floor(error / step + Fraction(1, 2)) * step
        shown.append(min(Fraction(1), released))
    return shown


@st.composite
def drawn_misses(draw):
    """Submissions of one competitor: some unrelated, some a few rows away from the one before."""
    rows, count = draw(st.integers(2, 40)), draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    misses = [rng.random(rows) < 0.7]
    for _ in range(count):
        if draw(st.booleans()):
            misses.append(rng.random(rows) < draw(st.floats(0, 1)))
        else:
            misses.append(misses[-1] ^ (rng.random(rows) < 0.1))
    return misses


steps = st.integers(1, 40).map(lambda parts: Fraction(1, parts)) | st.sampled_from([Fraction(2, 5)])


@given(drawn_misses())
def test_shows_what_algorithm_2_shows(misses):
    found = [shown.released_error for shown in ladder(misses=misses)]
    assert found == [float(error) for error in plain_ladder(misses)]


@given(drawn_misses(), steps)
def test_shows_what_algorithm_1_shows(misses, step):
    found = [shown.released_error for shown in fixed_step_ladder(misses=misses, step=float(step))]
    assert found == pytest.approx(
        [float(error) for error in plain_fixed_step_ladder(misses, step)], abs=1e-12
    )


@given(drawn_misses(), steps)
def test_a_board_only_falls_and_never_below_what_was_measured(misses, step):
    measured = [row.mean() for row in misses]
    boards = {
        0.0: ladder(misses=misses),
        float(step / 2): fixed_step_ladder(misses=misses, step=float(step)),
    }
    for rounding, board in boards.items():
        errors = [shown.released_error for shown in board]
        assert len(errors) == len(misses)
        assert errors == sorted(errors, reverse=True)
        for time, shown in enumerate(board):
            assert shown.set_by <= time
            assert 0 <= shown.released_error <= 1
            assert shown.released_error >= min(measured[: time + 1]) - rounding - 1e-9
            assert shown.released_error == pytest.approx(measured[shown.set_by], abs=rounding + 1e-9)


@given(drawn_misses(), steps, st.integers(0, 20))
def test_handing_in_the_same_predictions_again_changes_nothing(misses, step, which):
    which %= len(misses)
    for again in (which, len(misses) - 1):
        more = [*misses, misses[again]]
        assert ladder(misses=more)[:-1] == ladder(misses=misses)
        assert fixed_step_ladder(misses=more, step=float(step))[-1].released_error <= (
            fixed_step_ladder(misses=misses, step=float(step))[-1].released_error
        )
    # What set the board, or came last and did not change it, still does not.
    for board in (
        lambda misses: ladder(misses=misses),
        lambda misses: fixed_step_ladder(misses=misses, step=float(step)),
    ):
        shown = board(misses)
        assert board([*misses, misses[shown[-1].set_by]])[-1] == shown[-1]
        assert board([*misses, misses[-1]])[-1] == shown[-1]


@given(drawn_misses(), st.permutations(range(40)))
def test_the_order_of_the_rows_does_not_matter(misses, order):
    order = [row for row in order if row < misses[0].size]
    mixed = [row[order] for row in misses]
    assert ladder(misses=mixed) == ladder(misses=misses)
    assert fixed_step_ladder(misses=mixed, step=0.1) == fixed_step_ladder(misses=misses, step=0.1)


@given(drawn_misses(), st.floats(0.01, 1))
def test_a_least_step_limits_how_often_the_board_changes(misses, least_step):
    board = ladder(misses=misses, least_step=least_step)
    assert len(set(board)) <= 1 + 1 / least_step
    errors = list(dict.fromkeys(shown.released_error for shown in board))
    assert all(above - below > least_step for above, below in itertools.pairwise(errors))


@pytest.mark.parametrize(
    ("differing", "fewer", "changes"), [(1, 1, False), (2, 2, True), (9, 3, False), (8, 4, True)]
)
def test_the_step_is_one_standard_error_of_the_difference(differing, fewer, changes):
    """s / sqrt(n) is passed when (rows won - rows lost)^2 exceeds the number of rows that differ."""
    old = np.arange(100) < 50
    new = old.copy()
    won = (differing + fewer) // 2
    new[:won], new[50 : 50 + differing - won] = False, True
    assert np.count_nonzero(new != old) == differing
    assert (ladder(misses=[old, new])[1].set_by == 1) is changes


@pytest.mark.parametrize("better_by", [10, 11])
def test_better_by_just_one_step_is_not_better_by_more_than_a_step(better_by):
    old, new = np.arange(100) < 70, np.arange(100) < 70 - better_by
    assert fixed_step_ladder(misses=[old, new], step=0.1)[1].set_by == (better_by > 10)
    assert ladder(misses=[old, new], least_step=0.1)[1].set_by == (better_by > 10)


def test_nothing_handed_in_shows_nothing():
    assert ladder(misses=[]) == fixed_step_ladder(misses=[], step=0.1) == ()


@pytest.mark.parametrize(
    "misses",
    [
        [np.zeros(3, bool), np.zeros(4, bool)],
        [np.zeros((3, 2), bool)],
        [np.zeros(1, bool)],
        [np.zeros(3)],
        [np.zeros(3, bool), np.zeros(3, np.int64)],
    ],
)
def test_rows_that_do_not_fit_are_our_bug(misses):
    with pytest.raises(ValueError):
        ladder(misses=misses)
    with pytest.raises(ValueError):
        fixed_step_ladder(misses=misses, step=0.1)


@pytest.mark.parametrize("step", [0, -0.1, 1.5, math.nan])
def test_a_step_is_a_share(step):
    with pytest.raises(ValueError):
        fixed_step_ladder(misses=[np.zeros(3, bool)], step=step)
    with pytest.raises(ValueError):
        fixed_step_error_bound(rows=100, submissions=1, step=step)
    if step != 0:
        with pytest.raises(ValueError):
            ladder(misses=[np.zeros(3, bool)], least_step=step)


# --- the bounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0.02, 0.1, 0.5])
def test_the_bound_solves_the_theorem(step):
    bound = fixed_step_error_bound(rows=3000, submissions=200, step=step, failure_probability=0.01)
    epsilon = bound - step
    assert math.exp(
        -2 * epsilon**2 * 3000 + (1 / step + 2) * math.log(4 * 200 / step) + 1
    ) == pytest.approx(0.01)  # fmt: skip


def test_bounds_shrink_with_rows_and_grow_with_submissions_and_changes():
    def of(rows, submissions, changes):
        return error_bound_after(rows=rows, submissions=submissions, changes=changes)

    assert of(4000, 100, 3) < of(2000, 100, 3) < of(2000, 500, 3) < of(2000, 500, 9)
    assert fixed_step_error_bound(rows=4000, submissions=100, step=0.1) < (
        fixed_step_error_bound(rows=2000, submissions=500, step=0.1)
    )


def test_one_submission_is_bounded_by_hoeffding_within_what_its_histories_cost():
    """exp(-2 e^2 n) = p for a single classifier; the rest pays for n + 1 histories and 2 for c = 1."""
    bound = error_bound_after(rows=1000, submissions=1, changes=1, failure_probability=0.1)
    assert math.exp(-2 * bound**2 * 1000) * 1001 * 2 == pytest.approx(0.1)


@pytest.mark.parametrize(
    "wrong", [{"rows": 0}, {"submissions": 0}, {"changes": 0}, {"changes": 6}, {"failure_probability": 0}]
)
def test_counts_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError):
        error_bound_after(**{"rows": 10, "submissions": 5, "changes": 2, **wrong})


# --- the attacks ------------------------------------------------------------------------------------------


def naive_best(misses):
    """The board that shows every measured error, and keeps the best."""
    return list(np.minimum.accumulate([row.mean() for row in misses]))


def naive_answers(misses):
    return [row.mean() for row in misses]


def ladder_answers(misses):
    return [shown.released_error for shown in ladder(misses=misses)]


def fixed_answers(misses):
    return [shown.released_error for shown in fixed_step_ladder(misses=misses, step=0.05)]


def votes_worth_keeping(answers, chance):
    """Both readings of a board: answers better than chance, and answers that bettered the board."""
    yield [index for index, answer in enumerate(answers) if answer < chance]
    yield [index for index, answer in enumerate(answers) if index == 0 or answer < answers[index - 1]]


def boosted(votes, kept, classes):
    """Each row's most frequent class among the kept submissions."""
    counts = np.stack([(votes[kept] == c).sum(axis=0) for c in range(classes)])
    return counts.argmax(axis=0)


def boosting_attack(rng, rows, classes, answers_of):
    """(what the attacker's best final submission shows, its true error, how often the board changed).

    The hidden labels are drawn from `classes` at random and nothing can be learnt of them, so the true error
    of any fixed prediction is chance; it is measured on fresh labels all the same.
    """
    chance = 1 - 1 / classes
    labels, votes = rng.integers(0, classes, rows), rng.integers(0, classes, (SUBMISSIONS, rows))
    misses = list(votes != labels)
    answers = answers_of(misses)
    results = []
    for kept in votes_worth_keeping(answers, chance):
        final = boosted(votes, kept, classes)
        shown = answers_of([*misses, final != labels])
        # The naive board keeps the best too; for the attacker that is what stands there in the end.
        apparent = min(shown)
        changes = len(set(np.minimum.accumulate(shown)))
        fresh = rng.integers(0, classes, (50, rows))
        results.append((apparent, float((final != fresh).mean()), changes))
    return min(results)


@pytest.mark.parametrize("classes", [2, 10])
def test_boosting_by_majority_climbs_a_naive_board_and_not_the_ladder(classes):
    """Blum and Hardt 2015, the boosting attack: random votes, and the majority of the lucky ones."""
    chance = 1 - 1 / classes
    print(f"\n{classes} classes, {SUBMISSIONS} random submissions and their majority; chance errs {chance}")
    print(f"{'rows':>6} {'board':>15} {'shown':>7} {'true':>7} {'gain':>7} {'bound':>7} {'changes':>7}")
    for rows in (1000, 2000, 4000):
        gains = {}
        boards = {"naive": naive_answers, "ladder": ladder_answers, "ladder 0.05": fixed_answers}
        for name, answers_of in boards.items():
            rng = np.random.default_rng(rows + classes)
            apparent, true, changes = boosting_attack(rng, rows, classes, answers_of)
            gains[name] = true - apparent
            handed_in = SUBMISSIONS + 1
            bound = {
                "naive": math.nan,  # there is none
                "ladder": error_bound_after(rows=rows, submissions=handed_in, changes=changes),
                "ladder 0.05": fixed_step_error_bound(rows=rows, submissions=handed_in, step=0.05),
            }[name]
            print(
                f"{rows:6} {name:>15} {apparent:7.3f} {true:7.3f} {gains[name]:7.3f} {bound:7.3f} {changes:7}"
            )
            assert true == pytest.approx(chance, abs=0.01)
            if name != "naive":
                assert gains[name] <= bound
        noise = math.sqrt(chance * (1 - chance) / rows)
        assert gains["naive"] > 4.5 * noise, "the attack itself must work"
        assert gains["ladder"] < gains["naive"] / 2
        assert gains["ladder"] < 4 * noise
        assert gains["ladder 0.05"] < 0.025 + 4 * noise


def hill_climb(rng, rows, answers_of):
    """The error shown after changing two rows at a time and keeping what the board calls better.

    What is refused leaves the board as it was, so only the last submission kept is handed to it again.
    """
    labels, kept = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    for _ in range(SUBMISSIONS):
        trial = kept.copy()
        trial[rng.choice(rows, 2, replace=False)] ^= 1
        before, after = answers_of([kept != labels, trial != labels])
        kept = trial if after < before else kept
    return answers_of([kept != labels])[0]


def test_two_rows_at_a_time_climb_the_paired_test_and_not_a_least_step():
    """Found here, not in the paper: why `least_step` exists."""
    rows = 2000

    def gain(answers_of):
        return 0.5 - hill_climb(np.random.default_rng(5), rows, answers_of)

    paired = gain(ladder_answers)
    least = gain(lambda misses: [shown.released_error for shown in ladder(misses=misses, least_step=0.01)])
    fixed = gain(fixed_answers)
    print(f"\ntwo rows at a time, {SUBMISSIONS} submissions, {rows} rows, chance errs 0.5; gain shown:")
    print(
        f"  paired test {paired:.3f}, with a least step of 0.01 {least:.3f}, fixed step of 0.05 {fixed:.3f}"
    )
    assert paired > 0.08
    noise = math.sqrt(0.25 / rows)
    assert least < 4 * noise
    assert fixed < 0.025 + 4 * noise
    assert least <= error_bound_after(rows=rows, submissions=SUBMISSIONS + 1, changes=1)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_an_honest_competitor_who_gets_better_is_seen_to(seed):
    """Errors 0.3, 0.25, ... 0.05 on 2,000 rows, each nested in the last as a better model's mostly are."""
    luck = np.random.default_rng(seed).random(2000)
    misses = [luck < error for error in (0.3, 0.25, 0.2, 0.15, 0.1, 0.05)]
    assert [shown.set_by for shown in ladder(misses=misses)] == [0, 1, 2, 3, 4, 5]
    assert ladder_answers(misses) == naive_best(misses)


# --- ranks ------------------------------------------------------------------------------------------------

standings = st.lists(
    st.builds(
        Standing,
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from([0.0, 0.1, 0.25, 1.0]),
        st.sampled_from([0.0, 1.5, 2.0]),
    ),
    max_size=12,
)


@given(standings)
def test_ranks_are_dense_and_the_first_of_equals_stands_higher(board):
    ranked = leaderboard.rank(board)
    keys = [(one.standing.released_error, one.standing.set_at_s) for one in ranked]
    distinct = sorted({(standing.released_error, standing.set_at_s) for standing in board})
    assert keys == sorted(keys)
    assert [one.rank for one in ranked] == [distinct.index(key) + 1 for key in keys]
    for place in distinct:  # equal in both: the order given
        given_order = [standing.user for standing in board if standing[1:] == place]
        assert [one.standing.user for one in ranked if one.standing[1:] == place] == given_order


@pytest.mark.parametrize(
    "wrong", [(math.nan, 0.0), (math.inf, 0.0), (-0.1, 0.0), (1.1, 0.0), (0.5, math.nan)]
)
def test_what_has_no_error_has_no_rank(wrong):
    with pytest.raises(ValueError):
        leaderboard.rank([Standing("ana", 0.1, 1.0), Standing("dan", *wrong)])
