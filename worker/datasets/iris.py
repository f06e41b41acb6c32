"""Iris (Fisher 1936), scikit-learn's copy: 150 rows, 50 of each class, four lengths in cm.

Two rows of virginica are equal (5.8, 2.7, 5.1, 1.9), so the same values may stand in two parts of a split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.datasets import load_iris

from worker.datasets.model import Dataset, require_sha256

if TYPE_CHECKING:
    from pathlib import Path

X_SHA256 = "2374923a3acd29a63001946c3c216e2a5581864f01041c86c4b5211ec93885c2"
Y_SHA256 = "734737f11162991213afc3a96aa5e8823b2d9cdcfb8992df1e85a0bae44b2395"


def load(_data_dir: Path) -> Dataset:
    """Raises WrongDataError where scikit-learn's copy has changed."""
    bunch = load_iris()
    x = np.asarray(bunch.data, dtype=np.float32)
    y = np.asarray(bunch.target, dtype=np.int64)
    require_sha256("iris x", x, X_SHA256)
    require_sha256("iris y", y, Y_SHA256)
    return Dataset(
        name="iris",
        sha256=X_SHA256 + Y_SHA256,
        x=x,
        y=y,
        class_names=("setosa", "versicolor", "virginica"),
        feature_names=("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    )
