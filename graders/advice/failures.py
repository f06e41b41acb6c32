"""Advice on code that gave no model, from what the failure says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graders.advice.exceptions import recognise
from graders.advice.model import Advice

if TYPE_CHECKING:
    from graders.report import Failure

# By the type of what `train` returned.
_RETURNED: Final[dict[str, str]] = {
    "None": "advice.returned_nothing",
    "Tensor": "advice.returned_predictions",
    "EagerTensor": "advice.returned_predictions",
    "ndarray": "advice.returned_predictions",
    "list": "advice.returned_several",
    "tuple": "advice.returned_several",
    "dict": "advice.returned_weights",
    "OrderedDict": "advice.returned_weights",
    "float": "advice.returned_a_number",
    "float32": "advice.returned_a_number",
    "float64": "advice.returned_a_number",
    "int": "advice.returned_a_number",
    "History": "advice.returned_history",
    "Trainer": "advice.returned_trainer",
}
# By the shape of the predictions. First match counts.
_PREDICTED: Final = (
    (re.compile(r"^\(\d+, 1\) "), "advice.one_output"),
    (re.compile(r"^\(\d+,\) float"), "advice.one_number_a_row"),
    (re.compile(r"^\(\d+, (?P<outputs>\d{1,9})\) "), "advice.outputs_and_classes"),
    (re.compile(r"^\(\d+, \d+, \d+\) "), "advice.more_than_one_row"),
)
# By what Python's parser says. First match counts.
_UNREADABLE: Final = (
    (re.compile(r"expected ':'"), "advice.colon"),
    (re.compile(r"indent|inconsistent use of tabs"), "advice.indentation"),
    (re.compile(r"never closed|unmatched|does not match opening"), "advice.brackets"),
    (re.compile(r"unterminated (?:triple-quoted )?(?:f-)?string"), "advice.quotes"),
    (re.compile(r"[Mm]aybe you meant '=='"), "advice.two_equal_signs"),
)


def advise_on_failure(failure: Failure, *, own_line: str = "") -> Advice | None:
    """`own_line`: text of the line that failed.

    >>> from graders.report import Failure
    >>> advise_on_failure(Failure(code="no_model_returned", parameters={"got": "History"})).code
    'advice.returned_history'
    """
    told = failure.parameters
    match failure.code:
        case "raised":
            return recognise(failure, own_line)
        case "no_model_returned":
            code = _RETURNED.get(str(told.get("got")))
            return Advice(code=code, line=failure.line) if code else None
        case "wrong_prediction_shape":
            return _first(_PREDICTED, str(told.get("got", "")), failure.line)
        case "syntax_error":
            return _first(_UNREADABLE, str(told.get("message", "")), failure.line)
        case _:
            return None


def _first(table: tuple[tuple[re.Pattern[str], str], ...], text: str, line: int | None) -> Advice | None:
    for pattern, code in table:
        found = pattern.search(text)
        if found:
            parameters = {key: int(value) for key, value in found.groupdict().items()}
            return Advice(code=code, parameters=parameters, line=line)
    return None
