"""What stands out in a student's own source. It may be meant so: a hint is shown beside a failed or weak
result only, and says what to look at, not what is wrong.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from graders.advice.model import Advice
from graders.advice.source import (
    all_calls,
    calls_inside,
    inside,
    is_text,
    is_true,
    keyword,
    name_of,
    owner_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from graders.advice.source import Source

_FORWARD: Final = ("forward", "__call__", "call")
_OPTIMIZERS: Final = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "LBFGS")
_DROPOUT_ARGUMENTS: Final = 2  # the third of `F.dropout` is `training`


def hints(source: Source) -> tuple[Advice, ...]:
    """Each at most once, in the order of the table."""
    found = ((code, look(source)) for code, look in HINTS.items())
    return tuple(Advice(code=code, line=line) for code, line in found if line is not None)


def _first(nodes: list[ast.Call]) -> int | None:
    return nodes[0].lineno if nodes else None


def _softmax_before_cross_entropy(source: Source) -> int | None:
    """Of a softmax in the model itself, where PyTorch's loss applies one too."""
    if not source.calls_of("CrossEntropyLoss", "cross_entropy") or source.calls_of("NLLLoss", "nll_loss"):
        return None
    layers = [call for call in source.calls_of("Softmax") if owner_of(call) != "layers"]
    if layers:
        return layers[0].lineno
    return min(
        (call.lineno for model in source.functions(*_FORWARD) for call in all_calls(model, "softmax")),
        default=None,
    )


def _softmax_and_from_logits(source: Source) -> int | None:
    logits = [call for call in source.calls() if is_true(keyword(call, "from_logits"))]
    logits += source.calls_of(
        "softmax_cross_entropy_with_logits", "sparse_softmax_cross_entropy_with_logits"
    )
    if not logits:
        return None
    applied = [call.lineno for call in source.calls() if is_text(keyword(call, "activation"), "softmax")]
    applied += [call.lineno for call in source.calls_of("Softmax")]
    applied += [c.lineno for model in source.functions(*_FORWARD) for c in all_calls(model, "softmax")]
    return min(applied, default=None)


def _logits_taken_for_probabilities(source: Source) -> int | None:
    """Keras' loss by name wants probabilities; where nothing in the file makes any."""
    names = ("sparse_categorical_crossentropy", "categorical_crossentropy")
    for call in source.calls_of("compile"):
        loss = keyword(call, "loss")
        if any(is_text(loss, name) for name in names) and not _mentions(source, "softmax"):
            return loss.lineno if loss is not None else None
    return None


def _mentions(source: Source, word: str) -> bool:
    for node in ast.walk(source.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                if name.lower() == word:
                    return True
            case _:
                pass
    return False


def _no_zero_grad(source: Source) -> int | None:
    if source.calls_of("zero_grad", "zero_") or _sets_gradients(source):
        return None
    loops = [loop for loop in source.loops() if calls_inside(loop, "backward")]
    return min((_backward(loop).lineno for loop in loops), default=None)


def _backward(loop: ast.AST) -> ast.Call:
    return calls_inside(loop, "backward")[0]


def _sets_gradients(source: Source) -> bool:
    """`w.grad = None`, by hand."""
    return any(
        isinstance(target, ast.Attribute) and target.attr == "grad"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
    )


def _no_step(source: Source) -> int | None:
    made = source.calls_of(*_OPTIMIZERS)
    if not made or not source.calls_of("backward") or source.calls_of("step"):
        return None
    return _first(source.calls_of("backward"))


def _no_backward(source: Source) -> int | None:
    made = source.calls_of(*_OPTIMIZERS)
    steps = [call for call in source.calls_of("step") if owner_of(call) in {"optimizer", "optim", "opt"}]
    if not made or not steps or source.calls_of("backward", "manual_backward", "grad"):
        return None
    return steps[0].lineno


def _gradients_not_applied(source: Source) -> int | None:
    """Low-level TensorFlow, where nothing changes a variable."""
    used = ("assign_sub", "assign_add", "assign", "apply_gradients", "apply", "minimize", "fit")
    taken = [call for call in source.calls_of("gradient") if owner_of(call)]
    return None if source.calls_of(*used) else _first(taken)


def _eval_and_never_train(source: Source) -> int | None:
    """In a loop that trains: from the second time on, dropout and batch norm are off."""
    for loop in source.loops():
        if not calls_inside(loop, "backward"):
            continue
        off = [call for call in calls_inside(loop, "eval") if not call.args]
        if off and not all_calls(loop, "train"):
            return off[0].lineno
    return None


def _dropout_always_on(source: Source) -> int | None:
    """`F.dropout` and `tf.nn.dropout` do not know of evaluation mode unless they are told."""
    calls = [
        call.lineno
        for model in source.functions(*_FORWARD)
        if "training" not in {argument.arg for argument in [*model.args.args, *model.args.kwonlyargs]}
        for call in all_calls(model, "dropout")
        if owner_of(call) in {"F", "functional", "nn"}
        and keyword(call, "training") is None
        and len(call.args) <= _DROPOUT_ARGUMENTS
    ]
    return min(calls, default=None)


def _scaled_only_in_training(source: Source) -> int | None:
    """Inputs are scaled in `train`, and nothing is subtracted or divided where the model predicts."""
    train = source.train()
    if train is None or source.calls_of("transform", "Normalization", "Standardize", "make_pipeline"):
        return None
    predicting = [*source.functions(*_FORWARD), *source.functions("predict")]
    if any(_scales(node) for function in predicting for node in ast.walk(function)):
        return None
    assigned = [node for node in inside(train) if isinstance(node, ast.Assign)]
    places = [node.lineno for node in assigned if _is_of_inputs(node) and _scales_or_fits(node.value)]
    return min(places, default=None)


def _is_of_inputs(node: ast.Assign) -> bool:
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return any(name.lower() in {"x", "inputs", "train_x", "x_train", "features"} for name in names)


def _scales(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Sub)


def _scales_or_fits(value: ast.expr) -> bool:
    """(x - mean) / std, or scaler.fit_transform(x)."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and name_of(node) == "fit_transform":
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub) for n in ast.walk(node.left))
    return False


def _new_model_returned(source: Source) -> int | None:
    """`return Net()` after another one was made."""
    train = source.train()
    if train is None:
        return None
    classes = source.model_classes()
    for node in inside(train):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            name = name_of(node.value)
            if name in classes and len(all_calls(train, name)) > 1:
                return node.lineno
    return None


def _new_model_each_epoch(source: Source) -> int | None:
    classes = source.model_classes()
    for loop in source.loops():
        if not calls_inside(loop, "backward", "gradient"):
            continue
        for node in inside(loop):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                made = name_of(node.value)
                if made in classes or made == "Sequential":
                    return node.lineno
    return None


def _step_returns_nothing(source: Source) -> int | None:
    """Lightning trains on what `training_step` returns."""
    for step in source.functions("training_step"):
        returned = [node for node in ast.walk(step) if isinstance(node, ast.Return) and node.value]
        if not returned and not all_calls(step, "manual_backward"):
            return step.lineno
    return None


HINTS: Final[dict[str, Callable[[Source], int | None]]] = {
    "advice.look_no_backward": _no_backward,
    "advice.look_no_step": _no_step,
    "advice.look_no_zero_grad": _no_zero_grad,
    "advice.look_gradients_not_applied": _gradients_not_applied,
    "advice.look_step_returns_nothing": _step_returns_nothing,
    "advice.look_new_model_returned": _new_model_returned,
    "advice.look_new_model_each_epoch": _new_model_each_epoch,
    "advice.look_softmax_before_cross_entropy": _softmax_before_cross_entropy,
    "advice.look_softmax_and_from_logits": _softmax_and_from_logits,
    "advice.look_logits_taken_for_probabilities": _logits_taken_for_probabilities,
    "advice.look_scaled_only_in_training": _scaled_only_in_training,
    "advice.look_eval_and_never_train": _eval_and_never_train,
    "advice.look_dropout_always_on": _dropout_always_on,
}
