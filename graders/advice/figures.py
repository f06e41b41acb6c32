"""What the errors of a graded run show: facts, and what to try. Why it is so, the numbers do not say.

Errors are shares of rows. Of the curve, the epochs that every repeat reached are looked at; e(t) is the
training error after epoch t, T the last of them, and half the error of the best constant answer is where a
model has learnt something (as in `graders.generalization_gap`):

    stands still  = max e - min e <= 0.02 over all epochs, and e(T) above where a model has learnt something
    still falling = e(T) is the least, and mean of the last quarter <= mean of the quarter before - 0.02
    swings        = of the steps of the second half, a quarter or more go up by more than 0.05
    returned otherwise = error of the returned model on training rows >= e(T) + 0.15
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from graders.advice.model import Advice

if TYPE_CHECKING:
    from graders.report import CurvePoint, Report

STILL: Final = 0.02
FALLS: Final = 0.02
RISES: Final = 0.05
RISING_SHARE: Final = 0.25
RETURNED_WORSE: Final = 0.15
_LEAST_EPOCHS: Final = 4  # a quarter of fewer is nothing
_LEAST_SWINGING: Final = 8
_ROUNDING: Final = 1e-9


def advise_on_figures(report: Report) -> Advice | None:
    """Of a graded run, the first that holds: one fact, told once."""
    train = report.parts.get("train")
    if train is None or not train.confusion:
        return None
    shared = [p for p in report.learning_curve if p.repeats == report.learning_curve[0].repeats]
    error = train.error.value
    learnt_at = _least_constant_error(train.confusion) / 2
    return (
        _of_returned(shared, error)
        or _of_curve(shared, error, learnt_at)
        or _of_answers(train.confusion, report.class_names)
    )


def _least_constant_error(confusion: tuple[tuple[int, ...], ...]) -> float:
    """Of a model that gives one answer to all rows, the most frequent class.

    >>> round(_least_constant_error(((30, 0, 0), (1, 29, 0), (0, 0, 30))), 3)
    0.667
    """
    rows = [sum(row) for row in confusion]
    return 1 - max(rows) / sum(rows)


def _of_returned(shared: list[CurvePoint], error: float) -> Advice | None:
    if not shared or error < shared[-1].training_error + RETURNED_WORSE:
        return None
    return Advice(
        code="advice.returned_otherwise",
        parameters={"recorded": shared[-1].training_error, "returned": error, "epoch": shared[-1].epoch},
    )


def _of_curve(shared: list[CurvePoint], error: float, learnt_at: float) -> Advice | None:
    if not shared:
        return Advice(code="advice.nothing_recorded")
    errors = [point.training_error for point in shared]
    epochs = {"epochs": len(errors), "error": errors[-1]}
    if len(errors) == 1 and error > learnt_at:
        return Advice(code="advice.one_epoch", parameters=epochs)
    if max(errors) - min(errors) <= STILL + _ROUNDING and error > learnt_at and len(errors) > 1:
        return Advice(code="advice.stands_still", parameters=epochs)
    swings = _swings(errors)
    if swings is not None:
        return swings
    return _still_falling(errors)


def _swings(errors: list[float]) -> Advice | None:
    """Many steps that go up.

    >>> _swings([0.3, 0.5] * 8).parameters
    {'rises': 4, 'low': 0.3, 'high': 0.5, 'epochs': 8}
    """
    half = errors[len(errors) // 2 :]
    if len(half) < _LEAST_SWINGING:
        return None
    rises = sum(after - before > RISES for before, after in itertools.pairwise(half))
    if rises < RISING_SHARE * (len(half) - 1):
        return None
    told = {"rises": rises, "low": min(half), "high": max(half), "epochs": len(half)}
    return Advice(code="advice.swings", parameters=told)


def _still_falling(errors: list[float]) -> Advice | None:
    """Whether the end is the best there was, and by far.

    >>> _still_falling([0.6, 0.6, 0.5, 0.5, 0.4, 0.4, 0.3, 0.3]).code
    'advice.still_falling'
    """
    quarter = len(errors) // 4
    if len(errors) < _LEAST_EPOCHS or errors[-1] > min(errors) + _ROUNDING:
        return None
    last, before = errors[-quarter:], errors[-2 * quarter : -quarter]
    if sum(last) / quarter > sum(before) / quarter - FALLS + _ROUNDING:
        return None
    at = len(errors) - quarter
    told = {"epoch": at, "before": errors[at - 1], "epochs": len(errors), "error": errors[-1]}
    return Advice(code="advice.still_falling", parameters=told)


def _of_answers(confusion: tuple[tuple[int, ...], ...], names: tuple[str, ...]) -> Advice | None:
    """Where all rows get the same answer, or some class is never the answer."""
    answered = [sum(column) for column in zip(*confusion, strict=True)]
    given = [_name(index, names) for index, count in enumerate(answered) if count]
    never = [_name(index, names) for index, count in enumerate(answered) if not count]
    if len(given) == 1:
        return Advice(code="advice.one_answer", parameters={"answer": given[0]})
    if never:
        return Advice(code="advice.never_answered", parameters={"classes": never})
    return None


def _name(index: int, names: tuple[str, ...]) -> str:
    return names[index] if index < len(names) else str(index)
