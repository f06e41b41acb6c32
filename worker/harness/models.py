"""One face for what `train` may return: torch modules, Keras models, tf.Modules, anything that predicts."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.harness.failures import SubmissionFailure

# Rows of one call. A student's `predict` may do much besides (Keras' own takes 0.1 s a call), so it is
# called seldom; of a model's forward pass, what lies between the layers should stay in the cache.
_BATCH_ROWS = 8192
_FORWARD_ROWS = 1024
_MAX_LAYERS = 64
# Tracing a Keras model takes 20 ms; from here on, its batches save more than that.
_TRACED_FROM_ROWS = 8192

Array = npt.NDArray[Any]
Predict = Callable[[Any, Array], Any]


def framework_of(model: Any) -> str:
    """Which system built the model: by its class, or by the tensors in a tuple, list or dict of them."""
    torch, lightning = sys.modules.get("torch"), sys.modules.get("lightning")
    keras, tensorflow = sys.modules.get("keras"), sys.modules.get("tensorflow")
    parts = model if isinstance(model, list | tuple) else [model]
    if isinstance(model, dict):
        parts = list(model.values())
    for part in parts:
        if lightning is not None and isinstance(part, lightning.LightningModule):
            return "lightning"
        if torch is not None and isinstance(part, torch.nn.Module | torch.Tensor):
            return "pytorch"
        if keras is not None and isinstance(part, keras.Model | keras.layers.Layer):
            return "keras"
        if tensorflow is None:
            continue
        if isinstance(part, tensorflow.Module | tensorflow.Variable | tensorflow.Tensor):
            return "tensorflow"
    return "other"


def claims_of(model: Any) -> dict[str, Any]:
    """What the model says of itself. A claim: a student can make any of it up."""
    framework = framework_of(model)
    layers: list[str] = []
    outputs: list[int] = []
    parameters = -1
    with contextlib.suppress(Exception):
        if framework in {"pytorch", "lightning"} and hasattr(model, "named_modules"):
            layers = [str(m)[:100] for _, m in model.named_modules() if not list(m.children())]
            outputs = [int(p.shape[0]) for p in model.parameters() if p.ndim > 1]
            parameters = sum(p.numel() for p in model.parameters())
        elif framework == "keras":
            layers = [f"{type(layer).__name__}({layer.name})"[:100] for layer in model.layers]
            outputs = [int(w.shape[-1]) for w in model.weights if len(w.shape) > 1]
            parameters = int(model.count_params())
        elif framework == "tensorflow" and hasattr(model, "trainable_variables"):
            layers = [f"Variable{tuple(v.shape)}" for v in model.trainable_variables]
            outputs = [int(v.shape[-1]) for v in model.trainable_variables if len(v.shape) > 1]
            parameters = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    return {
        "framework": framework, "layers": layers[:_MAX_LAYERS], "parameter_count": parameters,
        "layer_outputs": outputs[:_MAX_LAYERS],
    }  # fmt: skip


def predict_ids_or_scores(model: Any, x: Array, *, n_classes: int, student_predict: Predict | None) -> Array:
    """Float32 (n, n_classes) scores, or int64 (n,) class ids. `x` is shaped like lab.train_x.

    Scores may be NaN or infinite: far from the data an honest softmax written by hand overflows, and only the
    worker knows which rows are data. Raises SubmissionFailure(wrong_prediction_shape).
    """
    with _evaluation_mode(model):
        call, most = (student_predict, _BATCH_ROWS) if student_predict else _own_forward(model, rows=len(x))
        pieces = [
            _to_numpy(call(model, x[start : start + most]), rows=rows, n_classes=n_classes)
            for start in range(0, len(x), most)
            for rows in (min(most, len(x) - start),)  # known before `call` can reshape its batch
        ]
    if len({piece.ndim for piece in pieces}) != 1:
        raise SubmissionFailure("wrong_prediction_shape", got="scores for some rows, class ids for others",
                                expected=f"({len(x)}, {n_classes})")  # fmt: skip
    return np.concatenate(pieces)


@contextlib.contextmanager
def _evaluation_mode(model: Any) -> Iterator[None]:
    """Torch: eval mode without gradients, and every module's mode put back afterwards."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    modules = list(model.modules()) if isinstance(model, torch.nn.Module) else []
    modes = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes, strict=True):
            module.training = mode


def _own_forward(model: Any, *, rows: int) -> tuple[Predict, int]:
    """How the model predicts, and how many rows at once."""
    framework = framework_of(model)
    if callable(model) and framework != "other":
        if framework == "keras" and rows >= _TRACED_FROM_ROWS:
            return _traced(model), _FORWARD_ROWS
        return _CALLS[framework], _FORWARD_ROWS
    for name in ("predict_proba", "predict"):
        if callable(getattr(model, name, None)):
            return partial(_call_estimator, name), _BATCH_ROWS
    if callable(model):
        return lambda m, x: m(x), _BATCH_ROWS
    raise SubmissionFailure("no_model_returned", got=type(model).__name__)


def _call_estimator(method: str, model: Any, x: Array) -> Any:
    """As scikit-learn's: one flat row an input."""
    return getattr(model, method)(x.reshape(len(x), -1))


def _call_tensorflow(model: Any, x: Array) -> Any:
    return model(sys.modules["tensorflow"].constant(x))


def _call_keras(model: Any, x: Array) -> Any:
    return model(x, training=False)


def _traced(model: Any) -> Predict:
    """The model as one graph, as Keras' own `predict` would run it, at half the time of layer after layer.

    One that cannot be traced (it reads its tensors in Python, or wants to run eagerly) is called as it is.
    """
    if getattr(model, "run_eagerly", False):
        return _call_keras
    tensorflow = sys.modules["tensorflow"]
    graph = tensorflow.function(lambda x: model(x, training=False), autograph=False, reduce_retracing=True)

    def call(m: Any, x: Array) -> Any:
        nonlocal graph
        if graph is not None:
            try:
                return graph(tensorflow.constant(x))
            except Exception:  # noqa: BLE001 - what is really wrong shows below, in the model's own words
                graph = None
        return _call_keras(m, x)

    return call


def _call_torch(model: Any, x: Array) -> Any:
    torch = sys.modules["torch"]
    first = next(iter(model.parameters()), None)
    inputs = torch.from_numpy(np.ascontiguousarray(x))
    return model(inputs if first is None else inputs.to(first.device))


_CALLS: dict[str, Predict] = {
    "pytorch": _call_torch,
    "lightning": _call_torch,
    "tensorflow": _call_tensorflow,
    "keras": _call_keras,
}


def _to_numpy(value: Any, *, rows: int, n_classes: int) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy"):
        value = value.numpy()
    expected = f"({rows}, {n_classes})"
    try:
        array = np.array(value)
    except Exception as error:
        got = type(value).__name__
        raise SubmissionFailure("wrong_prediction_shape", got=got, expected=expected) from error
    if array.shape == (rows,) and array.dtype.kind in "iu":
        ids = array.astype(np.int64)
        if len(ids) and (ids.min() < 0 or ids.max() >= n_classes):
            raise SubmissionFailure("wrong_prediction_shape", got=f"class ids {ids.min()}..{ids.max()}",
                                    expected=f"class ids 0..{n_classes - 1}")  # fmt: skip
        return ids
    if array.shape != (rows, n_classes) or array.dtype.kind not in "fiub":
        got = f"{array.shape} {array.dtype}"
        raise SubmissionFailure("wrong_prediction_shape", got=got, expected=expected)
    return array.astype(np.float32)
