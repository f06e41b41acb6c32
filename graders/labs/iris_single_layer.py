"""Iris with a single-layer network. The thresholds rest on examples/REFERENCE_RESULTS.md."""

from graders.spec import AssignmentSpec, CriterionSpec, Limits, SplitSizes

SPEC = AssignmentSpec(
    slug="iris-single-layer",
    title="Iris, single-layer network",
    description=(
        "Classify three species from four lengths in cm with a single-layer fully connected network, "
        "in PyTorch, PyTorch Lightning, TensorFlow or Keras. "
        "Asked: one fully connected layer: scores that are affine in the input."
    ),
    dataset="iris",
    split=SplitSizes(train=90, validation=30, test=30),
    # 30 rows say little: five draws are pooled, 150 test rows.
    repeats=5,
    limits=Limits(wall_time_s=20),
    criteria=(
        CriterionSpec(
            id="accuracy",
            grader="accuracy",
            points=40,
            parameters={"part": "test", "full_at": 0.88, "zero_at": 0.6},
        ),
        CriterionSpec(
            id="generalization_gap",
            grader="generalization_gap",
            points=30,
            parameters={
                "full_at_most": 0.08,
                "zero_at_least": 0.2,
                "measure": "error",
                "training_error_target": 0.1,
            },
        ),
        CriterionSpec(
            id="architecture", grader="architecture", points=20, parameters={"expected": "single_layer"}
        ),
        CriterionSpec(
            id="framework",
            grader="framework",
            points=10,
            parameters={"allowed": ["pytorch", "lightning", "tensorflow", "keras"]},
        ),
    ),
)
