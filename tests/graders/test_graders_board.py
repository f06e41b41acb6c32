from __future__ import annotations

import base64
import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders import board
from graders.board import BoardEntry, final_board, misses_of, public_board


def entry(at_s, missed, rows=80):
    packed = base64.b64encode(np.packbits(missed).tobytes()).decode()
    return BoardEntry(at_s=at_s, packed_misses=packed, rows=rows)


def first(count, rows=80):
    return np.arange(rows) < count


def standings(found):
    return [(place.rank, place.standing.user, place.standing.released_error) for place in found]


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(board).failed == 0


@given(st.lists(st.booleans(), min_size=1, max_size=70))
def test_misses_come_back_as_they_were_packed(missed):
    packed = base64.b64encode(np.packbits(missed).tobytes()).decode()
    assert misses_of(packed=packed, rows=len(missed)).tolist() == missed


@pytest.mark.parametrize(("packed", "rows"), [("8A==", 9), ("8PA=", 8), ("8A", 8), ("!!!!", 8), ("", 1)])
def test_what_cannot_be_read_is_refused(packed, rows):
    with pytest.raises(ValueError):
        misses_of(packed=packed, rows=rows)


def test_a_place_is_dated_by_the_submission_that_set_it():
    ana = [entry(1.0, first(40)), entry(5.0, first(20))]
    dan = [entry(2.0, first(40)), entry(3.0, first(20)), entry(9.0, first(20))]
    found = public_board({"ana": ana, "dan": dan}, rows=80, step=None)
    assert standings(found) == [(1, "dan", 0.25), (2, "ana", 0.25)]
    assert [place.standing.set_at_s for place in found] == [3, 5]


def test_the_least_step_and_submissions_that_were_not_measured_whole():
    sent = [entry(1.0, first(40)), entry(2.0, first(0, 40), rows=40), entry(3.0, first(30))]
    assert standings(public_board({"ana": sent}, rows=80, step=None)) == [(1, "ana", 0.375)]
    assert standings(public_board({"ana": sent}, rows=80, step=0.2)) == [(1, "ana", 0.5)]
    assert public_board({"ana": sent[1:2]}, rows=80, step=None) == ()
    assert public_board({}, rows=80, step=None) == ()


def test_the_final_board_ranks_by_test_error_and_then_by_who_came_first():
    found = final_board({"ana": (0.9, 5.0), "dan": (0.9, 4.0), "eva": (1.0, 9.0), "ion": (0.0, 1.0)})
    assert standings(found) == [(1, "eva", 0), (2, "dan", 0.1), (3, "ana", 0.1), (4, "ion", 1)]
