"""From what was asked and what a run left behind to the report. Same values in, same report out."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from graders.generalization_gap import GeneralizationGapParameters, diagnose_measures
from graders.integrity import find_flags
from graders.learning_curve import summarize
from graders.measures import Measures, learning_curve, measure
from graders.registry import GRADERS
from graders.report import CriterionResult, Diagnosis, Failure, Message, Report
from graders.stopping import estimate_stopping

if TYPE_CHECKING:
    import numpy.typing as npt

    from graders.evidence import Evidence, RepeatEvidence
    from graders.spec import AssignmentSpec, CriterionSpec


def grade(spec: AssignmentSpec, evidence: Evidence, *, spec_version: int = 1) -> Report:
    """Judge every criterion. An exception in here is our fault and propagates: never a student's zero.

    Where some repeats gave a model and others did not, those that did are judged and the points are scaled by
    their share: a file that gives up on splits it does not like gains nothing.
    """
    if not evidence.repeats:
        raise ValueError("evidence holds no repeats")
    failures = _failures(evidence.repeats)
    common: dict[str, Any] = {
        "max_points": round(spec.max_points, 2),
        "learning_curve": learning_curve(evidence.repeats),
        "repeats_planned": max(evidence.planned_repeats, len(evidence.repeats)),
        "claims": _claims(evidence.repeats[0]),
        "resources": _resources(evidence.repeats),
        "provenance": evidence.provenance,
        "spec_version": spec_version,
        "evidence_version": evidence.version,
    }
    if len(failures) == len(evidence.repeats):
        criteria = tuple(_failed(criterion, failures[0]) for criterion in spec.criteria)
        return Report(outcome="failed", points=0.0, criteria=criteria, failure=failures[0], **common)
    measures = measure(evidence)
    made_share = 1 - len(failures) / common["repeats_planned"]
    judged = tuple(_judged(criterion, measures) for criterion in spec.criteria)
    curve = summarize(measures.learning_curve, validation_rows=measures.curve_rows)
    criteria = tuple(_scaled(result, made_share) for result in judged)
    misses = _board_misses(evidence.repeats)
    return Report(
        outcome="graded",
        points=round(spec.capped(sum(result.points for result in criteria)), 2),
        criteria=criteria,
        diagnosis=_diagnosis(spec, measures),
        parts={name: part for name, part in measures.parts.items() if name != "board"},
        class_names=evidence.class_names,
        gap=measures.error_gap,
        curve=curve,
        stopping=estimate_stopping(spec, measures, curve, judged),
        repeats_failed=failures,
        notes=_notes(failures, common["repeats_planned"]),
        flags=find_flags(spec.integrity, evidence, measures, judged),
        board_misses=base64.b64encode(np.packbits(misses).tobytes()).decode(),
        board_rows=misses.size,
        **common,
    )


def _failures(repeats: tuple[RepeatEvidence, ...]) -> tuple[Failure, ...]:
    return tuple(
        Failure(
            code=repeat.failure.code,
            parameters=repeat.failure.parameters,
            line=repeat.failure.line,
            traceback=repeat.failure.traceback,
            repeat=number,
        )
        for number, repeat in enumerate(repeats, start=1)
        if repeat.failure is not None
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


def _board_misses(repeats: tuple[RepeatEvidence, ...]) -> npt.NDArray[np.bool_]:
    """Array bool (board rows of all repeats,); a repeat that gave no model is left out."""
    parts = [repeat.parts["board"] for repeat in repeats if "board" in repeat.parts]
    if not parts:
        return np.zeros(0, dtype=np.bool_)
    return np.concatenate([part.labels != part.predicted for part in parts])


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
