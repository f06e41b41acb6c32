"""What there is to do, and a folder to begin in."""

from __future__ import annotations

import ast
import json
import tomllib

import pytest
from live_api import graded_report

FILES = {".labmark.toml", "README.md", "lab.py"}


def test_assignments_come_with_due_dates_points_and_attempts(labmark):
    labmark.login("dan")
    before = json.loads(labmark("assignments", "--json").stdout)["items"]
    count = len(next(item for item in before if item["slug"] == "iris-one")["grade"]["submissions"])
    labmark("submit", labmark.write(source="mine = 1\n"), "-a", "iris-one")
    labmark.api.grade(labmark.api.submissions("dan")[-1][0], graded_report())
    document = json.loads(labmark("assignments", "--json").stdout)
    found = {item["slug"]: item for item in document["items"]}
    assert found["iris-one"]["grade"]["points"] == 6
    assert len(found["iris-one"]["grade"]["submissions"]) == count + 1
    line = next(line for line in labmark("assignments").stdout.splitlines() if line.startswith("iris-one"))
    assert "6 / 10" in line
    assert line.split()[-2:] == [str(count + 1), "–"]  # handed in, and as often as one likes
    assert "20" in line  # the year of the due date


def test_one_assignment_says_what_it_asks_in_the_readers_language(labmark):
    labmark.login()
    told = labmark("assignments", "iris-one")
    assert told.stdout.startswith("# Iris, one layer\n")
    assert "the right class on at least 90 % of the test rows" in told.stdout
    assert "Due 20" in told.stdout
    told = labmark("assignments", "iris-one", "--json", LABMARK_LANG="ro")
    assert "Ce se cere" in json.loads(told.stdout)["text"]
    assert "There is no assignment 'nothing'" in labmark("assignments", "nothing", status=2).stderr


def test_start_makes_a_folder_from_which_one_can_hand_in(labmark):
    labmark.login()
    told = labmark("start", "iris-one", "--framework", "PyTorch")
    folder = labmark.folder / "iris-one"
    assert {path.name for path in folder.iterdir()} == FILES
    assert "iris-one is ready" in told.stdout
    assert "labmark submit" in told.stderr
    assert "lightning, tensorflow, keras" in told.stderr
    assert tomllib.loads((folder / ".labmark.toml").read_text()) == {"assignment": "iris-one", "server": labmark.api.url}
    source = (folder / "lab.py").read_text(encoding="utf-8")
    assert "import torch" in source
    assert "TODO" in source
    ast.parse(source)
    labmark("submit", folder / "lab.py")
    assert labmark.api.submissions()[-1][1] == source


def test_start_in_romanian_with_a_notebook(labmark):
    labmark.login()
    told = labmark("start", "iris-one", "-f", "keras", "--notebook", "--folder", "tema", "--json", LABMARK_LANG="ro")
    document = json.loads(told.stdout)
    assert (document["framework"], document["folder"]) == ("keras", "tema")
    assert set(document["files"]) == {".labmark.toml", "README.md", "lab.ipynb"}
    notebook = json.loads((labmark.folder / "tema" / "lab.ipynb").read_text(encoding="utf-8"))
    assert "Un punct de plecare" in "".join(notebook["cells"][0]["source"])
    assert "Ce se cere" in (labmark.folder / "tema" / "README.md").read_text(encoding="utf-8")


def test_start_never_writes_over_work(labmark):
    labmark.login()
    labmark("start", "iris-one")
    lab = labmark.folder / "iris-one" / "lab.py"
    lab.write_text("mine\n")
    (lab.parent / "README.md").write_text("my notes\n")
    assert "may hold your work" in labmark("start", "iris-one", status=2).stderr
    assert lab.read_text() == "mine\n"
    told = labmark("start", "iris-one", "--notebook")
    assert "README.md is there already" in told.stderr
    assert (lab.parent / "README.md").read_text() == "my notes\n"
    assert lab.read_text() == "mine\n"
    labmark("start", "iris-one", "--force")
    assert "TODO" in lab.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no assignment 'nothing'"),
        (["../up"], "is not the short name"),
        (["Iris One"], "is not the short name"),
        (["iris-one", "-f", "jax"], "There is no starter in jax; there are pytorch"),
        (["iris-one", "--folder", "taken"], "cannot be written"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing_behind(labmark, arguments, sentence):
    labmark.login()
    (labmark.folder / "taken").write_text("a file")
    assert sentence in labmark("start", *arguments, status=2).stderr
    assert {path.name for path in labmark.folder.iterdir()} == {"taken"}


def test_an_assignment_on_own_data_has_a_text_and_no_starter(labmark):
    labmark.login()
    told = labmark("start", "wine-lab")
    assert "write a file that defines train(lab)" in told.stderr
    assert {path.name for path in (labmark.folder / "wine-lab").iterdir()} == FILES - {"lab.py"}
