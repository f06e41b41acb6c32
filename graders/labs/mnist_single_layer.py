"""MNIST with a single-layer network. The thresholds rest on examples/REFERENCE_RESULTS.md."""

from graders.spec import AssignmentSpec, CriterionSpec, Limits, SplitSizes

SPEC = AssignmentSpec(
    slug="mnist-single-layer",
    title="MNIST, single-layer network",
    description=(
        "Classify ten handwritten digits from 28 x 28 images with a single-layer fully connected network, "
        "in PyTorch, PyTorch Lightning, TensorFlow or Keras. "
        "Asked: one fully connected layer: scores that are affine in the input."
    ),
    dataset="mnist",
    split=SplitSizes(train=50_000, validation=10_000, test=10_000),
    limits=Limits(wall_time_s=60),
    evaluated_train_rows=10_000,
    criteria=(
        CriterionSpec(
            id="accuracy",
            grader="accuracy",
            points=40,
            parameters={"part": "test", "full_at": 0.9, "zero_at": 0.8},
        ),
        CriterionSpec(
            id="generalization_gap",
            grader="generalization_gap",
            points=30,
            parameters={
                "full_at_most": 0.02,
                "zero_at_least": 0.05,
                "measure": "error",
                "training_error_target": 0.12,
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
