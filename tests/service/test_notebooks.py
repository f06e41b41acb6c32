"""Notebooks over HTTP to a real service: as they are, and as jupyter nbconvert exports them."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import environment, hand_in, in_both, labmark, told  # noqa: F401 - a fixture among them
from test_over_http import wait_for

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


def text_of(name):
    return (FOLDER / name).read_text(encoding="utf-8")


def report_on(service, name, text):
    """(submission, feedback) of the service."""
    with service.http() as http:
        submission = hand_in(http, "iris-multi-layer", name, text)
        wait_for(http, submission, 120)
        return submission, http.get(f"/api/v1/submissions/{submission}/feedback").json()


def test_a_notebook_and_its_export_get_the_same_report(service, patient, tmp_path):
    """Drawn alike, that is: the export's report is made with the rows and seeds that the notebook's had."""
    (theirs, evidence), (ours, _) = in_both(service, patient, text_of("marked.ipynb"), tmp_path, name="lab.ipynb")
    assert theirs["submission"]["points"] == 100
    assert told(ours) == told(theirs)
    (theirs, evidence), (ours, _) = in_both(
        service, patient, text_of("marked.ipynb"), tmp_path, name="lab.ipynb",
        here=("lab.py", text_of("marked.py")),
    )  # fmt: skip
    assert told(ours) == told(theirs)
    assert len(evidence.repeats) == 2


def test_both_forms_are_graded_by_the_service(service):
    for name in ("marked.ipynb", "marked.py"):
        _, feedback = report_on(service, name, text_of(name))
        assert feedback["submission"]["points"] == 100, feedback
        assert feedback["dropped_lines"] == []


def failing(text):
    return text.replace("model = nn.Sequential(nn.Linear(4, 16)", "model = nn.Sequential(nn.Linear(5, 16)")


def test_an_error_is_told_with_its_cell_and_line_in_both_forms(service):
    found = [report_on(service, name, failing(text_of(name)))[1] for name in ("marked.ipynb", "marked.py")]
    for feedback in found:
        failure = feedback["failure"]
        # The seventh cell with code; its first line is the mark.
        assert (failure["code"], failure["cell"], failure["line"]) == ("raised", 7, 7)
        assert [line["text"].strip() for line in failure["code_lines"] if line["failed"]] == [
            "loss = nn.functional.cross_entropy(model(x), y)"
        ]
        assert "Cell 7, line 7, in train" in failure["traceback"]
    assert told(found[0]) == told(found[1])


@pytest.mark.parametrize("name", ["original.ipynb", "original.py"])
def test_a_notebook_of_the_lesson_is_told_what_to_put_where_and_what_to_mark(service, name):
    _, feedback = report_on(service, name, text_of(name))
    assert feedback["submission"]["state"] == "failed"
    # Where it came to an end: at its plots' import, or at load_iris.
    assert (feedback["failure"]["code"], feedback["failure"]["cell"]) in {("import_failed", 3), ("hidden_data", 4)}
    advice = feedback["advice"][0]
    assert (advice["code"], advice["cell"]) == ("advice.notebook_without_train", 7)
    for words in ("`def train(lab):`", "`lab.train_x`", "`load_iris`", "`# labmark`", "cell 7"):
        assert words in advice["sentence"]
    assert feedback["dropped_lines"][0] == "cell 1: %matplotlib inline"


def test_of_cells_that_are_not_marked_those_that_train_needs_are_named(service):
    _, feedback = report_on(service, "lab.ipynb", text_of("marked.ipynb").replace('"# labmark\\n",', ""))
    advice = feedback["advice"][0]
    assert advice["code"] == "advice.notebook_mark"
    assert "cells 2, 7" in advice["sentence"]


def test_a_notebook_is_tried_at_home_as_well(tmp_path):
    done = labmark(tmp_path, "check", FOLDER / "original.ipynb", "-a", "iris-multi-layer", status=1)
    assert "(cell " in done.stdout
    assert "`# labmark`" in done.stdout.replace("\n    ", " ")
    done = labmark(tmp_path, "check", FOLDER / "original.py", "-a", "iris-multi-layer", status=1, LABMARK_LANG="ro")
    assert "Notebook-ul nu are o funcție `train(lab)`" in done.stdout
