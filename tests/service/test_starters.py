"""Every starter, handed in as it is: it is graded, has some of the points, and its work still before it.

Each lab and framework in one of the two forms, every other one as a notebook; LABMARK_STARTERS=all: in both. That both
hold the same code, in either language, is tested in tests/api.
"""

from __future__ import annotations

import os

import pytest
from test_over_http import wait_for

from api.starters import FORMATS, FRAMEWORK_TITLES
from graders.labs import LABS

ALL = os.environ.get("LABMARK_STARTERS") == "all"
STARTERS = [
    (lab, framework, form)
    for i, lab in enumerate(LABS)
    for j, framework in enumerate(FRAMEWORK_TITLES)
    for k, form in enumerate(FORMATS)
    if ALL or k == (i + j) % 2
]


@pytest.fixture(scope="module")
def handed_in(service):
    """As the API gives them out, every other one in Romanian."""
    found = {}
    with service.http() as http:
        for number, (lab, framework, form) in enumerate(STARTERS):
            base, language = f"/api/v1/assignments/{lab}", ("en", "ro")[number // 2 % 2]
            starter = http.get(f"{base}/starters/{framework}?format={form}&language={language}")
            assert starter.status_code == 200
            answer = http.post(f"{base}/submissions", files={"file": (f"lab.{form}", starter.content)})
            assert answer.status_code == 201, answer.text
            found[lab, framework, form] = answer.json()["id"]
    return found


def test_each_lab_and_framework_is_tried_in_each_form_that_was_asked():
    assert len(STARTERS) == len(LABS) * len(FRAMEWORK_TITLES) * (len(FORMATS) if ALL else 1)
    assert {(framework, form) for _, framework, form in STARTERS} == {(f, k) for f in FRAMEWORK_TITLES for k in FORMATS}
    assert {(lab, form) for lab, _, form in STARTERS} == {(lab, form) for lab in LABS for form in FORMATS}


@pytest.mark.parametrize(("lab", "framework", "form"), STARTERS)
def test_a_starter_scores_something_and_not_everything(service, handed_in, lab, framework, form):
    with service.http() as http:
        found = wait_for(http, handed_in[lab, framework, form], 300)
        assert found["state"] == "graded", found["failure"]
        report = http.get(f"/api/v1/submissions/{found['id']}/report").json()
    verdicts = {criterion["id"]: criterion["verdict"] for criterion in report["criteria"]}
    # A student sees at once which part is done and which is theirs to do.
    assert verdicts["framework"] == "passed"
    assert verdicts["architecture"] == ("passed" if lab.endswith("single-layer") else "failed")
    assert verdicts["accuracy"] != "passed"
    sure = 30 if lab.endswith("single-layer") else 10
    assert sure <= found["points"] < found["max_points"]
    assert len(report["learning_curve"]) >= 1
