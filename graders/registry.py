"""Every grader by the name an assignment calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from graders.accuracy import AccuracyParameters, judge_accuracy
from graders.architecture import ArchitectureParameters, judge_architecture
from graders.framework import FrameworkParameters, judge_framework
from graders.generalization_gap import GeneralizationGapParameters, judge_generalization_gap
from graders.learning_curve import LearningCurveParameters, judge_learning_curve
from graders.resources import ResourcesParameters, judge_resources
from graders.stability import StabilityParameters, judge_stability

if TYPE_CHECKING:
    from collections.abc import Callable

    from graders.judgement import GraderParameters, Judgement
    from graders.measures import Measures
    from graders.spec import AssignmentSpec, CriterionSpec


@dataclass(frozen=True, kw_only=True)
class Grader:
    """`judge` takes the measures and an instance of `parameters`, which no static type can pair up here."""

    parameters: type[GraderParameters]
    judge: Callable[[Measures, Any], Judgement]


GRADERS: dict[str, Grader] = {
    "accuracy": Grader(parameters=AccuracyParameters, judge=judge_accuracy),
    "architecture": Grader(parameters=ArchitectureParameters, judge=judge_architecture),
    "framework": Grader(parameters=FrameworkParameters, judge=judge_framework),
    "generalization_gap": Grader(parameters=GeneralizationGapParameters, judge=judge_generalization_gap),
    "learning_curve": Grader(parameters=LearningCurveParameters, judge=judge_learning_curve),
    "resources": Grader(parameters=ResourcesParameters, judge=judge_resources),
    "stability": Grader(parameters=StabilityParameters, judge=judge_stability),
}


def validate_parameters(spec: AssignmentSpec) -> None:
    """Raises ValueError, one line per fault with its path: `criteria[1].parameters.full_at: ...`."""
    faults = [
        fault
        for index, criterion in enumerate(spec.criteria)
        for fault in _faults(f"criteria[{index}]", criterion)
    ]
    if faults:
        raise ValueError("\n".join(faults))


def _faults(path: str, criterion: CriterionSpec) -> list[str]:
    grader = GRADERS.get(criterion.grader)
    if grader is None:
        return [f"{path}.grader: unknown grader {criterion.grader!r}, known are {', '.join(GRADERS)}"]
    try:
        grader.parameters.model_validate(criterion.parameters)
    except ValidationError as invalid:
        return [
            f"{'.'.join([f'{path}.parameters', *map(str, fault['loc'])])}: {fault['msg']}"
            for fault in invalid.errors()
        ]
    return []
