"""Every starter, handed in as it is: it is graded, has some of the points, and its work still before it."""

from __future__ import annotations

import pytest
from test_over_http import wait_for

from api.starters import FRAMEWORK_TITLES
from graders.labs import LABS

STARTERS = [(lab, framework) for lab in LABS for framework in FRAMEWORK_TITLES]


@pytest.fixture(scope="module")
def handed_in(service):
    """As the API gives them out: every other one as a notebook, every other one in Romanian."""
    found = {}
    with service.http() as http:
        for number, (lab, framework) in enumerate(STARTERS):
            form, language = ("py", "ipynb")[(number + number // 4) % 2], ("en", "ro")[number // 2 % 2]
            base = f"/api/v1/assignments/{lab}"
            starter = http.get(f"{base}/starters/{framework}?format={form}&language={language}")
            assert starter.status_code == 200
            answer = http.post(f"{base}/submissions", files={"file": (f"lab.{form}", starter.content)})
            assert answer.status_code == 201, answer.text
            found[lab, framework] = answer.json()["id"]
    return found


@pytest.mark.parametrize(("lab", "framework"), STARTERS)
def test_a_starter_scores_something_and_not_everything(service, handed_in, lab, framework):
    with service.http() as http:
        found = wait_for(http, handed_in[lab, framework], 300)
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
