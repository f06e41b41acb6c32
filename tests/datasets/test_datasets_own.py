"""Registered data sets as the worker loads them, and the built-in ones as the api knows them."""

from pathlib import Path

import numpy as np
import pytest

from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store.dataset_files import BUILT_IN_FACTS, OwnDataset, check_split, to_archive
from worker.datasets import mnist
from worker.datasets.fetch import fetch
from worker.datasets.model import WrongDataError
from worker.datasets.own import dataset_of
from worker.datasets.registry import DATASETS
from worker.datasets.splits import SplitError, draw

SHARED_DATA_DIR = Path(__file__).parents[2] / "var"
RNG = np.random.default_rng(0)
OWN = OwnDataset(
    x=RNG.normal(size=(60, 4)).astype(np.float32),
    y=np.arange(60) % 3,
    class_names=("a", "b", "c"),
    feature_names=("p", "q", "r", "s"),
)


def spec(dataset, **sizes):
    return AssignmentSpec(
        slug="lab",
        title="Lab",
        dataset=dataset,
        split=SplitSizes(**sizes),
        criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
    )


def test_a_registered_data_set_is_split_like_any_other():
    found = dataset_of(to_archive(OWN), name="own", sha256=OWN.sha256)
    assert (found.name, found.sha256, found.scale, found.test_x) == ("own", OWN.sha256, 1, None)
    assert (found.class_names, found.feature_names, found.input_shape) == (OWN.class_names, OWN.feature_names, (4,))
    split = draw(found, spec("own", train=30, validation=15, test=12, board=3), secret_seed=b"s" * 32, repeat=0)
    assert [np.bincount(y).tolist() for y in (split.train_y, split.validation_y, split.test_y, split.board_y)] == [
        [10] * 3, [5] * 3, [4] * 3, [1] * 3,
    ]  # fmt: skip
    rows = np.concatenate([split.train_x, split.validation_x, split.test_x, split.board_x])
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(OWN.x, axis=0))


def test_an_archive_that_is_not_what_was_registered_is_refused():
    other = OwnDataset(x=OWN.x, y=(OWN.y + 1) % 3, class_names=OWN.class_names)
    with pytest.raises(WrongDataError, match=r"own: sha256 of the arrays is .*, expected"):
        dataset_of(to_archive(other), name="own", sha256=OWN.sha256)
    with pytest.raises(WrongDataError, match=r"own: file: is not an \.npz"):
        dataset_of(to_archive(OWN)[:-10], name="own", sha256=OWN.sha256)


@pytest.mark.parametrize(
    "sizes",
    [
        {"train": 40, "validation": 10, "test": 10},
        {"train": 40, "validation": 10, "test": 11},
        {"train": 40, "validation": 10, "test": 10, "board": 3},
    ],
)
def test_what_check_split_lets_through_can_be_drawn(sizes):
    asked = spec("own", **sizes)
    found = dataset_of(to_archive(OWN), name="own", sha256=OWN.sha256)
    if check_split(asked, OWN.facts()):
        with pytest.raises(SplitError):
            draw(found, asked, secret_seed=b"s" * 32, repeat=0)
    else:
        draw(found, asked, secret_seed=b"s" * 32, repeat=0)


@pytest.mark.parametrize("name", ["iris", "mnist"])
def test_the_facts_of_the_built_in_data_sets_are_theirs(name):
    if name == "mnist" and not mnist.folder(SHARED_DATA_DIR).is_dir():
        fetch(SHARED_DATA_DIR, progress=print)
    dataset, facts = DATASETS[name](SHARED_DATA_DIR), BUILT_IN_FACTS[name]
    assert (facts["rows"], tuple(facts["input_shape"])) == (len(dataset.y), dataset.input_shape)
    counted = {"classes": dataset.y, "test_classes": dataset.test_y}
    for part, labels in counted.items():
        rows = [] if labels is None else np.bincount(labels).tolist()
        expected = [{"name": n, "rows": r} for n, r in zip(dataset.class_names, rows, strict=bool(rows))]
        assert facts.get(part, []) == expected


def test_the_built_in_names_are_those_of_the_registry():
    assert set(BUILT_IN_FACTS) == set(DATASETS)
