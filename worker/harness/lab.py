"""The `lab` object that `train(lab)` gets, and the curve it records."""

from __future__ import annotations

import random
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[Any]
MAX_EPOCHS = 2000  # as worker.sandbox.supervise takes: the harness, beside student code, is not trusted


class Lab:
    """Training data and facts of the lab. `train_x` float32, `train_y` int64; see docs/submission.md."""

    def __init__(
        self, *, train_x: Array, train_y: Array, facts: dict[str, Any], record: Callable[[Any], None]
    ) -> None:
        self.train_x = train_x
        self.train_y = train_y
        self.n_classes: int = facts["n_classes"]
        self.input_shape: tuple[int, ...] = tuple(facts["input_shape"])
        self.class_names: tuple[str, ...] = tuple(facts["class_names"])
        self.feature_names: tuple[str, ...] = tuple(facts["feature_names"])
        self.seed: int = facts["seed"]
        self.device: str = facts["device"]
        self._record = record
        self.recorded_epochs = 0
        self.recorded_model: Any = None  # the last one

    def epoch(self, model: Any) -> None:
        """Record one point of the learning curve: what `model` predicts now. The labels are outside."""
        if self.recorded_epochs >= MAX_EPOCHS:
            return
        self.recorded_epochs += 1
        self._record(model)
        self.recorded_model = model


def bound_threads(threads: int) -> None:
    """For every system this process has imported; before their first operation, which fixes TensorFlow's."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    if "tensorflow" in sys.modules:
        threading = sys.modules["tensorflow"].config.threading
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(threads)


def seed_everything(seed: int) -> None:
    """Seed every system this process has imported."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global state is what student code uses
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(seed % 2**31)
        sys.modules["keras"].utils.set_random_seed(seed % 2**31)


def record_fit_epochs(lab: Lab) -> None:
    """Make Keras `fit` and Lightning `Trainer.fit` record each epoch without the student's doing."""
    if "lightning" in sys.modules:
        _hook_lightning(lab)
    if "keras" in sys.modules:
        _hook_keras(lab)
    if "torch" in sys.modules:
        _keep_loaders_in_process()


def _hook_lightning(lab: Lab) -> None:
    for package in ("lightning.pytorch", "pytorch_lightning"):
        module = sys.modules.get(package)
        if module is None:
            continue

        class Recorder(module.Callback):  # type: ignore[name-defined,misc]
            def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
                lab.epoch(pl_module)

        original = module.Trainer.fit

        def fit(
            self: Any, *args: Any, _original: Any = original, _recorder: Any = Recorder, **kwargs: Any
        ) -> Any:
            self.callbacks.append(_recorder())
            return _original(self, *args, **kwargs)

        module.Trainer.fit = fit


def _hook_keras(lab: Lab) -> None:
    keras = sys.modules["keras"]

    class Recorder(keras.callbacks.Callback):  # type: ignore[name-defined,misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            lab.epoch(self.model)

    original = keras.Model.fit

    def fit(self: Any, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        if not isinstance(callbacks, keras.callbacks.CallbackList):
            if not isinstance(callbacks, list | tuple):
                callbacks = [callbacks] if callbacks else []
            callbacks = [*callbacks, Recorder()]
        return original(self, *args, callbacks=callbacks, **kwargs)

    keras.Model.fit = fit


def _keep_loaders_in_process() -> None:
    """Worker processes need shared memory and sockets that a jail lacks; two took 6.6 s instead of 0.3."""
    loader = sys.modules["torch.utils.data"].DataLoader
    original = loader.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("num_workers"):
            asked = kwargs["num_workers"]
            print(f"[labmark] DataLoader(num_workers={asked}) runs with num_workers=0 here")  # noqa: T201
            kwargs = {**kwargs, "num_workers": 0, "persistent_workers": False, "prefetch_factor": None}
            kwargs.pop("multiprocessing_context", None)
        original(self, *args, **kwargs)

    loader.__init__ = init
