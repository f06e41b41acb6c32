"""What a file is tried on at home: never a row that a grade rests on."""

from __future__ import annotations

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graders.labs import LABS
from graders.spec import SplitSizes
from worker.datasets import public
from worker.datasets.model import Dataset
from worker.datasets.public import public_part, public_sizes
from worker.datasets.splits import draw

ROWS = st.integers(1, 70_000)


def test_doctests_hold():
    result = doctest.testmod(public)
    assert result.attempted
    assert not result.failed


@given(train=ROWS, validation=ROWS, test=ROWS, board=st.integers(0, 5000), rows=st.integers(30, 60_000))
def test_parts_fit_the_rows_that_there_are(train, validation, test, board, rows):
    asked = SplitSizes(train=train, validation=validation, test=test, board=board)
    found = public_sizes(asked, rows)
    parts = (found.train, found.validation, found.test, found.board)
    if train + validation + test + board <= rows:
        assert found == asked
    else:
        assert sum(parts) <= rows + 3
        assert found.train <= train
        assert found.board <= board
    assert min(parts[:3]) >= 1


def test_rows_that_are_kept_for_testing_stay_unseen():
    x = np.arange(600, dtype=np.uint8).reshape(600, 1) % 250
    y = np.arange(600, dtype=np.int64) % 3
    whole = Dataset(
        name="own", sha256="0" * 64, x=x, y=y, class_names=("a", "b", "c"),
        test_x=np.full((100, 1), 255, np.uint8), test_y=np.zeros(100, np.int64),
    )  # fmt: skip
    spec = LABS["mnist-single-layer"].model_copy(update={"split": SplitSizes(train=500, validation=100, test=100)})
    part = public_part(whole)
    tried = spec.model_copy(update={"split": public_sizes(spec.split, len(part.x))})
    split = draw(part, tried, secret_seed=b"home", repeat=0)
    assert (len(split.train_y), len(split.validation_y), len(split.test_y)) == (500, 50, 50)
    assert 255 not in np.concatenate([split.train_x, split.validation_x, split.test_x])
    rows = np.concatenate(list(split.rows.values()))
    assert len(np.unique(rows)) == len(rows) == 600


def test_the_built_in_labs_train_on_as_many_rows_as_at_a_service():
    for spec in LABS.values():
        rows = {"iris": 150, "mnist": 60_000}[spec.dataset]
        assert public_sizes(spec.split, rows).train == spec.split.train
