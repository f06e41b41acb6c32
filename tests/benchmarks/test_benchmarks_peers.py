"""What is written about the peers: which way round a ratio is, and what each of them is given."""

import json

import pytest
import torch

from benchmarks import common
from benchmarks.peers import notebooks, report
from benchmarks.peers.work import IRIS_WORK

MEASURED = report.Measured(
    machine="2 cores",
    load_before=0.1,
    versions={"otter": {"otter-grader": "7.0.0"}},
    times={
        "iris": {
            "Labmark": [0.2, 0.3, 0.2], "cold python": [4.0], "nbgrader autograde": [8.0], "otter run": [10.0],
        },
        # One pair met a slow minute: it does not move the median of pairs.
        "mnist": {"bare training": [2.0, 9.0, 2.0], "Labmark": [2.1, 9.9, 2.2], "cold python": [5.0]},
    },
    rates={"Labmark": 10.0, "cold python": 0.4, "nbgrader autograde": 0.2, "otter run": 0.1},
    idle_share=0.013,
    backlog=400,
)  # fmt: skip


def test_a_ratio_is_labmarks_time_over_theirs():
    found = report.ratios(MEASURED)
    assert found == {
        "iris_ratio_cold": 0.05,
        "iris_ratio_nbgrader": 0.025,
        "iris_ratio_otter": 0.02,
        "mnist_ratio_bare": 1.1,
        "throughput_ratio": 25.0,
    }


def test_a_missed_target_is_told(tmp_path):
    path = tmp_path / "RESULTS.md"
    slow = {**MEASURED.times, "iris": {**MEASURED.times["iris"], "Labmark": [1.0]}}
    report.write(path, report.Measured(**{**vars(MEASURED), "times": slow}))
    row = next(line for line in path.read_text().splitlines() if "over cold python" in line)
    assert row.endswith("| 0.250 | at most 0.1 | **no** |")


def test_the_page_names_machine_versions_and_every_way(tmp_path):
    path = tmp_path / "RESULTS.md"
    report.write(path, MEASURED)
    text = path.read_text()
    assert all(part in text for part in ("2 cores", "otter-grader 7.0.0", "nbgrader autograde", "1.3% of one core"))


def test_a_busy_machine_is_told(tmp_path):
    path = tmp_path / "RESULTS.md"
    report.write(path, MEASURED)
    assert "busy" not in path.read_text()
    report.write(path, report.Measured(**{**vars(MEASURED), "load_before": 3.0}))
    assert "busy" in path.read_text()


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "bench_folder", lambda: tmp_path)


def test_the_peers_test_passes_the_reference_and_refuses_a_model_that_learnt_nothing(rows):
    namespace = {}
    exec(IRIS_WORK.submission.read_text(), namespace)
    exec(IRIS_WORK.lab_lines() + IRIS_WORK.judge_lines(), namespace)
    assert namespace["accuracy"] >= 0.6
    always_the_first = torch.nn.Linear(4, 3)
    torch.nn.init.zeros_(always_the_first.weight)
    with pytest.raises(AssertionError):
        exec(IRIS_WORK.judge_lines(), {**namespace, "train": lambda _lab: always_the_first})


def test_the_submission_stands_in_the_students_cell_alone(rows):
    submitted = json.loads(notebooks.submitted_notebook(IRIS_WORK, notebooks.assignment_notebook(IRIS_WORK)))
    sources = {cell["metadata"]["nbgrader"]["grade_id"]: cell["source"] for cell in submitted["cells"]}
    assert sources["student"] == IRIS_WORK.submission.read_text()
    assert "def train" not in sources["lab"] + sources["accuracy"]
