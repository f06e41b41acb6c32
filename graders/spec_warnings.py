"""What a specification allows but its author can hardly have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graders.registry import GRADERS
from graders.spec_sentences import in_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graders.sentence import Sentence
    from graders.spec import AssignmentSpec
    from graders.spec_places import Path

Warned = tuple["Path", "Sentence"]


def spec_warnings(spec: AssignmentSpec) -> list[Warned]:
    """(path, sentence) of each; the parameters must have been checked. Nothing here stops a publication."""
    found = [*_points(spec), *_late(spec)]
    for index, criterion in enumerate(spec.criteria):
        rule = _RULES.get(criterion.grader)
        if rule is not None:
            parameters = GRADERS[criterion.grader].parameters.model_validate(criterion.parameters)
            found += [(("criteria", index, *path), said) for path, said in rule(spec, parameters)]
    return found


def _points(spec: AssignmentSpec) -> Iterator[Warned]:
    total = sum(criterion.points for criterion in spec.criteria)
    if total == 0:
        yield ("criteria",), in_spec("no_points")
    if spec.points_at_most is not None and spec.points_at_most > total:
        yield ("points_at_most",), in_spec("points_never_reached", points=total)


def _late(spec: AssignmentSpec) -> Iterator[Warned]:
    if spec.late is not None and spec.late.percent_per_day == 0 and spec.late.cut_off_days is None:
        yield ("late",), in_spec("late_for_nothing")


def _stability(spec: AssignmentSpec, _parameters: Any) -> Iterator[Warned]:
    if spec.repeats == 1:
        yield (), in_spec("never_graded")


def _framework(spec: AssignmentSpec, parameters: Any) -> Iterator[Warned]:
    outside = [name for name in parameters.allowed if name not in spec.frameworks]
    if outside:
        yield ("parameters", "allowed"), in_spec("other_frameworks", names=", ".join(outside))


def _resources(spec: AssignmentSpec, parameters: Any) -> Iterator[Warned]:
    if parameters.max_seconds is not None and parameters.max_seconds >= spec.limits.wall_time_s:
        limit = f"{spec.limits.wall_time_s:g}"
        yield ("parameters", "max_seconds"), in_spec("never_exceeded", limit=limit)
    if parameters.max_seconds is not None and spec.device == "any":
        yield ("parameters", "max_seconds"), in_spec("timed_differently")


def _accuracy(spec: AssignmentSpec, parameters: Any) -> Iterator[Warned]:
    """Equal cut-offs ask for a step; cut-offs that differ by less than one row make one by accident."""
    rows = spec.repeats * (spec.split.test if parameters.part == "test" else spec.split.validation)
    if 0 < (parameters.full_at - parameters.zero_at) * rows < 1:
        yield ("parameters",), in_spec("no_partial_credit", rows=rows)


def _architecture(spec: AssignmentSpec, parameters: Any) -> Iterator[Warned]:
    others = {c.parameters.get("expected") for c in spec.criteria if c.grader == "architecture"} - {
        parameters.expected
    }
    if others:
        yield ("parameters", "expected"), in_spec("opposite_expected")


_RULES: dict[str, Callable[[AssignmentSpec, Any], Iterator[Warned]]] = {
    "accuracy": _accuracy,
    "architecture": _architecture,
    "framework": _framework,
    "resources": _resources,
    "stability": _stability,
}
