"""MNIST with a multi-layer network. The thresholds rest on examples/REFERENCE_RESULTS.md."""

from graders.spec import AssignmentSpec, CriterionSpec, Limits, SplitSizes

SPEC = AssignmentSpec(
    slug="mnist-multi-layer",
    title="MNIST, multi-layer network",
    description=(
        "Classify ten handwritten digits from 28 x 28 images with a multi-layer fully connected network, "
        "in PyTorch, PyTorch Lightning, TensorFlow or Keras. "
        "Asked: at least one hidden layer with an activation after it."
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
            parameters={"part": "test", "full_at": 0.95, "zero_at": 0.9},
        ),
        CriterionSpec(
            id="generalization_gap",
            grader="generalization_gap",
            points=30,
            parameters={
                "full_at_most": 0.018,
                "zero_at_least": 0.045,
                "measure": "error",
                "training_error_target": 0.06,
            },
        ),
        CriterionSpec(
            id="architecture", grader="architecture", points=20, parameters={"expected": "multi_layer"}
        ),
        CriterionSpec(
            id="framework",
            grader="framework",
            points=10,
            parameters={"allowed": ["pytorch", "lightning", "tensorflow", "keras"]},
        ),
    ),
)
