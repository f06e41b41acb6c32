"""What a split promises: shares, disjoint parts, the same rows from the same secret."""

from pathlib import Path

import numpy as np
import pytest

from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from worker.datasets.model import Dataset
from worker.datasets.probes import draw_probes
from worker.datasets.registry import DATASETS
from worker.datasets.splits import SplitError, draw, draw_indices

SECRET = b"s" * 32
KEY = b"k" * 32


def spec_of(train, validation, test):
    return AssignmentSpec(
        slug="lab",
        title="Lab",
        dataset="iris",
        split=SplitSizes(train=train, validation=validation, test=test),
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
    )


@pytest.fixture(scope="module")
def iris():
    return DATASETS["iris"](Path("unused"))


def numbered_dataset(*, own_test):
    """Every row holds its own number, so that rows can be told apart."""
    y = np.arange(1000) % 3
    extra = {"test_x": -1.0 - np.arange(300.0)[:, None], "test_y": np.arange(300) % 3} if own_test else {}
    return Dataset(
        name="numbered", sha256="0", x=np.arange(1000.0)[:, None], y=y, class_names=("a", "b", "c"), **extra
    )


def test_iris_parts_have_equal_shares_of_the_classes(iris):
    split = draw(iris, spec_of(90, 30, 30), secret_seed=SECRET, repeat=0)
    assert np.bincount(split.train_y).tolist() == [30, 30, 30]
    assert np.bincount(split.validation_y).tolist() == [10, 10, 10]
    assert np.bincount(split.test_y).tolist() == [10, 10, 10]
    assert split.train_x.dtype == np.float32
    assert split.train_y.dtype == np.int64
    assert split.train_x.shape == (90, 4)
    assert (split.input_shape, split.n_classes) == ((4,), 3)


def test_iris_parts_together_are_the_data_set(iris):
    split = draw(iris, spec_of(90, 30, 30), secret_seed=SECRET, repeat=3)
    x = np.concatenate([split.train_x, split.validation_x, split.test_x])
    y = np.concatenate([split.train_y, split.validation_y, split.test_y])
    drawn = sorted(map(tuple, np.column_stack([x, y]).tolist()))
    assert drawn == sorted(map(tuple, np.column_stack([iris.x, iris.y]).tolist()))


@pytest.mark.parametrize("own_test", [False, True])
def test_no_row_is_in_two_parts(own_test):
    split = draw(numbered_dataset(own_test=own_test), spec_of(500, 200, 100), secret_seed=SECRET, repeat=0)
    rows = np.concatenate([split.train_x, split.validation_x, split.test_x]).ravel()
    assert len(np.unique(rows)) == 800
    assert (split.test_x < 0).all() == own_test
    assert (split.train_x >= 0).all()


@pytest.mark.parametrize("sizes", [(7, 5, 3), (1, 1, 1), (100, 31, 19), (150,), (149, 1)])
def test_any_sizes_are_met_exactly_with_shares_to_within_a_row(iris, sizes):
    parts = draw_indices(labels=iris.y, sizes=sizes, key=KEY)
    assert [len(part) for part in parts] == list(sizes)
    assert len(np.unique(np.concatenate(parts))) == sum(sizes)
    counts = np.bincount(iris.y[parts[0]], minlength=3)
    assert counts.max() - counts.min() <= 1


def test_unequal_classes_keep_their_shares():
    labels = np.repeat([0, 1], [900, 100])
    (part,) = draw_indices(labels=labels, sizes=(50,), key=KEY)
    assert np.bincount(labels[part]).tolist() == [45, 5]


def test_the_same_secret_draws_the_same_rows(iris):
    first, second = (draw(iris, spec_of(90, 30, 30), secret_seed=SECRET, repeat=1) for _ in range(2))
    assert first.split_id == second.split_id
    assert (first.train_x == second.train_x).all()
    assert (first.test_y == second.test_y).all()


def test_the_draw_is_the_one_it_always_was():
    """A changed draw would give stored evidence other labels than the rows it was made on."""
    (part,) = draw_indices(labels=np.arange(30) % 3, sizes=(6,), key=KEY)
    assert part.tolist() == [23, 0, 22, 1, 9, 20]


def test_another_repeat_or_secret_draws_other_rows(iris):
    spec = spec_of(90, 30, 30)
    splits = [draw(iris, spec, secret_seed=SECRET, repeat=repeat) for repeat in range(5)]
    splits.append(draw(iris, spec, secret_seed=b"another", repeat=0))
    assert len({split.split_id for split in splits}) == 6
    assert len({split.train_x.tobytes() for split in splits}) == 6


def test_rows_come_in_no_order_of_class(iris):
    split = draw(iris, spec_of(90, 30, 30), secret_seed=SECRET, repeat=0)
    assert (np.diff(split.train_y) != 0).sum() > 30


def test_too_many_rows_are_refused(iris):
    with pytest.raises(SplitError, match="151 rows"):
        draw(iris, spec_of(91, 30, 30), secret_seed=SECRET, repeat=0)


def test_probes_are_triples_around_the_centre(iris):
    split = draw(iris, spec_of(90, 30, 30), secret_seed=SECRET, repeat=0)
    probes = draw_probes(split, rng=np.random.default_rng(1), triples=32)
    assert [drawn.scale for drawn in probes] == [1, 4, 16]
    centre = split.train_x.mean(axis=0)
    known = {tuple(np.round(row, 3)) for row in split.train_x.tolist()}
    for drawn in probes:
        rows = drawn.triples
        assert rows.dtype == np.float32
        assert rows.shape == (32, 3, 4)
        assert (rows[:, 0] != rows[:, 1]).any(axis=1).sum() >= 30  # equal rows are rare
        np.testing.assert_allclose(rows[:, 2], (rows[:, 0] + rows[:, 1]) / 2, rtol=1e-6)
    for drawn in probes[1:]:
        for row in centre + (drawn.triples[:, 0] - centre) / drawn.scale:
            assert tuple(np.round(row.tolist(), 3)) in known


@pytest.mark.parametrize("own_test", [False, True])
def test_ends_at_scale_1_are_held_out_rows_of_any_part(own_test):
    spec = spec_of(500, 20, 30)
    spec = spec.model_copy(update={"split": spec.split.model_copy(update={"board": 10})})
    split = draw(numbered_dataset(own_test=own_test), spec, secret_seed=SECRET, repeat=0)
    near = draw_probes(split, rng=np.random.default_rng(2), triples=1000)[0]
    held_out = np.concatenate([split.validation_x, split.test_x, split.board_x])
    assert (near.triples[:, :2] == held_out[near.ends]).all()
    assert (near.ends[:, 0] != near.ends[:, 1]).all()
    assert set(near.ends.ravel().tolist()) == set(range(60))
    assert near.rows_to_ask.shape == (1000, 1)
