"""What frameworks raise when beginners use them, recognised by type and words. First match counts.

A message comes from beside student code and can say anything: patterns are short, without nested repetition,
and what they find is only ever added to the message itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graders.advice.model import Advice

if TYPE_CHECKING:
    from graders.report import Failure


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """`raised`: names of exceptions, empty for any. `pattern`: found in the message; its named groups become
    parameters. `line`: found in the student's own line, where the message alone says too little.
    `example`: a message as the framework words it.
    """

    code: str
    pattern: str
    example: str
    raised: tuple[str, ...] = ()
    line: str = ""


RECOGNISED: Final[tuple[Recognised, ...]] = (
    # Shapes.
    Recognised(
        code="advice.flatten",
        pattern=r"shapes cannot be multiplied \(\d+x28 and 784x\d+\)",
        example="mat1 and mat2 shapes cannot be multiplied (1400000x28 and 784x64)",
    ),
    Recognised(
        code="advice.layer_sizes",
        pattern=r"shapes cannot be multiplied \(\d+x(?P<got>\d+) and (?P<wanted>\d+)x\d+\)",
        example="mat1 and mat2 shapes cannot be multiplied (90x16 and 32x3)",
    ),
    Recognised(
        code="advice.layer_sizes",
        pattern=r"Matrix size-incompatible: In\[0\]: \[\d+,(?P<got>\d+)\], In\[1\]: \[(?P<wanted>\d+),",
        example="Matrix size-incompatible: In[0]: [90,4], In[1]: [3,4] [Op:MatMul]",
    ),
    Recognised(
        code="advice.layer_sizes",
        pattern=r"shape to have value (?P<wanted>\d+), but received input with shape "
        r"\(\w+, (?:\d+, )?(?P<got>\d+)\)",
        example="expected axis -1 of input shape to have value 5, but received input with shape (None, 4)",
    ),
    Recognised(
        code="advice.rows_differ",
        pattern=r"Expected input batch_size \((?P<got>\d+)\) to match target batch_size \((?P<wanted>\d+)\)",
        example="Expected input batch_size (2520) to match target batch_size (90).",
    ),
    Recognised(
        code="advice.sizes_differ",
        pattern=r"size of tensor a \((?P<got>\d+)\) must match the size of tensor b \((?P<wanted>\d+)\)",
        example="The size of tensor a (3) must match the size of tensor b (90) at non-singleton dimension 1",
    ),
    # Labels.
    Recognised(
        code="advice.labels_one_hot_integers",
        pattern=r"Expected floating point type for target with class probabilities",
        example="Expected floating point type for target with class probabilities, got Long",
    ),
    Recognised(
        code="advice.labels_type",
        pattern=r"expected target dtype to be Long or Byte, but got (?P<got>\w+)",
        example="expected target dtype to be Long or Byte, but got Float",
    ),
    Recognised(
        code="advice.labels_type",
        pattern=r"expected scalar type Long but found (?P<got>\w+)",
        example="expected scalar type Long but found Float",
    ),
    Recognised(
        code="advice.labels_column",
        pattern=r"0D or 1D target tensor expected",
        example="0D or 1D target tensor expected, multi-target not supported",
    ),
    Recognised(
        code="advice.too_few_outputs",
        pattern=r"Target (?P<label>\d+) is out of bounds",
        example="Target 2 is out of bounds.",
    ),
    Recognised(
        code="advice.too_few_outputs",
        pattern=r"Received a label value of (?P<label>\d+) which is outside the valid range",
        example="Received a label value of 2 which is outside the valid range of [0, 2).",
    ),
    Recognised(
        code="advice.one_hot_with_sparse_loss",
        pattern=r"must have rank \(ndim\) `target\.ndim - 1`",
        example="Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape=(None, 3)",
    ),
    Recognised(
        code="advice.one_hot_with_sparse_loss",
        pattern=r"`labels\.shape\.rank` must equal `logits\.shape\.rank - 1`",
        example="`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape=(90, 3)",
    ),
    Recognised(
        code="advice.ids_with_categorical_loss",
        pattern=r"`target` and `output` must have the same (?:rank|shape)",
        example="Arguments `target` and `output` must have the same rank (ndim). Received: target.shape",
    ),
    # Types of inputs, and where they are.
    Recognised(
        code="advice.inputs_type",
        pattern=r"must have the same dtype, but got (?P<got>\w+) and (?P<wanted>\w+)",
        example="mat1 and mat2 must have the same dtype, but got Double and Float",
    ),
    Recognised(
        code="advice.inputs_type",
        pattern=r"was expected to be a (?P<got>\w+) tensor but is a (?P<wanted>\w+) tensor",
        example="cannot compute MatMul as input #1(zero-based) was expected to be a double tensor but is a "
        "float tensor [Op:MatMul] name: ",
    ),
    Recognised(
        code="advice.numpy_into_torch",
        pattern=r"must be Tensor, not numpy\.ndarray",
        example="linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray",
    ),
    Recognised(
        code="advice.no_cuda",
        pattern=r"not compiled with CUDA|no NVIDIA driver|No CUDA GPUs",
        example="Torch not compiled with CUDA enabled",
    ),
    Recognised(
        code="advice.devices_differ",
        pattern=r"Expected all tensors to be on the same device",
        example="Expected all tensors to be on the same device, but found at least two devices",
    ),
    Recognised(
        code="advice.numpy_of_cuda",
        pattern=r"can't convert cuda:\d+ device type tensor to numpy",
        example="can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor first",
    ),
    Recognised(
        code="advice.numpy_of_gradient",
        pattern=r"Can't call numpy\(\) on Tensor that requires grad",
        example="Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
    ),
    # Gradients.
    Recognised(
        code="advice.backward_twice",
        pattern=r"backward through the graph a second time",
        example="Trying to backward through the graph a second time (or directly access saved tensors)",
    ),
    Recognised(
        code="advice.loss_of_each_row",
        pattern=r"grad can be implicitly created only for scalar outputs",
        example="grad can be implicitly created only for scalar outputs",
    ),
    Recognised(
        code="advice.loss_is_a_number",
        pattern=r"'(?:float|int)' object has no attribute 'backward'",
        example="'float' object has no attribute 'backward'",
        raised=("AttributeError",),
    ),
    Recognised(
        code="advice.no_gradient",
        pattern=r"element 0 of tensors does not require grad",
        example="element 0 of tensors does not require grad and does not have a grad_fn",
    ),
    Recognised(
        code="advice.changed_in_place",
        pattern=r"in-place operation|modified by an inplace operation",
        example="a leaf Variable that requires grad is being used in an in-place operation.",
    ),
    Recognised(
        code="advice.gradient_is_none",
        pattern=r"No gradients provided for any variable|None values not supported",
        example="No gradients provided for any variable.",
        raised=("ValueError",),
    ),
    Recognised(
        code="advice.gradient_is_none",
        pattern=r"unsupported operand type\(s\) for .{1,3}: .*'NoneType'",
        example="unsupported operand type(s) for *: 'float' and 'NoneType'",
        raised=("TypeError",),
        line=r"grad|assign",
    ),
    Recognised(
        code="advice.not_a_variable",
        pattern=r"EagerTensor' object has no attribute 'assign",
        example="'tensorflow.python.framework.ops.EagerTensor' object has no attribute 'assign_sub'",
    ),
    # How a model and its training are put together.
    Recognised(
        code="advice.no_super_init",
        pattern=r"before Module\.__init__\(\) call",
        example="cannot assign module before Module.__init__() call",
    ),
    Recognised(
        code="advice.optimizer_wants_parameters",
        pattern=r"object is not iterable|params argument given to the optimizer should be an iterable",
        example="'Net' object is not iterable",
        raised=("TypeError",),
        line=r"optim|Adam|SGD|RMSprop",
    ),
    Recognised(
        code="advice.no_parameters",
        pattern=r"optimizer got an empty parameter list",
        example="optimizer got an empty parameter list",
    ),
    Recognised(
        code="advice.not_compiled",
        pattern=r"You must call `compile\(\)`",
        example="You must call `compile()` before using the model.",
    ),
    Recognised(
        code="advice.lightning_method",
        pattern=r"No `(?P<method>\w+)\(\)` method defined",
        example="No `training_step()` method defined. Lightning `Trainer` expects as minimum a",
    ),
    Recognised(
        code="advice.returned_trainer",
        pattern=r"`model` must be a `LightningModule`.*, got `ndarray`",
        example="`model` must be a `LightningModule` or `torch._dynamo.OptimizedModule`, got `ndarray`",
        raised=("TypeError",),
    ),
    # The contract.
    Recognised(
        code="advice.lab_has_no",
        pattern=r"'Lab' object has no attribute '(?P<name>\w+)'",
        example="'Lab' object has no attribute 'X_train'",
        raised=("AttributeError",),
    ),
    Recognised(
        code="advice.lab_is_no_dictionary",
        pattern=r"'Lab' object is not (?:subscriptable|iterable)|cannot unpack non-iterable Lab",
        example="'Lab' object is not subscriptable",
        raised=("TypeError",),
    ),
    Recognised(
        code="advice.epoch_takes_the_model",
        pattern=r"Lab\.epoch\(\) (?:missing|takes)",
        example="Lab.epoch() missing 1 required positional argument: 'model'",
        raised=("TypeError",),
    ),
    Recognised(
        code="advice.train_takes_lab",
        pattern=r"^train\(\) (?:missing|takes)",
        example="train() missing 1 required positional argument: 'train_y'",
        raised=("TypeError",),
    ),
    Recognised(
        code="advice.predict_takes_two",
        pattern=r"^predict\(\) (?:missing|takes)",
        example="predict() takes 1 positional argument but 2 were given",
        raised=("TypeError",),
    ),
    Recognised(
        code="advice.file_not_there",
        pattern=r"",
        example="iris.csv not found.",
        raised=("FileNotFoundError",),
    ),
    Recognised(code="advice.exits", pattern=r"", example="None", raised=("SystemExit",)),
    Recognised(
        code="advice.asks_for_input", pattern=r"", example="EOF when reading a line", raised=("EOFError",)
    ),
    # Python's own; last, since many of those above are of the same types.
    Recognised(
        code="advice.name_not_defined",
        pattern=r"name '(?P<name>\w+)' is not defined",
        example="name 'nn' is not defined",
        raised=("NameError",),
    ),
    Recognised(
        code="advice.no_such_attribute",
        pattern=r"'(?P<owner>\w+)' object has no attribute '(?P<name>\w+)'",
        example="'Net' object has no attribute 'hiden'",
        raised=("AttributeError",),
    ),
)
_MOST_DIGITS: Final = 12
_COMPILED: Final = tuple((entry, re.compile(entry.pattern), re.compile(entry.line)) for entry in RECOGNISED)


def recognise(failure: Failure, own_line: str = "") -> Advice | None:
    """Advice on code that raised; None for an exception that is not in the table.

    >>> from graders.report import Failure
    >>> told = {"exception": "IndexError", "message": "Target 2 is out of bounds."}
    >>> recognise(Failure(code="raised", parameters=told, line=9))
    Advice(code='advice.too_few_outputs', parameters={'label': 2}, line=9)
    """
    message, name = failure.parameters.get("message"), failure.parameters.get("exception")
    if not isinstance(message, str):
        return None
    for entry, pattern, line in _COMPILED:
        if entry.raised and name not in entry.raised:
            continue
        found = pattern.search(message)
        if found and line.search(own_line):
            parameters = {key: _number_or_text(value) for key, value in found.groupdict().items()}
            return Advice(code=entry.code, parameters=parameters, line=failure.line)
    return None


def _number_or_text(value: str) -> int | str:
    return int(value) if value.isdecimal() and len(value) <= _MOST_DIGITS else value
