"""The built-in data sets by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from worker.datasets import iris, mnist
from worker.datasets.model import Dataset

Loader = Callable[[Path], Dataset]

# name -> loader(data_dir). Loaders check the hashes of what they load.
DATASETS: dict[str, Loader] = {
    "iris": iris.load,
    "mnist": mnist.load,
}
