"""States, verdicts, diagnoses, roles: the words of the service as people read them."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "state.queued": "Waiting in the queue",
    "state.claimed": "Starting",
    "state.training": "Training",
    "state.evaluating": "Evaluating",
    "state.graded": "Graded",
    "state.failed": "Your code gave no model",
    "state.errored": "A fault on our side, which costs no attempt: an operator will look at it",
    "state.cancelled": "Cancelled",
    "state.superseded": "Replaced by a newer submission",
    "short_state.queued": "Waiting",
    "short_state.claimed": "Starting",
    "short_state.training": "Training",
    "short_state.evaluating": "Evaluating",
    "short_state.graded": "Graded",
    "short_state.failed": "No model",
    "short_state.errored": "Our fault",
    "short_state.cancelled": "Cancelled",
    "short_state.superseded": "Replaced",
    "verdict.passed": "passed",
    "verdict.partial": "partial",
    "verdict.failed": "failed",
    "verdict.not_graded": "not graded",
    "fit.underfitting": "Underfitting",
    "fit.overfitting": "Overfitting",
    "fit.balanced": "Balanced",
    "fit.inconclusive": "Not decided",
    "part.train": "training",
    "part.validation": "validation",
    "part.test": "test",
    "role.student": "student",
    "role.grader": "grader",
    "role.instructor": "instructor",
    "role.admin": "administrator",
    "architecture.single_layer": "a single layer",
    "architecture.multi_layer": "several layers",
    "criterion.validation_accuracy": "validation accuracy",
    "criterion.test_accuracy": "test accuracy",
    "criterion.accuracy": "accuracy",
    "criterion.gap": "gap",
    "criterion.generalization_gap": "generalization gap",
    "criterion.architecture": "architecture",
    "criterion.framework": "framework",
    "criterion.learning_curve": "learning curve",
    "criterion.stability": "stability",
    "criterion.resources": "resources",
    "attention.errored": "our fault",
    "attention.stuck": "stuck",
    "attention.flagged": "flagged",
    "runner.ok": "ready",
    "runner.unreachable": "unreachable",
    "runner.refuses": "refuses",
    "device.cpu": "processor",
    "device.gpu": "GPU",
    "lab.iris_single_layer": "Classify three species from four lengths in cm with a single-layer fully "
    "connected network, in PyTorch, PyTorch Lightning, TensorFlow or Keras. Asked: one fully connected "
    "layer: scores that are affine in the input.",
    "lab.iris_multi_layer": "Classify three species from four lengths in cm with a multi-layer fully "
    "connected network, in PyTorch, PyTorch Lightning, TensorFlow or Keras. Asked: at least one hidden "
    "layer with an activation after it.",
    "lab.mnist_single_layer": "Classify ten handwritten digits from 28 x 28 images with a single-layer "
    "fully connected network, in PyTorch, PyTorch Lightning, TensorFlow or Keras. Asked: one fully "
    "connected layer: scores that are affine in the input.",
    "lab.mnist_multi_layer": "Classify ten handwritten digits from 28 x 28 images with a multi-layer fully "
    "connected network, in PyTorch, PyTorch Lightning, TensorFlow or Keras. Asked: at least one hidden "
    "layer with an activation after it.",
    "measured.train_wall_s": "training",
    "measured.evaluation_wall_s": "evaluation",
    "measured.cpu_s": "processor time",
    "measured.peak_memory_bytes": "most memory",
    "measured.kernel": "kernel",
    "measured.gpu_driver": "GPU driver",
    "claimed.framework": "framework",
    "claimed.layers": "layers",
    "claimed.parameter_count": "parameters",
    "claimed.layer_outputs": "units of its layers",
}
