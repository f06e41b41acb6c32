"""Runs the starters of one system as `python lab.py` does. Usage: try_out.py SYSTEM FOLDER; a line for each."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
import types
from pathlib import Path

import numpy as np

from api.starters import starter
from worker.datasets.registry import DATASETS

FRAMEWORKS = {"torch": ("pytorch", "lightning"), "tensorflow": ("tensorflow", "keras")}
LABS = ("iris-single-layer", "iris-multi-layer", "mnist-single-layer", "mnist-multi-layer")


def without_downloads(system):
    """The data as those packages give it, but from here: a test downloads nothing."""
    mnist = DATASETS["mnist"](Path("var"))
    x, y = mnist.x[:60_000], mnist.y[:60_000]
    assert (x.dtype, x.max()) == ("uint8", 255)
    if system == "tensorflow":
        import keras

        keras.datasets.mnist.load_data = lambda: ((x, y), (x[:0], y[:0]))
        return
    import lightning  # noqa: F401 - looks for torchvision itself, and would find ours odd
    import torch

    class MNIST:
        def __init__(self, root, *, train, download):
            assert (root, train, download) == ("data", True, True)
            self.data, self.targets = torch.from_numpy(x), torch.from_numpy(y)

    package, datasets = types.ModuleType("torchvision"), types.ModuleType("torchvision.datasets")
    datasets.MNIST = MNIST
    sys.modules.update({"torchvision": package, "torchvision.datasets": datasets})


def with_one_seed(system):
    """The same weights and the same parts each time: they start far from done, and some draws learn little."""
    np.random.seed(1)  # noqa: NPY002 - what train_test_split draws from
    if system == "tensorflow":
        import keras

        keras.utils.set_random_seed(1)
    else:
        import torch

        torch.manual_seed(1)


def main():
    system, folder = sys.argv[1], Path(sys.argv[2])
    without_downloads(system)
    with_one_seed(system)
    for framework in FRAMEWORKS[system]:
        for lab in LABS:
            file = folder / "lab.py"
            file.write_text(starter(lab, framework, form="py", language="ro", title="Lab"), encoding="utf-8")
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                runpy.run_path(str(file), run_name="__main__")
            print("RAN", lab, framework, told.getvalue().splitlines()[-2:], flush=True)


main()
