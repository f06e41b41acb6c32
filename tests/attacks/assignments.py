"""What attacks are handed in to: the labs' own criteria under limits that a bomb reaches soon."""

from __future__ import annotations

from graders.labs import LABS
from graders.spec import MIB, AssignmentSpec, CriterionSpec, IntegritySpec, Limits

LIMITS = Limits(
    wall_time_s=12, evaluation_time_s=8, memory_bytes=512 * MIB, output_bytes=1 * MIB, scratch_bytes=16 * MIB
)
# For what never ends by itself.
_BRIEF_LIMITS = LIMITS.model_copy(update={"wall_time_s": 3, "evaluation_time_s": 3})
_MNIST_LIMITS = Limits(wall_time_s=60, evaluation_time_s=30, memory_bytes=1024 * MIB)


def _made(lab: str, slug: str, **changed: object) -> AssignmentSpec:
    return LABS[lab].model_copy(update={"slug": slug, "title": slug, **changed})


_CONTROLLED = IntegritySpec(control_run=True)
# Of the measured assignment: what the labs do not ask, each worth 10 points.
SECONDS_AT_MOST = 1.5
_MORE_CRITERIA = (
    CriterionSpec(id="hidden_units", grader="architecture", points=10,
                  parameters={"expected": "multi_layer", "min_hidden_units": 8}),
    CriterionSpec(id="curve", grader="learning_curve", points=10, parameters={"min_epochs": 10, "max_regret": 0.1}),
    CriterionSpec(id="seconds", grader="resources", points=10, parameters={"max_seconds": SECONDS_AT_MOST}),
    CriterionSpec(id="size", grader="resources", points=10, parameters={"max_parameters": 500}),
)  # fmt: skip
# Full points on every split: of 200 random ones the lab's own criteria, meant for five repeats, took points from
# the honest reference on 26.
_LENIENT = tuple(
    criterion.model_copy(update={"parameters": {**criterion.parameters, **changed}})
    for criterion, changed in zip(
        LABS["iris-single-layer"].criteria,
        ({"full_at": 0.7}, {"full_at_most": 0.4, "zero_at_least": 0.6, "training_error_target": 0.2}, {}, {}),
        strict=True,
    )
)
SPECS = (
    _made("iris-single-layer", "attack-iris", repeats=1, limits=LIMITS),
    _made("iris-single-layer", "attack-iris-brief", repeats=1, limits=_BRIEF_LIMITS),
    _made("iris-single-layer", "attack-iris-control", repeats=1, limits=LIMITS, integrity=_CONTROLLED),
    # Four jails of one submission, two at a time, each with a split of its own.
    _made("iris-single-layer", "attack-iris-repeats", repeats=4, limits=LIMITS),
    _made("iris-multi-layer", "attack-iris-multi", repeats=1, limits=LIMITS),
    _made("iris-multi-layer", "attack-iris-measured", repeats=1, limits=LIMITS,
          criteria=(*LABS["iris-multi-layer"].criteria, *_MORE_CRITERIA)),
    _made("mnist-multi-layer", "attack-mnist", limits=_MNIST_LIMITS),
    _made("mnist-multi-layer", "attack-mnist-control", limits=_MNIST_LIMITS, integrity=_CONTROLLED),
    # What a neighbour hands in meanwhile.
    _made("iris-single-layer", "bystander", repeats=1, criteria=_LENIENT),
)
