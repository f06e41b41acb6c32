"""A data set in memory, and the one rule that every source obeys: the hashes of its arrays decide."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


class WrongDataError(Exception):
    """The arrays are not the ones the data set is known by."""


def sha256_of(array: npt.NDArray[Any]) -> str:
    """Hex digest of the array's bytes in C order; shape and dtype do not enter."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def require_sha256(name: str, array: npt.NDArray[Any], expected: str) -> None:
    """Raises WrongDataError where the array's hash differs."""
    found = sha256_of(array)
    if found != expected:
        raise WrongDataError(f"{name}: sha256 of the array is {found}, expected {expected}")


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Rows for any part (`x`, `y`), and the rows kept for testing where the data set has its own.

    `x` (n, *input_shape), as stored; the student sees float32 of `x * scale`. `y` (n,) in 0..n_classes-1.
    Without `test_x`, the test part is drawn from `x` too. `sha256` identifies the arrays, in that order.
    """

    name: str
    sha256: str
    x: npt.NDArray[Any]
    y: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    scale: float = 1.0
    test_x: npt.NDArray[Any] | None = None
    test_y: npt.NDArray[np.int64] | None = None

    @property
    def n_classes(self) -> int:
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(int(size) for size in self.x.shape[1:])
