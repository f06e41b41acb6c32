"""Advice is given where it helps, and never to those who need none."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from graders.advice import advise
from graders.advice.exceptions import RECOGNISED, recognise
from graders.advice.figures import advise_on_figures
from graders.advice.hints import HINTS, hints
from graders.advice.source import MAX_CHARACTERS, read
from graders.report import CriterionResult, CurvePoint, Failure, PartMeasure, Rate, Report

# Mistakes have their own tests; none of these makes one.
SOUND = sorted([*Path("examples").glob("*/*/submission.py"), *Path("tests/sandbox/honest").glob("*.py")])
STARTERS = sorted(Path("api/starters/code").rglob("*.py"))
LEARNT = ((30, 0, 0), (1, 29, 0), (0, 0, 30))


def report_of(curve=(), *, confusion=LEARNT, verdict="partial", failure=None, failed=()):
    rows = sum(map(sum, confusion))
    wrong = (rows - sum(confusion[i][i] for i in range(len(confusion)))) / rows
    rate = Rate(value=wrong, low=0, high=1, n=rows)
    criterion = CriterionResult(id="accuracy", grader="accuracy", verdict=verdict, points=1, max_points=2)
    return Report(
        outcome="failed" if failure else "graded", points=1, max_points=2, criteria=(criterion,), failure=failure,
        parts={} if failure else {"train": PartMeasure(accuracy=rate, error=rate, confusion=confusion)},
        class_names=("setosa", "versicolor", "virginica"), repeats_failed=failed,
        learning_curve=tuple(
            CurvePoint(epoch=number, training_error=error, validation_error=error)
            for number, error in enumerate(curve, start=1)
        ),
    )  # fmt: skip


def raised(exception, message, line=1):
    return Failure(code="raised", parameters={"exception": exception, "message": message}, line=line)


def code_of(report):
    advice = advise_on_figures(report)
    return advice.code if advice else None


@pytest.mark.parametrize("path", [*SOUND, *STARTERS], ids=str)
def test_sound_code_and_starters_get_no_hint(path):
    source = read(path.read_text())
    assert source is not None
    assert hints(source) == ()


def test_a_good_result_gets_no_advice_whatever_its_source_looks_like():
    source = "def train(lab):\n    for _ in range(9):\n        loss.backward()\n"
    assert [found.code for found in hints(read(source))] == ["advice.look_no_zero_grad"]
    assert advise(report_of([0.5] * 9, verdict="passed"), source) == ()
    assert advise(report_of([0.5] * 9, verdict="failed"), source) != ()


@pytest.mark.parametrize("entry", RECOGNISED, ids=lambda entry: f"{entry.code}: {entry.example[:30]}")
def test_each_example_is_recognised_as_itself(entry):
    line = re.sub(r"\W", " ", entry.line.split("|")[0])
    exception = entry.raised[0] if entry.raised else "RuntimeError"
    found = recognise(raised(exception, entry.example, line=7), line)
    assert found is not None
    assert (found.code, found.line) == (entry.code, 7)


@pytest.mark.parametrize(
    ("exception", "message", "line"),
    [
        ("ValueError", "my own complaint", ""),
        ("TypeError", "'Net' object is not iterable", "for layer in net:"),
        ("TypeError", "unsupported operand type(s) for +: 'int' and 'NoneType'", "total = total + found"),
        ("KeyError", "'weights'", ""),
    ],
)
def test_what_is_not_in_the_table_gets_none(exception, message, line):
    assert recognise(raised(exception, message), line) is None


def test_no_message_takes_long_or_breaks():
    for text in ("(" * 500, "1" * 500, "x" * 500, "unsupported operand type(s) for *: " + "'" * 460, "\0\n" * 250):
        started = time.process_time()
        for exception in ("TypeError", "AttributeError", "RuntimeError", ""):
            recognise(raised(exception, text), text)
        assert time.process_time() - started < 0.2
    assert recognise(Failure(code="raised", parameters={"exception": 3, "message": 4})) is None


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([0.3, 0.2, 0.1, 0.05, 0.03, 0.03, 0.02, 0.02, 0.02], None),
        ([0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1], "advice.still_falling"),
        ([0.6, 0.3, 0.1, 0.05, 0.05, 0.05, 0.04, 0.05], None),
        ([0.3, 0.5] * 10, "advice.swings"),
        ([0.31, 0.3, 0.32, 0.3] * 6, None),
        ([], "advice.nothing_recorded"),
    ],
)
def test_what_a_curve_shows_of_a_model_that_has_learnt(curve, expected):
    # The model returned is no worse than the last epoch.
    assert code_of(report_of(curve)) == expected


def test_a_curve_that_stands_still_is_told_only_where_nothing_was_learnt():
    nothing = ((0, 0, 30), (0, 0, 30), (0, 0, 30))
    assert code_of(report_of([0.667] * 9, confusion=nothing)) == "advice.stands_still"
    assert code_of(report_of([0.01] * 9)) is None


def test_a_model_that_is_worse_than_the_recorded_one():
    assert code_of(report_of([0.5, 0.02], confusion=((0, 30, 0), (0, 30, 0), (0, 0, 30)))) == "advice.returned_otherwise"


def test_answers_that_are_never_given():
    one = report_of([0.3, 0.6, 0.6, 0.667], confusion=((0, 0, 30), (0, 0, 30), (0, 0, 30)))
    assert advise_on_figures(one).parameters == {"answer": "virginica"}
    two = report_of([0.6, 0.3, 0.4, 0.35], confusion=((30, 0, 0), (0, 0, 30), (0, 0, 30)))
    assert advise_on_figures(two).parameters == {"classes": ["versicolor"]}


def test_advice_on_repeats_that_failed_where_others_did_not():
    report = report_of([0.1] * 3, verdict="passed", failed=(raised("IndexError", "Target 2 is out of bounds."),))
    assert [found.code for found in advise(report, "pass\n")] == ["advice.too_few_outputs"]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5000, "x = " + "-" * 100_000 + "1", "x" + ".x" * 3000, "x = " + "[" * 50 + "]" * 50, "a = 1\n" * MAX_CHARACTERS,
        "x = " + "+".join("1" * 3000), "\0", "x = \\\n" + "- \\\n" * 5000 + "1", "def f(:", "x = " + "not " * 5000 + "1",
        "\ud800", "x = " + "lambda: " * 900 + "1", "\n".join(" " * n + "if x:" for n in range(99)),
        "x = (\n" + "-\n" * 9000 + "1)", "x = (\n" + "1 +\n" * 9000 + "1)", "x = (a\n" + ".b\n" * 9000 + ")",
        "x = (1\n" + "if x else\n(1" * 28 + ")" * 29,
    ],
    ids=range(17),
)  # fmt: skip
def test_a_hostile_file_costs_a_reader_nothing(source):
    """Where it can be read at all, it is read soon; and nothing falls over it."""
    started = time.process_time()
    failure = Failure(code="raised", parameters={"exception": "ValueError", "message": "x"}, line=10**9)
    assert advise(report_of(failure=failure), source) == ()
    assert time.process_time() - started < 1


def test_every_hint_is_seen_in_a_mistake():
    text = " ".join(path.read_text() for path in Path("tests/mistakes").glob("*/expected.toml"))
    assert [code for code in HINTS if code not in text] == []


@pytest.mark.parametrize(
    ("hint", "source"),
    [
        ("no_zero_grad", "for _ in r:\n    w.grad = None\n    loss.backward()\n"),
        ("no_zero_grad", "for _ in r:\n    loss.backward()\n    w.grad.zero_()\n"),
        ("no_step", "o = torch.optim.SGD(p, lr=1)\nloss.backward()\nself.o.step()\n"),
        ("softmax_before_cross_entropy", "def predict(m, x):\n    return torch.softmax(m(x), 1)\nF.cross_entropy(a, b)\n"),
        ("softmax_before_cross_entropy", "class N:\n    def forward(self, x):\n        return F.log_softmax(x, 1)\nF.cross_entropy(a, b)\n"),
        ("logits_taken_for_probabilities", "m.compile(loss='sparse_categorical_crossentropy')\nkeras.layers.Softmax()\n"),
        ("eval_and_never_train", "for _ in r:\n    m.train()\n    loss.backward()\n    m.eval()\n"),
        ("dropout_always_on", "class N:\n    def forward(self, x):\n        return F.dropout(x, 0.5, self.training)\n"),
        ("scaled_only_in_training", "def train(lab):\n    x = (lab.train_x - m) / s\ndef predict(model, x):\n    return model((x - M) / S)\n"),
        ("new_model_returned", "class Net: pass\ndef train(lab):\n    return Net(lab)\n"),
        ("new_model_each_epoch", "class Net: pass\nfor rate in rates:\n    model = Net()\n    for _ in r:\n        loss.backward()\n"),
        ("gradients_not_applied", "g = tape.gradient(loss, v)\noptimizer.apply_gradients(zip(g, v))\n"),
        ("step_returns_nothing", "class N:\n    def training_step(self, b, i):\n        self.manual_backward(loss)\n"),
        ("no_backward", "o = torch.optim.SGD(p, lr=1)\nself.manual_backward(loss)\noptimizer.step()\n"),
    ],
)  # fmt: skip
def test_what_looks_like_a_mistake_and_is_none(hint, source):
    assert f"advice.look_{hint}" in HINTS
    assert f"advice.look_{hint}" not in {found.code for found in hints(read(source))}


CELLS = [
    "import torch\nfrom torch import nn",
    "from sklearn.datasets import load_iris\niris = load_iris()",
    "def build():\n    return nn.Linear(4, 3)",
    "def train(lab):\n    model = build()\n    return model",
]


def notebook_of(cells, marked=()):
    """(source, line map), as `api.notebook` makes them."""
    line_map, first = [], 1
    for number, cell in enumerate(cells, start=1):
        count = cell.count("\n") + 1
        line_map.append([number, first, count, number in marked])
        first += count
    return "\n".join(cells) + "\n", line_map


def advice_on_notebook(cells, *, line, code="hidden_data", marked=()):
    source, line_map = notebook_of(cells, marked)
    failure = Failure(code=code, parameters={"function": "load_iris"}, line=line)
    return [(found.code, found.parameters, found.line) for found in advise(report_of(failure=failure), source, line_map)]


def test_of_a_notebook_without_marks_the_cells_that_train_needs_are_named():
    assert advice_on_notebook(CELLS, line=4) == [("advice.notebook_mark", {"cells": [1, 3, 4]}, 7)]
    # What a needed cell does wrong is said as of any file.
    assert advice_on_notebook(CELLS, line=8) == []
    assert advice_on_notebook(CELLS, line=4, marked={1, 2, 3, 4}) == []


@pytest.mark.parametrize(
    ("last", "cell"),
    [
        ("model = nn.Linear(4, 3)\nloss = criterion(model(x), y)\nloss.backward()", 4),
        ("model.compile()\nmodel.fit(x, y)", 4),
        ("trainer.fit(model)", 4),
    ],
)
def test_a_notebook_without_train_is_told_which_cell_to_put_into_it(last, cell):
    found = advice_on_notebook([*CELLS[:3], last], line=4)
    assert found[0] == ("advice.notebook_without_train", {"cell": cell}, 7)


def test_a_notebook_without_a_model_is_told_what_to_add():
    assert advice_on_notebook(["x = 1", "print(x)"], line=None, code="no_train_function") == [
        ("advice.notebook_without_model", {}, None)
    ]


def test_what_was_stored_before_cells_told_of_marks_gets_no_such_advice():
    source, line_map = notebook_of(CELLS)
    failure = Failure(code="hidden_data", parameters={"function": "load_iris"}, line=4)
    assert advise(report_of(failure=failure), source, [cell[:3] for cell in line_map]) == ()
