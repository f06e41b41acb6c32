import ast
import re
from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

import graders
from api.dashboard.texts import CATALOGS
from api.messages import render
from api.sentences import SENTENCES
from graders.report import Fit, Message

ENGLISH = SENTENCES["en"]
CODE = re.compile(
    r"(accuracy|gap|architecture|framework|fit|advice|run|learning_curve|stability)\.[a-z_]*[a-z]"
)
# What stands in the braces of f-strings that build codes.
FILLINGS = {
    "fit.{}": get_args(Fit),
    "architecture.{}": ("single_layer", "multi_layer"),
    "architecture.not_{}": ("single_layer", "multi_layer"),
    # Faults of specifications, which test_api_faults.py walks through.
    "spec.{}": (),
}
FAILURES = (
    "syntax_error no_train_function import_failed raised wrong_prediction_shape predictions_not_finite "
    "no_model_returned out_of_memory time_limit output_limit too_large not_utf8 bad_notebook "
    "killed_by_sandbox"
)


def codes_in_graders():
    for file in Path(graders.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values]
                shape = "".join(parts)
                if re.fullmatch(r"[a-z_]+\.[a-z_]*\{\}", shape):
                    assert shape in FILLINGS, f"{file.name}: say here what {shape} can become"
                    yield from (shape.replace("{}", value) for value in FILLINGS[shape])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                if CODE.fullmatch(node.value):
                    yield node.value
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message":
                literal = [k.value for k in node.keywords if k.arg == "code"]
                yield from (value.value for value in literal if isinstance(value, ast.Constant))


def test_every_code_has_a_sentence():
    asked = {*codes_in_graders(), *FAILURES.split()}
    assert len(asked) > 30
    assert asked - set(ENGLISH) == set()
    assert {f"fit.{fit}" for fit in get_args(Fit)} <= set(CATALOGS["en"])


def test_numbers_read_as_what_they_are():
    message = Message(code="gap.small", parameters={"gap": 0.0421, "limit": 0.1, "measure": "error"})
    assert "4.2 percentage points" in render(message, "en")
    loss = Message(code="gap.small", parameters={"gap": 0.0421, "limit": 0.1, "measure": "loss"})
    assert "loss is 0.0421" in render(loss, "en")
    assert "2048 MiB" in render(Message(code="out_of_memory", parameters={"limit_bytes": 2048 * 1024**2}), "en")


def test_missing_parameters_and_unknown_codes_still_read():
    for code in ENGLISH:
        assert render(Message(code=code), "en").strip()
    assert render(Message(code="new.code", parameters={"a": 1}), "en") == "new.code (a: 1)"


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.floats())


@given(st.sampled_from(sorted(ENGLISH)), st.data())
def test_no_parameters_raise(code, data):
    names = [*re.findall(r"\{(\w+)", ENGLISH[code]), "measure"]
    render(Message(code=code, parameters={name: data.draw(values) for name in names}), "en")
