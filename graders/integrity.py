"""Flags for a person: what does not look like a model that was trained on the labels it was given.

Never points. An instructor reads the figures, the code, and decides; a student does not see them.

**Control run.** The same code is trained on changed labels, twice. With labels *permuted* between the classes
(no class keeps its name) an honest learner follows: what it predicts agrees with the permuted labels of rows
it never saw. Weights that came with the file, or a table of labels, go on giving the original ones. With
labels *shuffled* among the rows there is nothing to learn, and accuracy falls to chance.

    a_original = share of held-out rows whose prediction is the true class          honest: at most chance
    a_permuted = share whose prediction is the permuted class                       honest: as good as before

Flagged when a_original is above both a_permuted and the most frequent class's share, each by more than its
95 % interval; on shuffled labels when accuracy is above the most frequent class by as much and the
permutation did not clear the run. A control that fails where the run itself did not is flagged too. It does
not see a table whose answers are mapped through the labels given. Sources: Zhang, Bengio, Hardt, Recht and
Vinyals 2017, Understanding Deep Learning Requires Rethinking Generalization, section 2 (randomised labels);
Ojala and Garriga 2010, Permutation Tests for Studying Classifier Performance, JMLR 11.

**Validation against test.** Both are rows that the code never saw labels of, so their accuracies differ by
chance alone, unless one of them leaked. Flagged below a p value of the assignment's.

**Claims.** A declared stack of layers that does not do what it says (`architecture` behaves otherwise).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from graders.metrics import newcombe_interval, two_share_p_value, wilson_interval
from graders.report import Message

if TYPE_CHECKING:
    from graders.evidence import ControlEvidence, Evidence, Labels
    from graders.measures import Measures
    from graders.report import CriterionResult
    from graders.spec import IntegritySpec

_HELD_OUT: Final = ("validation", "test")


def find_flags(
    spec: IntegritySpec, evidence: Evidence, measures: Measures, results: tuple[CriterionResult, ...]
) -> tuple[Message, ...]:
    """Everything that a person should look at; empty for a run like any other."""
    found = [
        *judge_controls(evidence.controls),
        *_disagreement(spec, measures),
        *_contradicted_claims(measures, results),
    ]
    return tuple(found)


def judge_controls(controls: tuple[ControlEvidence, ...]) -> list[Message]:
    """Codes `integrity.ignores_labels`, `.learnt_from_shuffled`, `.control_failed`; none if honest."""
    figures = {control.kind: _figures(control) for control in controls if control.parts}
    flags = [
        Message(
            code="integrity.control_failed", parameters={"kind": control.kind, "code": control.failure.code}
        )
        for control in controls
        if control.failure is not None
    ]
    permuted, shuffled = figures.get("permuted"), figures.get("shuffled")
    if permuted is not None and permuted["ignores"]:
        flags.append(Message(code="integrity.ignores_labels", parameters=_told(permuted)))
    follows = permuted is not None and permuted["follows"]
    if shuffled is not None and shuffled["above_chance"] and not follows:
        flags.append(Message(code="integrity.learnt_from_shuffled", parameters=_told(shuffled)))
    return flags


def _figures(control: ControlEvidence) -> dict[str, Any]:
    """Shares over the held-out rows, and the three questions answered by their intervals."""
    labels, predicted = _held_out(control)
    n = labels.size
    original = int(np.count_nonzero(predicted == labels))
    commonest = int(np.bincount(labels).max())
    above_chance = wilson_interval(successes=original, n=n).low > commonest / n
    if not control.permutation:
        return {"original": original / n, "chance": commonest / n, "rows": n, "above_chance": above_chance}
    permuted = int(np.count_nonzero(predicted == np.asarray(control.permutation)[labels]))
    difference = newcombe_interval(
        validation_successes=original, validation_n=n, train_successes=permuted, train_n=n
    )
    return {
        "original": original / n,
        "permuted": permuted / n,
        "chance": commonest / n,
        "rows": n,
        "above_chance": above_chance,
        "ignores": above_chance and difference.low > 0,
        "follows": difference.high < 0 and wilson_interval(successes=permuted, n=n).low > commonest / n,
    }


def _told(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in ("original", "permuted", "chance", "rows") if name in figures}


def _held_out(control: ControlEvidence) -> tuple[Labels, Labels]:
    parts = [control.parts[name] for name in _HELD_OUT if name in control.parts]
    return np.concatenate([part.labels for part in parts]), np.concatenate([part.predicted for part in parts])


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


def _contradicted_claims(measures: Measures, results: tuple[CriterionResult, ...]) -> list[Message]:
    """One layer of weights that bends: something else than its layers makes the scores."""
    claims = measures.claims[0]
    bent = [result for result in results if result.measured.get("found") == "multi_layer"]
    if not bent or len(claims.layer_outputs) != 1:
        return []
    told = {"layers": list(claims.layers), "bend": bent[0].measured.get("bend")}
    return [Message(code="integrity.claims_contradicted", parameters=told)]
