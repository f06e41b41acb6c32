"""One examination: what lies where, what is asked twice, and who is caught by it. Models are numpy functions."""

from pathlib import Path

import numpy as np
import pytest

from graders.architecture import measure_bend
from graders.labs import LABS
from graders.spec import SplitSizes
from graders.variation import measure_variation
from worker.material import Materials, draw_examination

SPEC = LABS["iris-single-layer"].model_copy(
    update={"split": SplitSizes(train=80, validation=30, test=30, board=10), "evaluated_train_rows": 50}
)
DATA_ROWS = 50 + 30 + 30 + 10
NEAR, FAR = (1.0, 4.0), 16.0


@pytest.fixture(scope="module")
def material():
    return Materials(Path("unused")).get(SPEC, secret_seed=b"examination", repeat=0)


@pytest.fixture
def examination(material):
    return draw_examination(SPEC, material, rng=np.random.default_rng(3))


def asked(examination):
    """The rows as the jail would map them."""
    shape = examination.inputs.spec["shape"]
    data = Path(f"/proc/self/fd/{examination.inputs.descriptor}").read_bytes()
    return np.frombuffer(data, np.float32).reshape(shape)


def seen(examination, model):
    """What comes of a model, float64 (n, 4) -> (n, 3): its bend and how its answers vary."""
    answer = model(asked(examination).astype(np.float64)).astype(np.float32)
    probes = examination.probes(answer)
    return measure_bend(probes), measure_variation(probes, examination.asked_twice(answer))


def layer(rng, inputs=4, outputs=3):
    w, b = rng.normal(size=(inputs, outputs)), rng.normal(size=outputs)
    return lambda x: (x - 3.5) @ w + b


def network(rng):
    w, b, last = rng.normal(size=(4, 16)) / 2, rng.normal(size=16), rng.normal(size=(16, 3))
    return lambda x: np.tanh((x - 3.5) @ w + b) @ last


def test_places_are_those_of_the_rows_they_name(material, examination):
    rows = asked(examination)
    straight = np.empty_like(rows)
    straight[examination.order] = rows
    split = material.split
    data = [split.train_x[examination.train_rows], split.validation_x, split.test_x, split.board_x]
    assert examination.data_rows == DATA_ROWS
    np.testing.assert_array_equal(straight[:DATA_ROWS], np.concatenate(data))
    for scale, places in examination.probe_places.items():
        a, b, middle = np.moveaxis(straight[places], 1, 0)
        np.testing.assert_array_equal(middle, (a + b) / np.float32(2))
        # At scale 1 the ends are rows of the data that are held out, asked for their own sake.
        assert ((places[:, :2] >= 50) & (places[:, :2] < DATA_ROWS)).all() == (scale == 1)
    assert set(examination.probe_places) == {*NEAR, FAR}


def test_what_is_asked_twice_is_the_same_in_every_bit_and_lies_anywhere(examination):
    rows = asked(examination)
    straight = np.empty_like(rows)
    straight[examination.order] = rows
    assert set(examination.twice_places) == set(NEAR)
    for scale, places in examination.twice_places.items():
        assert places.shape == (32, 2)
        assert straight[places[:, 0]].tobytes() == straight[places[:, 1]].tobytes()
        assert len(np.unique(places[:, 1])) == 32
        assert set(places[:, 0].tolist()) <= set(examination.probe_places[scale].ravel().tolist())
    # Rows of one kind come neither first nor last.
    again = np.concatenate([places[:, 1] for places in examination.twice_places.values()])
    at = np.flatnonzero(np.isin(examination.order, again)) / len(rows)
    assert at.min() < 0.1
    assert at.max() > 0.9
    assert 0.3 < at.mean() < 0.7


def test_every_row_is_asked_no_more_often_than_it_must_be(examination):
    assert len(asked(examination)) == DATA_ROWS + 128 + 2 * 3 * 128 + 2 * 32


@pytest.mark.parametrize("seed", range(5))
def test_one_layer_and_several_are_told_apart(examination, seed):
    rng = np.random.default_rng(seed)
    for model, found in ((layer(rng), "single_layer"), (network(rng), "multi_layer")):
        bend, variation = seen(examination, model)
        assert (bend.found, variation.difference) == (found, 0)


@pytest.mark.parametrize("seed", range(5))
def test_noise_in_place_of_a_hidden_layer_is_seen(examination, seed):
    rng = np.random.default_rng(seed)
    straight = layer(rng)
    bend, variation = seen(examination, lambda x: (z := straight(x)) + rng.normal(scale=0.04 * z.std(), size=z.shape))
    assert bend.found == "multi_layer"
    assert variation.is_chance


@pytest.mark.parametrize("seed", range(5))
def test_a_network_for_the_data_and_a_layer_for_all_else_is_not_one_layer(material, examination, seed):
    """Whatever is no row of the data it answers in straight lines, training rows too."""
    rng, split = np.random.default_rng(seed), material.split
    bent, known = network(rng), split.train_x.astype(np.float64)
    weights = np.linalg.lstsq(np.column_stack([known, np.ones(80)]), bent(known), rcond=None)[0]
    held_out = np.concatenate([split.validation_x, split.test_x, split.board_x]).astype(np.float64)

    def detector(x):
        of_data = (x[:, None, :] == held_out[None]).all(axis=2).any(axis=1)
        straight = np.column_stack([x, np.ones(len(x))]) @ weights
        return np.where(of_data[:, None], bent(x), straight)

    bend, _ = seen(examination, detector)
    assert bend.found != "single_layer"


def test_class_ids_show_no_bend_but_whether_they_vary(examination):
    straight = layer(np.random.default_rng(1))

    def ids(rng):
        return (straight(asked(examination)) + rng.normal(scale=3, size=(len(examination.order), 3))).argmax(axis=1)

    honest, dice = straight(asked(examination)).argmax(axis=1), ids(np.random.default_rng(2))
    assert examination.probes(honest) == ()
    assert measure_variation((), examination.asked_twice(honest)).difference == 0
    found = measure_variation((), examination.asked_twice(dice))
    assert (found.measure, found.is_chance) == ("class_ids", True)


def test_scores_of_probes_that_are_no_numbers_cost_nothing(examination):
    answer = layer(np.random.default_rng(1))(asked(examination)).astype(np.float32)
    far = np.isin(examination.order, examination.probe_places[FAR])
    answer[far] = np.nan
    assert examination.rows_not_finite(answer) == 0
    answer[np.flatnonzero(examination.order == DATA_ROWS - 1)] = np.inf
    assert examination.rows_not_finite(answer) == 1
