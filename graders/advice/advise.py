"""From a report and the source it is about to what its author may try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from graders.advice.failures import advise_on_failure
from graders.advice.figures import advise_on_figures
from graders.advice.hints import hints
from graders.advice.model import Advice
from graders.advice.notebook import advise_on_cells, cells_of
from graders.advice.places import (
    epochs_line,
    overflow_line,
    rate_line,
    return_line,
    train_line,
    while_line,
)
from graders.advice.source import Source, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graders.report import Failure, Report

MOST: Final = 4  # more is not read
# Said of figures, with the line that decides them most.
_ABOUT_THE_RATE: Final = {"advice.stands_still", "advice.swings"}
_ABOUT_EPOCHS: Final = {"advice.still_falling", "advice.one_epoch"}
# Of these, the file was never compiled whole in the jail, or was more than it could bear.
_NOT_READ: Final = {"syntax_error", "out_of_memory", "killed_by_sandbox"}


def advise(
    report: Report, source: str, line_map: Sequence[Sequence[int]] | None = None
) -> tuple[Advice, ...]:
    """Nothing for a result that is good. `report`: as its reader may see it; `source`: Python, flattened.

    `line_map`: of a notebook, as `api.notebook` makes it.
    """
    failures = [report.failure] if report.failure else list(report.repeats_failed[:1])
    if not failures and not is_weak(report):
        return ()
    readable = all(failure.code not in _NOT_READ for failure in failures)
    read_source = read(source) if readable else None
    found = [advice for failure in failures if (advice := _on_failure(failure, source, read_source))]
    if read_source is not None:
        cells = cells_of(line_map or ())
        about_cells = [advise_on_cells(failure, read_source, cells) for failure in failures]
        found = [*filter(None, about_cells), *found, *hints(read_source)]
    figures = advise_on_figures(report) if report.outcome == "graded" else None
    if figures is not None:
        found.append(_placed(figures, read_source))
    return tuple(found[:MOST])


def is_weak(report: Report) -> bool:
    """Whether a graded run leaves something to wish for, in what its reader sees."""
    unhappy = any(result.verdict in {"partial", "failed"} for result in report.criteria)
    fit = report.diagnosis.fit if report.diagnosis else "balanced"
    return unhappy or fit in {"underfitting", "overfitting"}


def _on_failure(failure: Failure, source: str, read_source: Source | None) -> Advice | None:
    advice = advise_on_failure(failure, own_line=_line(source, failure.line))
    if read_source is None:
        return advice
    if advice is None:
        return _in_source(failure, read_source)
    if advice.line is not None:
        return advice
    # The harness calls `train` and takes what it returns: no line of the student's failed.
    line = train_line(read_source) if advice.code == "advice.train_takes_lab" else return_line(read_source)
    return replace(advice, line=line)


def _in_source(failure: Failure, source: Source) -> Advice | None:
    """Where to look for the cause of what the failure does not give a line for."""
    if failure.code == "time_limit":
        line = while_line(source)
        return Advice(code="advice.may_never_end", line=line) if line else None
    if failure.code == "predictions_not_finite":
        line = overflow_line(source)
        if line:
            return Advice(code="advice.not_finite_here", line=line)
        return Advice(code="advice.rate_may_be_too_high", line=rate_line(source))
    return None


def _line(source: str, number: int | None) -> str:
    lines = source.replace("\r\n", "\n").split("\n") if number else []
    return lines[number - 1] if number and number <= len(lines) else ""


def _placed(advice: Advice, source: Source | None) -> Advice:
    if source is None:
        return advice
    if advice.code in _ABOUT_THE_RATE:
        return replace(advice, line=rate_line(source))
    if advice.code in _ABOUT_EPOCHS:
        return replace(advice, line=epochs_line(source))
    return advice
