"""From what was asked and what a run left behind to the report. Same values in, same report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graders.generalization_gap import GeneralizationGapParameters, diagnose_measures
from graders.measures import Measures, learning_curve, measure
from graders.registry import GRADERS
from graders.report import CriterionResult, Diagnosis, Failure, Message, Report

if TYPE_CHECKING:
    from graders.evidence import Evidence, RepeatEvidence
    from graders.spec import AssignmentSpec, CriterionSpec


def grade(spec: AssignmentSpec, evidence: Evidence, *, spec_version: int = 1) -> Report:
    """Judge every criterion. An exception in here is our fault and propagates: never a student's zero."""
    if not evidence.repeats:
        raise ValueError("evidence holds no repeats")
    failure = _first_failure(evidence.repeats)
    common: dict[str, Any] = {
        "max_points": round(spec.max_points, 2),
        "learning_curve": learning_curve(evidence.repeats),
        "claims": _claims(evidence.repeats[0]),
        "resources": _resources(evidence.repeats),
        "provenance": evidence.provenance,
        "spec_version": spec_version,
        "evidence_version": evidence.version,
    }
    if failure is not None:
        criteria = tuple(_failed(criterion, failure) for criterion in spec.criteria)
        return Report(outcome="failed", points=0.0, criteria=criteria, failure=failure, **common)
    measures = measure(evidence)
    criteria = tuple(_judged(criterion, measures) for criterion in spec.criteria)
    return Report(
        outcome="graded",
        points=round(sum(result.points for result in criteria), 2),
        criteria=criteria,
        diagnosis=_diagnosis(spec, measures),
        parts=measures.parts,
        class_names=evidence.class_names,
        gap=measures.error_gap,
        **common,
    )


def _first_failure(repeats: tuple[RepeatEvidence, ...]) -> Failure | None:
    for number, repeat in enumerate(repeats, start=1):
        failure = repeat.failure
        if failure is not None:
            return Failure(
                code=failure.code,
                parameters=failure.parameters,
                line=failure.line,
                traceback=failure.traceback,
                repeat=number,
            )
    return None


def _failed(criterion: CriterionSpec, failure: Failure) -> CriterionResult:
    return CriterionResult(
        id=criterion.id,
        grader=criterion.grader,
        verdict="failed",
        points=0.0,
        max_points=criterion.points,
        visibility=criterion.visibility,
        messages=(Message(code="run.failed", parameters={"code": failure.code}),),
    )


def _judged(criterion: CriterionSpec, measures: Measures) -> CriterionResult:
    grader = GRADERS[criterion.grader]
    judgement = grader.judge(measures, grader.parameters.model_validate(criterion.parameters))
    return CriterionResult(
        id=criterion.id,
        grader=criterion.grader,
        verdict=judgement.verdict,
        points=round(judgement.share * criterion.points, 2),
        max_points=criterion.points,
        visibility=criterion.visibility,
        messages=judgement.messages,
        measured=judgement.measured,
    )


def _diagnosis(spec: AssignmentSpec, measures: Measures) -> Diagnosis | None:
    """By the first criterion that says what gap and training error the assignment asks for."""
    for criterion in spec.criteria:
        if criterion.grader == "generalization_gap":
            parameters = GeneralizationGapParameters.model_validate(criterion.parameters)
            return diagnose_measures(measures, parameters)
    return None


def _claims(repeat: RepeatEvidence) -> dict[str, Any]:
    claims = repeat.claims
    return {
        "framework": claims.framework,
        "layers": list(claims.layers),
        "parameter_count": claims.parameter_count,
    }


def _resources(repeats: tuple[RepeatEvidence, ...]) -> dict[str, float]:
    """Mean seconds per repeat, and the greatest memory any of them used."""
    n = len(repeats)
    return {
        "train_wall_s": sum(repeat.train_wall_s for repeat in repeats) / n,
        "evaluation_wall_s": sum(repeat.evaluation_wall_s for repeat in repeats) / n,
        "cpu_s": sum(repeat.cpu_s for repeat in repeats) / n,
        "peak_memory_bytes": float(max(repeat.peak_memory_bytes for repeat in repeats)),
    }
