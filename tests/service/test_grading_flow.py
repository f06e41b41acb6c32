"""An instructor's whole way over HTTP, with real workers: own data, a control run, what-if, publish, regrade, copies."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import time

import numpy as np
import pytest
from sklearn.datasets import load_wine
from test_over_http import submit, wait_for

SPEC = """
slug: wine-single-layer
title: Wine, single layer
dataset: wine
split: {{train: 98, validation: 30, test: 30, board: 20}}
repeats: 2
limits: {{wall_time_s: 30}}
integrity: {{control_run: true}}
criteria:
  - id: accuracy
    grader: accuracy
    points: 60
    parameters: {{part: test, full_at: {full_at}, zero_at: 0.3}}
  - id: curve
    grader: learning_curve
    points: 40
    parameters: {{min_epochs: 5}}
leaderboard: {{}}
"""
HONEST = """
import numpy as np
import torch

def train(lab):
    x = torch.from_numpy(lab.train_x)
    mean, sd = x.mean(0), x.std(0)
    y = torch.from_numpy(lab.train_y)
    layer = torch.nn.Linear(13, lab.n_classes)
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer
        def forward(self, x):
            return self.layer((x - mean) / sd)
    model = Scaled()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        lab.epoch(model)
    print("epoch 1000: training error 0.000, validation error 0.000, accuracy 1.000")
    return model
"""


def wine_csv():
    wine = load_wine()
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([*wine.feature_names, "cultivar"])
    rows.writerows([*row, wine.target_names[label]] for row, label in zip(wine.data, wine.target, strict=True))
    return out.getvalue().encode()


def label_table():
    wine = load_wine()
    # Classes are numbered in the order of their names, as the service does.
    table = {
        hashlib.md5(row.tobytes()).hexdigest()[:10]: int(label)
        for row, label in zip(wine.data.astype(np.float32), wine.target, strict=True)
    }
    return f"""
import hashlib
import numpy as np
import torch
TABLE = {table!r}
def train(lab):
    model = torch.nn.Linear(13, lab.n_classes)
    for _ in range(5):
        lab.epoch(model)
    return model
def predict(model, x):
    scores = np.zeros((len(x), 3), np.float32)
    for row, found in zip(np.asarray(x, np.float32), scores):
        found[TABLE.get(hashlib.md5(row.tobytes()).hexdigest()[:10], 0)] = 1
    return scores
"""


def until(ask, seconds=180):
    deadline = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def staff(service):
    with service.http("ina-instructor") as http:
        yield http


@pytest.fixture(scope="module")
def wine(service, staff):
    """The data set and its assignment; then an honest submission, a copy of it, and a table of labels."""
    registered = staff.post(
        "/api/v1/courses/demo/datasets",
        files={"file": ("wine.csv", wine_csv(), "text/csv")},
        data={"name": "wine", "label_column": "cultivar"},
    )
    assert registered.status_code == 201, registered.text
    created = staff.post(
        "/api/v1/courses/demo/assignments",
        content=SPEC.format(full_at=0.8),
        headers={"Content-Type": "application/yaml"},
    )
    assert created.status_code == 201, created.text
    handed_in = {}
    for name, source in [
        ("sam-student", HONEST),
        ("ana-popescu", re.sub(r"(?<![.\w])(mean|sd|layer|optimizer)\b", r"my_\1", HONEST)),
        ("mihai-stan", label_table()),
    ]:
        with service.http(name) as http:
            handed_in[name] = submit(http, "wine-single-layer", source)
            assert wait_for(http, handed_in[name])["state"] == "graded"
    return handed_in


def report_of(http, identifier):
    return http.get(f"/api/v1/submissions/{identifier}/report").json()


def test_an_instructors_own_data_is_trained_on_and_judged(staff, wine):
    report = report_of(staff, wine["sam-student"])
    assert report["points"] == 100
    assert report["class_names"] == ["class_0", "class_1", "class_2"]
    assert (report["repeats_planned"], report["parts"]["test"]["predictions"]) == (2, 60)
    # Two repeats of 30 rows out of 178 share some: the interval rests on the different ones.
    assert 30 < report["parts"]["test"]["accuracy"]["n"] < 60


def test_a_printed_curve_is_a_line_in_the_log_and_no_more(staff, wine):
    report = report_of(staff, wine["sam-student"])
    assert "accuracy 1.000" in staff.get(f"/api/v1/submissions/{wine['sam-student']}/log").text
    assert len(report["learning_curve"]) == report["curve"]["epochs"] == 40
    assert report["learning_curve"][0]["validation_error"] > 0


def test_a_table_of_labels_is_flagged_for_staff_and_nobody_else(service, staff, wine):
    def flags(name):
        return [flag["code"] for flag in report_of(staff, wine[name])["flags"]]

    until(lambda: "integrity.ignores_labels" in flags("mihai-stan"))
    with service.http("mihai-stan") as http:
        own = report_of(http, wine["mihai-stan"])
        assert own["flags"] == []
        assert own["points"] == report_of(staff, wine["mihai-stan"])["points"]
        assert http.get(f"/api/v1/submissions/{wine['mihai-stan']}").json()["state"] == "graded"
    # The honest one was controlled as well, before or after it.
    assert flags("sam-student") == []


def test_board_misses_are_told_to_nobody_and_the_board_ranks(service, staff, wine):
    assert report_of(staff, wine["sam-student"])["board_misses"] == ""
    with service.http() as http:
        board = http.get("/api/v1/assignments/wine-single-layer/leaderboard").json()
    assert board["stage"] == "public"
    assert len(board["items"]) == 3
    # Everybody else is a rank and an error, without a name.
    assert [item["user"] for item in board["items"] if not item["own"]] == [None, None]


def test_what_if_then_publish_then_regrade_without_training(staff, wine):
    harder = {"content": SPEC.format(full_at=1.0), "headers": {"Content-Type": "application/yaml"}}
    before = report_of(staff, wine["sam-student"])
    asked = staff.post("/api/v1/assignments/wine-single-layer/what-if", **harder)
    assert asked.status_code == 200, asked.text
    changes = {change["submission"]: change for change in asked.json()["changes"]}
    assert report_of(staff, wine["sam-student"]) == before
    accuracy = before["parts"]["test"]["accuracy"]["value"]
    expected = round(60 * min(1.0, max(0.0, (accuracy - 0.3) / 0.7)), 2) + 40
    assert (wine["sam-student"] in changes) == (expected != 100)

    harder["headers"]["If-Match"] = '"1"'
    published = staff.put("/api/v1/assignments/wine-single-layer/spec", **harder)
    assert published.status_code == 200, published.text
    job = staff.post("/api/v1/assignments/wine-single-layer/regrade", json={"scope": "all"})
    assert job.status_code == 202, job.text
    done = until(lambda: (found := staff.get(job.json()["links"]["self"]).json())["state"] == "done" and found)
    assert done["result"] == {"regraded": 3, "changed": len(changes), "new_runs": 0, "need_new_runs": 0}
    after = report_of(staff, wine["sam-student"])
    assert (after["points"], after["spec_version"]) == (pytest.approx(expected), 2)
    assert after["resources"] == before["resources"]


def test_a_copy_with_other_names_is_listed_for_review(staff, wine):
    asked = staff.post("/api/v1/assignments/wine-single-layer/similarity", json={})
    assert asked.status_code == 202, asked.text
    until(lambda: staff.get(asked.json()["links"]["self"]).json()["state"] == "done")
    found = staff.get("/api/v1/assignments/wine-single-layer/similarity").json()
    assert found["compared"] == 3
    (pair,) = found["pairs"]
    assert {pair["first_student"], pair["second_student"]} == {"Sam Ionescu", "Ana Popescu"}
    assert pair["share_first"] > 0.9
    assert pair["spans"]
