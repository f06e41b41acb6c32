"""Flags for a person: what does not look like a model that was trained on the labels it was given.

    accused = a_original > max(a_permuted, share of the most frequent class), beyond chance

Never points. An instructor reads the figures, the code, and decides; a student does not see them.

**Control run.** The same code is trained on changed labels, twice. With labels *permuted* between the classes
(no class keeps its name) an honest learner follows: what it predicts agrees with the permuted labels of rows
it never saw. Weights that came with the file, or a table of labels, go on giving the original ones. With
labels *shuffled* among the rows there is nothing to learn, and accuracy falls to chance.

Flagged when a_original is above both a_permuted and the most frequent class's share, beyond what one honest
run in a thousand shows by chance; on shuffled labels when accuracy is as far above the most frequent class
and the permutation did not clear the run (`graders.controls` has the tests). A control that fails where the
run itself did not is flagged too. It does not see a table whose answers are mapped through the labels given.
Sources: Zhang, Bengio, Hardt, Recht and
Vinyals 2017, Understanding Deep Learning Requires Rethinking Generalization, section 2 (randomised labels);
Ojala and Garriga 2010, Permutation Tests for Studying Classifier Performance, JMLR 11.

**Validation against test.** Both are rows that the code never saw labels of, so their accuracies differ by
chance alone, unless one of them leaked. Flagged below a p value of the assignment's.

**Not graded.** A criterion that could not be judged is worth no points; a person can give them.

**Chance.** Rows that were asked twice got different answers (`graders.variation`).

**Claims.** A declared stack of layers that does not do what it says (`architecture` behaves otherwise).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from graders.metrics import two_share_p_value
from graders.report import Message
from graders.variation import greatest_chance

if TYPE_CHECKING:
    from graders.controls import ControlFigures
    from graders.measures import Measures
    from graders.report import CriterionResult
    from graders.spec import IntegritySpec


def find_flags(
    spec: IntegritySpec, measures: Measures, results: tuple[CriterionResult, ...]
) -> tuple[Message, ...]:
    """Everything that a person should look at; empty for a run like any other."""
    found = [
        *judge_controls(measures.controls),
        *_disagreement(spec, measures),
        *_chance(measures),
        *_contradicted_claims(measures, results),
        *_not_graded(results),
    ]
    return tuple(found)


def _not_graded(results: tuple[CriterionResult, ...]) -> list[Message]:
    return [
        Message(code="review.not_graded", parameters={"criterion": found.id, "points": found.max_points})
        for found in results
        if found.verdict == "not_graded"
    ]


def judge_controls(controls: tuple[ControlFigures, ...]) -> list[Message]:
    """Codes `integrity.ignores_labels`, `.learnt_from_shuffled`, `.control_failed`; none if honest.

    >>> from graders.controls import ControlFigures
    >>> follows = ControlFigures(kind="permuted", rows=60, permuted=0.95, follows=True)
    >>> lucky = ControlFigures(kind="shuffled", rows=60, original=0.95, above_chance=True)
    >>> judge_controls((follows, lucky)), judge_controls((lucky,))[0].code
    ([], 'integrity.learnt_from_shuffled')
    """
    flags = []
    cleared = any(control.follows for control in controls)
    for control in controls:
        told = control.model_dump(include={"kind", "original", "permuted", "chance", "rows"})
        if control.failure is not None:
            failed = {"kind": control.kind, "code": control.failure}
            flags.append(Message(code="integrity.control_failed", parameters=failed))
        elif control.ignores:
            flags.append(Message(code="integrity.ignores_labels", parameters=told))
        elif control.kind == "shuffled" and control.above_chance and not cleared:
            flags.append(Message(code="integrity.learnt_from_shuffled", parameters=told))
    return flags


def _disagreement(spec: IntegritySpec, measures: Measures) -> list[Message]:
    validation, test = measures.parts.get("validation"), measures.parts.get("test")
    if validation is None or test is None:
        return []
    p_value = two_share_p_value(
        first_successes=validation.accuracy.value * validation.accuracy.n,
        first_n=validation.accuracy.n,
        second_successes=test.accuracy.value * test.accuracy.n,
        second_n=test.accuracy.n,
    )
    if p_value >= spec.disagreement_p_value:
        return []
    told = {"validation": validation.accuracy.value, "test": test.accuracy.value, "p_value": p_value}
    return [Message(code="integrity.validation_and_test_disagree", parameters=told)]


def _chance(measures: Measures) -> list[Message]:
    kinds: tuple[Literal["scores", "class_ids"], ...] = ("scores", "class_ids")
    found = {kind: greatest_chance(measures.variations, measure=kind) for kind in kinds}
    return [
        Message(code="integrity.answers_vary", parameters={"measure": kind, "difference": difference})
        for kind, difference in found.items()
        if difference is not None
    ]


def _contradicted_claims(measures: Measures, results: tuple[CriterionResult, ...]) -> list[Message]:
    """One layer of weights that bends: something else than its layers makes the scores."""
    claims = measures.claims[0]
    bent = [result for result in results if result.measured.get("found") == "multi_layer"]
    if not bent or len(claims.layer_outputs) != 1:
        return []
    told = {"layers": list(claims.layers), "bend": bent[0].measured.get("bend")}
    return [Message(code="integrity.claims_contradicted", parameters=told)]
