"""No file that a jail can read holds rows of Iris, digits or MNIST: looked for by content, whatever its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import multiprocessing
import os
import re
import struct
import zipfile
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from real_jail import Jail
from test_self_test import runner_without

from worker.sandbox import client
from worker.sandbox.tree import label_files, plan_tree

MOST_BYTES = 64 * 1024 * 1024
# The first rows of each, as text with any separator and any way to write a number, or as numbers in memory.
_BETWEEN = rb"[\s,;|\]\[\"']+"


def _row(*numbers):
    return _BETWEEN.join(rb"0*%s(?:\.0*)?" % re.escape(f"{n:g}".lstrip("0") or "0").encode() for n in numbers)


TEXT = {
    "iris by row": re.compile(_row(5.1, 3.5, 1.4, 0.2)),
    "iris by column": re.compile(_row(5.1, 4.9, 4.7, 4.6, 5.0, 5.4)),
    "digits": re.compile(_row(0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5)),
}
# What any of these must hold; looked for first, a hundred times as fast.
NEEDED = {"iris by row": (b"5.1", b"3.5"), "iris by column": (b"5.1", b"4.9"), "digits": (b"13", b"15", b"10")}
BINARY = {
    f"{name} in memory": struct.pack(f"<{len(numbers)}{kind}", *numbers)
    for kind in "fd"
    for name, numbers in (("iris by row", (5.1, 3.5, 1.4, 0.2)), ("iris by column", (5.1, 4.9, 4.7, 4.6)))
} | {"MNIST images": b"\x00\x00\x08\x03\x00\x00", "MNIST labels": b"\x00\x00\x08\x01\x00\x00"}


def _unpacked(path, data):
    """The bytes themselves and what is packed in them."""
    yield data
    try:
        if data[:2] == b"\x1f\x8b":
            yield gzip.decompress(data)
        elif data[:3] == b"BZh":
            yield bz2.decompress(data)
        elif data[:6] == b"\xfd7zXZ\x00":
            yield lzma.decompress(data)
        elif data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    yield packed.read(name)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError):
        return


def _holds(path):
    data = path.read_bytes()
    return {
        name
        for content in _unpacked(path, data)
        for name in (
            *(
                name
                for name, pattern in TEXT.items()
                if all(needle in content for needle in NEEDED[name]) and pattern.search(content)
            ),
            *(name for name, needle in BINARY.items() if needle in content and (not name.startswith("MNIST") or content.startswith(needle))),
        )
    }


def _readable(tree):
    hidden = (*tree.hidden_folders, *tree.hidden_files)
    for source, inside in tree.binds:
        for folder, folders, names in os.walk(source):
            here = inside + folder[len(source) :]
            folders[:] = [name for name in folders if f"{here}/{name}" not in hidden and name != "__pycache__"]
            for name in names:
                path = Path(folder, name)
                if f"{here}/{name}" not in hidden and path.is_file() and not path.is_symlink():
                    yield path


def _suspicious(path):
    """Shared libraries and compiled code hold no tables; what is larger than any of the data sets neither."""
    return path.suffix not in {".so", ".a", ".pyc"} and ".so." not in path.name and path.stat().st_size < MOST_BYTES


# Rows of a single class, in a docstring.
HARMLESS = {"sklearn/model_selection/_split.py"}


def test_no_file_of_the_jails_tree_holds_rows_of_a_lab():
    looked_at = [path for path in _readable(plan_tree()) if _suspicious(path)]
    assert len(looked_at) > 5000
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = zip(looked_at, pool.map(_holds, looked_at, chunksize=200), strict=True)
        assert {str(path): held for path, held in found if held and not str(path).endswith(tuple(HARMLESS))} == {}


def test_the_search_finds_what_the_packages_bring(tmp_path):
    """Else the test above could not fail."""
    from sklearn.datasets import _base, load_iris

    data = Path(_base.__file__).parent / "data"
    assert "iris by row" in _holds(data / "iris.csv")
    assert "digits" in _holds(data / "digits.csv.gz")
    load_iris().data.tofile(tmp_path / "rows")
    assert "iris by row in memory" in _holds(tmp_path / "rows")


@pytest.mark.parametrize("name", ["iris.csv", "my-iris.csv.gz", "MNIST_train.npz", "digits.pkl"])
def test_a_data_file_that_is_named_after_a_lab_is_hidden(tmp_path, name):
    (tmp_path / name).touch()
    for harmless in ("digits.py", "iris_dri.so", "osiris.csv"):
        (tmp_path / harmless).touch()
    assert [Path(found).name for found in label_files(str(tmp_path))] == [name]


def test_a_single_file_is_covered_by_an_empty_one_and_every_layer_holds(tmp_path):
    with runner_without("hides_a_file", tmp_path) as path:
        assert client.status(path)["missing"] == {}
        printed = Jail(path).printed("import json\ndef train(lab):\n    print('HOLDS', repr(open(json.__file__).read()))\n")
    assert printed == "HOLDS ''\n"


LOADS = """
def train(lab):
    from sklearn.datasets import {loader}
    return {loader}()
"""


@pytest.mark.parametrize("loader", ["load_iris", "load_digits", "fetch_openml"])
def test_a_loader_of_scikit_learn_is_answered_with_where_the_data_is(jail, loader):
    source = LOADS.format(loader=loader).replace("fetch_openml()", "fetch_openml('iris')")
    _, failure = jail.run(source)
    assert (failure.code, failure.line) == ("hidden_data", 4)
    assert failure.parameters["function"] == loader


def test_the_loader_of_keras_too(jail):
    _, failure = jail.run("import keras\ndef train(lab):\n    return keras.datasets.mnist.load_data()\n", framework="keras")
    assert (failure.code, failure.line) == ("hidden_data", 3)
    assert failure.parameters["function"] == "load_data"
