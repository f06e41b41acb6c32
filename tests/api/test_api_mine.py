"""Who somebody is, what is theirs, and a report in words."""

from __future__ import annotations

import json

import pytest
from test_api_submissions import problem

from graders.report import CriterionResult, Failure, Message, Report

SOURCE = "import torch\n\n\ndef train(lab):\n    x = lab.train_x\n    return x.nothing\n"


def failed(line, traceback="", repeat=1, message="no nothing"):
    failure = Failure(
        code="raised", parameters={"exception": "AttributeError", "message": message}, line=line,
        traceback=traceback, repeat=repeat,
    )  # fmt: skip
    result = CriterionResult(
        id="validation_accuracy", grader="accuracy", verdict="failed", points=0, max_points=4,
        messages=(Message(code="run.failed", parameters={"code": "raised"}),),
    )  # fmt: skip
    return Report(outcome="failed", points=0, max_points=10, criteria=(result,), failure=failure)


def feedback_of(world, submission_id, who="ana", language="en"):
    return world.get(f"/api/v1/submissions/{submission_id}/feedback?language={language}", who).json()


def test_me_says_who_and_which_courses(world):
    found = world.get("/api/v1/me", "grace").json()
    assert found == {
        "user": "grace",
        "display_name": "grace",
        "role": "grader",
        "courses": [{"slug": "ml", "title": "Machine learning", "role": "grader", "assignments": ["iris"]}],
    }
    assert world.get("/api/v1/me", "olga").json()["courses"][0]["assignments"] == []
    problem(world.client.get("/api/v1/me"), 401, "unauthenticated")


def test_a_list_holds_ones_own_newest_first_in_pages(world, report):
    ids = [world.post().json()["id"] for _ in range(5)]
    other = world.post("dan").json()["id"]
    world.finish(ids[0], report)
    seen, address = [], "/api/v1/submissions?limit=2&assignment=iris"
    while address:
        page = world.get(address).json()
        seen += page["items"]
        address = page["next"]
    assert [item["id"] for item in seen] == ids[::-1]
    assert (seen[-1]["state"], seen[-1]["points"], seen[-1]["max_points"]) == ("graded", 4, 4)
    places = [item["queue_position"] for item in seen]
    assert places[-1] is None
    assert places[:-1] == sorted(set(places[:-1]), reverse=True)
    assert [item["id"] for item in world.get("/api/v1/submissions", "dan").json()["items"]] == [other]
    assert world.get("/api/v1/submissions", "olga").json() == {"items": [], "next": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=%00", "assignment=a%00"])
def test_a_list_refuses_what_it_does_not_understand(world, query):
    problem(world.get(f"/api/v1/submissions?{query}"), 422, "validation_failed")


def test_a_list_of_an_assignment_one_may_not_reach_is_not_there(world):
    problem(world.get("/api/v1/submissions?assignment=iris", "olga"), 404, "not_found")


def test_feedback_is_there_before_there_is_a_report(world):
    found = feedback_of(world, world.post().json()["id"])
    assert (found["submission"]["state"], found["submission"]["queue_position"]) == ("queued", 1)
    assert (found["criteria"], found["failure"], found["parts"], found["curve"]) == ([], None, [], [])


def test_feedback_says_in_words_what_the_report_says_in_codes(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    found = feedback_of(world, submission_id)
    (criterion,) = found["criteria"]
    assert (criterion["id"], criterion["verdict"], criterion["points"]) == ("validation_accuracy", "passed", 4)
    assert (criterion["measured"], criterion["asked"]) == ("93.3 %", "≥ 90.0 %")
    assert criterion["sentences"][0].startswith("Accuracy on the validation part is 93.3 %")
    assert found["diagnosis"]["fit"] == "overfitting"
    assert len(found["diagnosis"]["messages"][0].split()) > 4
    # What only a hidden criterion judges is not told.
    assert {part["name"] for part in found["parts"]} == {"train", "validation"}
    assert [point["epoch"] for point in found["curve"]] == list(range(1, 25))
    staff = feedback_of(world, submission_id, "ivan")
    assert (len(staff["criteria"]), staff["submission"]["points"]) == (2, 9)


def test_feedback_speaks_the_language_that_is_asked_for(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    english, found = feedback_of(world, submission_id), feedback_of(world, submission_id, language="ro")
    assert found["criteria"][0]["sentences"][0].startswith("Acuratețea")
    assert found["diagnosis"]["messages"] != english["diagnosis"]["messages"]


def test_feedback_shows_the_line_of_code_that_failed_and_those_around_it(world):
    submission_id = world.post(source=SOURCE).json()["id"]
    world.finish(submission_id, failed(5, 'File "submission.py", line 5, in train'))
    found = feedback_of(world, submission_id)
    assert found["failure"]["line"] == 5
    assert found["failure"]["message"].startswith("Your code raised AttributeError: no nothing")
    assert found["failure"]["code_lines"] == [
        {"line": 3, "text": "", "failed": False},
        {"line": 4, "text": "def train(lab):", "failed": False},
        {"line": 5, "text": "    x = lab.train_x", "failed": True},
        {"line": 6, "text": "    return x.nothing", "failed": False},
    ]
    assert found["failure"]["traceback"] == 'File "submission.py", line 5, in train'
    # Said once: the criterion has nothing to add.
    assert found["criteria"][0]["sentences"] == []


@pytest.mark.parametrize("line", [None, 99])
def test_a_failure_without_a_line_shows_no_code(world, line):
    submission_id = world.post(source=SOURCE).json()["id"]
    world.finish(submission_id, failed(line))
    assert feedback_of(world, submission_id)["failure"]["code_lines"] == []


def test_feedback_on_a_notebook_counts_in_cells(world):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "# labmark\n%matplotlib inline\nimport torch"},
        {"cell_type": "code", "metadata": {}, "source": "# labmark\ndef train(lab):\n    return lab.nothing\n"},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    submission_id = world.post(source=notebook, filename="lab.ipynb").json()["id"]
    trace = 'File "submission.py", line 6, in train\nFile "submission.py", line 99, in train'
    world.finish(submission_id, failed(6, trace))
    found = feedback_of(world, submission_id)
    assert (found["failure"]["cell"], found["failure"]["line"]) == (2, 3)
    assert [(line["line"], line["failed"]) for line in found["failure"]["code_lines"]] == [
        (1, False), (2, False), (3, True)
    ]  # fmt: skip
    assert found["failure"]["traceback"].startswith("Cell 2, line 3, in train\n")
    assert found["dropped_lines"] == ["cell 1: %matplotlib inline"]


def test_feedback_says_what_to_try_with_the_line_to_look_at(world):
    submission_id = world.post(source=SOURCE.replace("x.nothing", "lab.X_train")).json()["id"]
    world.finish(submission_id, failed(6, message="'Lab' object has no attribute 'X_train'"))
    (advice,) = feedback_of(world, submission_id)["advice"]
    assert advice["sentence"].startswith("`lab` has no `X_train`. It has `train_x`")
    assert {**advice, "sentence": ""} == {
        "code": "advice.lab_has_no", "sentence": "", "line": 6, "cell": None, "text": "return lab.X_train",
    }  # fmt: skip


def test_advice_on_a_notebook_points_into_its_cell(world):
    code = "# labmark\ndef train(lab):\n    for _ in range(9):\n        loss.backward()\n"
    cells = [{"cell_type": "code", "metadata": {}, "source": text} for text in ("# labmark\nimport torch", code)]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    submission_id = world.post(source=notebook, filename="lab.ipynb").json()["id"]
    world.finish(submission_id, failed(6))
    (advice,) = feedback_of(world, submission_id)["advice"]
    assert advice["code"] == "advice.look_no_zero_grad"
    assert (advice["cell"], advice["line"], advice["text"]) == (2, 4, "loss.backward()")


def test_the_page_says_what_to_try_in_its_readers_language_and_as_text(world):
    hostile = "lab.X_train  # <script>alert(1)</script>"
    submission_id = world.post(source=SOURCE.replace("x.nothing", hostile)).json()["id"]
    world.finish(submission_id, failed(6, message="'Lab' object has no attribute 'X_train'"))
    told = world.get(f"/submissions/{submission_id}", headers={"Accept-Language": "ro", "Accept": "text/html"}).text
    assert "Ce poți încerca" in told
    assert "nu are `X_train`" in told
    assert "return lab.X_train  # &lt;script&gt;" in told
    assert "<script>alert" not in told


def test_a_good_result_and_a_run_that_goes_on_have_no_advice(world, report):
    submission_id = world.post(source="def train(lab):\n    for _ in range(9):\n        loss.backward()\n").json()["id"]
    assert feedback_of(world, submission_id)["advice"] == []
    world.finish(submission_id, report.model_copy(update={"diagnosis": None}))
    assert feedback_of(world, submission_id, "ana")["advice"] == []


def test_feedback_is_for_its_author_and_staff(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    for who, status in (("ana", 200), ("grace", 200), ("root", 200), ("dan", 404), ("olga", 404)):
        assert world.get(f"/api/v1/submissions/{submission_id}/feedback", who).status_code == status
