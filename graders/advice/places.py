"""Where in a student's file stands what a sentence speaks of: lines, 1-based, or None."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from graders.advice.source import Loop, all_calls, inside, keyword

if TYPE_CHECKING:
    from graders.advice.source import Source

_RATE_NAMES: Final = ("lr", "learning_rate")
_OPTIMIZERS: Final = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Nadam")


def train_line(source: Source) -> int | None:
    train = source.train()
    return train.lineno if train else None


def return_line(source: Source) -> int | None:
    """Where `train` returns its model: its last `return`, or where it begins if it has none."""
    train = source.train()
    if train is None:
        return None
    returns = [node.lineno for node in inside(train) if isinstance(node, ast.Return)]
    nested = [n.lineno for loop in ast.walk(train) if isinstance(loop, Loop) for n in inside(loop)
              if isinstance(n, ast.Return)]  # fmt: skip
    return max([*returns, *nested], default=train.lineno)


def rate_line(source: Source) -> int | None:
    """Where the learning rate is written, or else where the optimizer is made."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            if any(name.lower() in {*_RATE_NAMES, "eta", "rate"} for name in names):
                return node.lineno
    for call in source.calls():
        for name in _RATE_NAMES:
            given = keyword(call, name)
            if given is not None:
                return given.lineno
    made = [call.lineno for call in source.calls_of(*_OPTIMIZERS)]
    named = [given.lineno for c in source.calls_of("compile") if (given := keyword(c, "optimizer"))]
    return min([*made, *named], default=None)


def epochs_line(source: Source) -> int | None:
    """Where it is written how long to train: `epochs=` of `fit`, `max_epochs=`, or the loop that records."""
    for call in source.calls():
        for name in ("epochs", "max_epochs"):
            given = keyword(call, name)
            if given is not None:
                return given.lineno
    loops = [loop for loop in source.loops() if all_calls(loop, "epoch", "backward", "gradient")]
    return min((loop.lineno for loop in loops), default=None)


def while_line(source: Source) -> int | None:
    """Of a loop that may never end."""
    return min((loop.lineno for loop in source.loops() if isinstance(loop, ast.While)), default=None)


def overflow_line(source: Source) -> int | None:
    """Where numbers stop being numbers most easily: log(0), exp(1000), sqrt(-1)."""
    found = source.calls_of("log", "exp", "sqrt")
    return found[0].lineno if found else None
