"""Reports whose figures are drawn, with the graders' own words put to them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graders.generalization_gap import GeneralizationGapParameters, diagnose
from graders.metrics import wilson_interval
from graders.report import (
    CriterionResult,
    CurvePoint,
    CurveSummary,
    Failure,
    GapMeasure,
    Message,
    PartMeasure,
    Rate,
    Report,
)
from store.repository.results import result_of

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from graders.spec import AssignmentSpec


@dataclass(frozen=True)
class Made:
    """A report as it is stored, and what the table of results takes of it."""

    document: dict[str, Any]
    result: dict[str, Any]
    outcome: str


def draw_report(spec: AssignmentSpec, draw: random.Random) -> Made:
    if draw.random() < 0.06:
        failure = Failure(
            code="raised",
            line=11,
            traceback='File "submission.py", line 11, in train\nValueError: shapes do not match',
            parameters={"exception": "ValueError", "message": "shapes do not match"},
        )
        results = tuple(_failed(spec))
        report = Report(
            outcome="failed", points=0, max_points=spec.max_points, criteria=results, failure=failure
        )
    else:
        report = _graded(spec, draw)
    return Made(report.model_dump(mode="json"), result_of(report), report.outcome)


def _failed(spec: AssignmentSpec) -> Iterator[CriterionResult]:
    for criterion in spec.criteria:
        yield CriterionResult(
            id=criterion.id,
            grader=criterion.grader,
            verdict="failed",
            points=0,
            max_points=criterion.points,
            visibility=criterion.visibility,
            messages=(Message(code="run.failed", parameters={"code": "raised"}),),
        )


def _graded(spec: AssignmentSpec, draw: random.Random) -> Report:
    kind = draw.choices(["balanced", "overfitting", "underfitting"], [4, 3, 2])[0]
    limits = next(
        GeneralizationGapParameters.model_validate(c.parameters)
        for c in spec.criteria
        if c.grader == "generalization_gap"
    )
    target, limit = limits.training_error_target, limits.full_at_most
    training = {
        "balanced": draw.uniform(0.3, 0.9) * target,
        "overfitting": draw.uniform(0, 0.3) * target,
        "underfitting": draw.uniform(1.3, 6) * target,
    }[kind]
    gap = draw.uniform(1.5, 4) * limit if kind == "overfitting" else draw.uniform(-0.1, 0.9) * limit
    training, validation = min(training, 0.8), min(0.9, max(0.0, training + gap))
    test = min(0.95, max(0.0, validation + abs(draw.gauss(0, 0.02))))
    curve, summary = _curve(draw, training, validation, overfits=kind == "overfitting")
    n_classes = 3 if spec.dataset == "iris" else 10
    sizes = {"train": spec.split.train, "validation": spec.split.validation, "test": spec.split.test}
    parts = {
        name: _part(draw, error, sizes[name], n_classes)
        for name, error in (("train", training), ("validation", validation), ("test", test))
    }
    diagnosis = diagnose(
        training_error=training, validation_error=validation, training_error_target=target, gap_limit=limit
    )
    results = tuple(_criteria(spec, draw, training=training, validation=validation, test=test))
    flag = Message(code="integrity.control_failed", parameters={"kind": "permuted", "code": "raised"})
    return Report(
        outcome="graded",
        points=round(sum(result.points for result in results), 2),
        max_points=spec.max_points,
        criteria=results,
        diagnosis=diagnosis,
        parts=parts,
        class_names=tuple(map(str, range(10))) if n_classes == 10 else ("setosa", "versicolor", "virginica"),
        gap=GapMeasure(
            value=validation - training, low=validation - training - 0.004, high=validation - training + 0.004
        ),
        learning_curve=curve,
        curve=summary,
        flags=(flag,) if draw.random() < 0.003 else (),
        claims={"framework": "pytorch", "layers": ["Linear", "Linear"], "parameter_count": 50_890},
        resources={
            "train_wall_s": draw.uniform(4, 40),
            "evaluation_wall_s": 0.4,
            "cpu_s": 30.0,
            "peak_memory_bytes": 4e8,
        },
        provenance={"python": "3.11.9", "torch": "2.13.0", "kernel": "6.1"},
    )


def _criteria(
    spec: AssignmentSpec, draw: random.Random, *, training: float, validation: float, test: float
) -> Iterator[CriterionResult]:
    for criterion in spec.criteria:
        asked = criterion.parameters
        measured: dict[str, Any] = {}
        if criterion.grader == "accuracy":
            value, full, zero = 1 - test, asked["full_at"], asked["zero_at"]
            got = min(1.0, max(0.0, (value - zero) / (full - zero)))
            measured = {"measured": value, "asked": full}
            codes = {1.0: "accuracy.reached", 0.0: "accuracy.too_low"}
            message = Message(
                code=codes.get(got, "accuracy.partial"), parameters={"part": asked["part"], **measured}
            )
        elif criterion.grader == "generalization_gap":
            gap, full, zero = validation - training, asked["full_at_most"], asked["zero_at_least"]
            got = min(1.0, max(0.0, (zero - gap) / (zero - full)))
            measured = {"gap": gap, "limit": full, "measure": "error"}
            codes = {1.0: "gap.small", 0.0: "gap.too_large"}
            message = Message(code=codes.get(got, "gap.partial"), parameters=measured)
        else:
            got = 1.0 if draw.random() < 0.8 else 0.0
            kept = asked.get("expected", "multi_layer")
            other = "single_layer" if kept == "multi_layer" else "multi_layer"
            measured = {"found": kept if got else other, "expected": kept}
            message = Message(
                code=f"architecture.{kept}" if got else f"architecture.not_{kept}", parameters={"bend": 0.31}
            )
            if criterion.grader == "framework":
                measured = {"framework": "pytorch", "allowed": list(asked["allowed"])}
                message = Message(code="framework.allowed", parameters={"framework": "pytorch"})
                got = 1.0
        yield CriterionResult(
            id=criterion.id,
            grader=criterion.grader,
            points=round(got * criterion.points, 2),
            verdict="passed" if got == 1 else "failed" if got == 0 else "partial",
            max_points=criterion.points,
            visibility=criterion.visibility,
            messages=(message,),
            measured=measured,
        )


def _curve(
    draw: random.Random, training: float, validation: float, *, overfits: bool
) -> tuple[tuple[CurvePoint, ...], CurveSummary]:
    epochs, best = 25, draw.randint(6, 14) if overfits else 25
    least = validation * (0.6 if overfits else 1.0)
    points = []
    for epoch in range(1, epochs + 1):
        fallen = math.exp(-epoch / 5)
        seen = least + (0.6 - least) * math.exp(-epoch / max(2, best / 3))
        if epoch > best:
            seen = least + (validation - least) * (epoch - best) / (epochs - best)
        points.append(
            CurvePoint(
                epoch=epoch,
                training_error=min(1.0, training + (0.6 - training) * fallen),
                validation_error=min(1.0, seen),
            )
        )
    lowest = min(points, key=lambda point: point.validation_error)
    summary = CurveSummary(
        epochs=epochs,
        best_epoch=lowest.epoch,
        best_training_error=lowest.training_error,
        best_validation_error=lowest.validation_error,
        last_training_error=points[-1].training_error,
        last_validation_error=points[-1].validation_error,
        clearly_worse=overfits,
        regret=points[-1].validation_error - lowest.validation_error,
        onset_epoch=lowest.epoch if overfits else None,
    )
    return tuple(points), summary


def _part(draw: random.Random, error: float, rows: int, n_classes: int) -> PartMeasure:
    missed = round(error * rows)
    counts = [[0] * n_classes for _ in range(n_classes)]
    for truth in range(n_classes):
        counts[truth][truth] = rows // n_classes
    for _ in range(min(missed, 400)):
        truth = draw.randrange(n_classes)
        other = (truth + draw.choice([1, 2, 5])) % n_classes
        step = max(1, missed // 400)
        counts[truth][truth] = max(0, counts[truth][truth] - step)
        counts[truth][other] += step
    low, high = wilson_interval(successes=missed, n=rows)
    return PartMeasure(
        accuracy=Rate(value=1 - error, low=1 - high, high=1 - low, n=rows),
        error=Rate(value=error, low=low, high=high, n=rows),
        loss=2 * error + 0.02,
        per_repeat_error=(error,),
        predictions=rows,
        confusion=tuple(map(tuple, counts)),
    )
