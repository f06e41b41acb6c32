"""The built-in labs by slug: two data sets, each with a single- and a multi-layer network."""

from graders.labs import iris_multi_layer, iris_single_layer, mnist_multi_layer, mnist_single_layer
from graders.spec import AssignmentSpec

LABS: dict[str, AssignmentSpec] = {
    "iris-single-layer": iris_single_layer.SPEC,
    "iris-multi-layer": iris_multi_layer.SPEC,
    "mnist-single-layer": mnist_single_layer.SPEC,
    "mnist-multi-layer": mnist_multi_layer.SPEC,
}
