"""From what was asked and what a run left behind to the report. Same values in, same report out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graders.generalization_gap import GeneralizationGapParameters, diagnose_measures
from graders.integrity import find_flags
from graders.learning_curve import summarize
from graders.measures import Measures, measure
from graders.registry import GRADERS
from graders.report import CriterionResult, Diagnosis, Failure, Message, Report
from graders.stopping import estimate_stopping

if TYPE_CHECKING:
    from graders.evidence import Evidence
    from graders.spec import AssignmentSpec, CriterionSpec


def grade(spec: AssignmentSpec, evidence: Evidence, *, spec_version: int = 1) -> Report:
    """Measure and judge. Raises ValueError for evidence without repeats."""
    return judge(spec, measure(evidence), spec_version=spec_version)


def judge(spec: AssignmentSpec, measures: Measures, *, spec_version: int = 1) -> Report:
    """Judge every criterion. An exception in here is our fault and propagates: never a student's zero.

    Where some repeats gave a model and others did not, those that did are judged and the points are scaled by
    their share: a file that gives up on splits it does not like gains nothing.
    """
    failures = measures.failures
    common: dict[str, Any] = {
        "max_points": round(spec.max_points, 2),
        "learning_curve": measures.learning_curve,
        "repeats_planned": measures.repeats_planned,
        "claims": _claims(measures),
        "resources": measures.resources,
        "provenance": measures.provenance,
        "spec_version": spec_version,
        "evidence_version": measures.evidence_version,
    }
    if len(failures) == measures.repeats:
        criteria = tuple(_failed(criterion, failures[0]) for criterion in spec.criteria)
        return Report(outcome="failed", points=0.0, criteria=criteria, failure=failures[0], **common)
    judged = tuple(_judged(criterion, measures) for criterion in spec.criteria)
    curve = summarize(measures.learning_curve, validation_rows=measures.curve_rows)
    criteria = tuple(_scaled(result, measures.made_share) for result in judged)
    return Report(
        outcome="graded",
        points=round(spec.capped(sum(result.points for result in criteria)), 2),
        criteria=criteria,
        diagnosis=_diagnosis(spec, measures),
        parts=measures.parts,
        class_names=measures.class_names,
        gap=measures.error_gap,
        curve=curve,
        stopping=estimate_stopping(spec, measures, curve, criteria),
        repeats_failed=failures,
        notes=_notes(failures, measures.repeats_planned),
        flags=find_flags(spec.integrity, measures, judged),
        board_misses=measures.board_misses,
        board_rows=measures.board_rows,
        **common,
    )


def _notes(failures: tuple[Failure, ...], planned: int) -> tuple[Message, ...]:
    if not failures:
        return ()
    first = failures[0]
    told = {"failed": len(failures), "planned": planned, "code": first.code, "repeat": first.repeat}
    return (Message(code="repeats.some_failed", parameters=told),)


def _scaled(result: CriterionResult, made_share: float) -> CriterionResult:
    if made_share == 1:
        return result
    return result.model_copy(update={"points": round(result.points * made_share, 2)})


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


def _claims(measures: Measures) -> dict[str, Any]:
    claims = measures.claims[0]
    return {
        "framework": claims.framework,
        "layers": list(claims.layers),
        "parameter_count": claims.parameter_count,
    }
