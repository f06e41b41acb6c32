"""MNIST (LeCun, Cortes, Burges): the original 60,000 + 10,000 images, checked by hash, cached as .npy."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from worker.datasets.model import Dataset, WrongDataError, require_sha256

Array = npt.NDArray[np.uint8]
Arrays = dict[str, Array]

# Of the uint8 bytes in C order: (60000, 28, 28), (60000,), (10000, 28, 28), (10000,).
SHA256 = {
    "train_images": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "train_labels": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "test_images": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "test_labels": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


class NotFetchedError(Exception):
    """MNIST is not in the data folder yet: `labmark-server datasets fetch` brings it."""


def folder(data_dir: Path) -> Path:
    return data_dir / "datasets" / "mnist"


def verify(arrays: Arrays) -> None:
    """Raises WrongDataError unless these are the four original arrays."""
    for name, expected in SHA256.items():
        if name not in arrays:
            raise WrongDataError(f"mnist {name}: missing")
        require_sha256(f"mnist {name}", arrays[name], expected)


def save(arrays: Arrays, data_dir: Path) -> Path:
    """All four files or none: written beside, then renamed. Uncompressed, so that a reader can map them."""
    verify(arrays)
    target = folder(data_dir)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".mnist-", dir=target.parent))
    try:
        for name in SHA256:
            path = fresh / f"{name}.npy"
            with path.open("wb") as out:
                os.fchmod(out.fileno(), 0o600)
                np.save(out, arrays[name], allow_pickle=False)
                out.flush()
                os.fsync(out.fileno())
        try:
            fresh.rename(target)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            # Whoever fetched at the same time and was quicker may be reading already: a good copy stays.
            if not _is_good(data_dir):
                shutil.rmtree(target)
                fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _is_good(data_dir: Path) -> bool:
    try:
        load(data_dir)
    except (WrongDataError, OSError, ValueError):
        return False
    return True


def load(data_dir: Path) -> Dataset:
    """Images stay mapped from disk as uint8. Raises NotFetchedError, WrongDataError."""
    where = folder(data_dir)
    if not where.is_dir():
        raise NotFetchedError(f"no MNIST in {where}; run: labmark-server datasets fetch")
    arrays: Arrays = {
        name: np.load(where / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in SHA256
    }
    verify(arrays)
    return Dataset(
        name="mnist",
        sha256="".join(SHA256.values()),
        x=arrays["train_images"].reshape(-1, 28, 28),
        y=arrays["train_labels"].astype(np.int64),
        test_x=arrays["test_images"].reshape(-1, 28, 28),
        test_y=arrays["test_labels"].astype(np.int64),
        class_names=tuple(str(digit) for digit in range(10)),
        scale=1 / 255,
    )
