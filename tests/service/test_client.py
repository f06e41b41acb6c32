"""The student's whole way with `labmark` in a terminal, against a real service; needs what tests/service needs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
SLOW = """
import time, torch
def train(lab):
    model = torch.nn.Linear(4, 3)
    for epoch in range(8):
        time.sleep(0.5)
        lab.epoch(model)
    return model
"""


class Student:
    def __init__(self, service, folder):
        self.service, self.folder = service, folder
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "LABMARK_CONFIG_DIR": str(folder / "config"),
            "LABMARK_LANG": "en", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "TERM": "xterm-256color",
        }  # fmt: skip

    def command(self, *arguments):
        return [sys.executable, "-m", "client", *map(str, arguments)]

    def terminal(self, *arguments):
        return Terminal(self.command(*arguments), environment=self.environment, folder=self.folder)

    def run(self, *arguments, status=0):
        done = subprocess.run(self.command(*arguments), env=self.environment, cwd=self.folder, capture_output=True,
                              text=True, encoding="utf-8", timeout=300, check=False)  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def student(service, tmp_path_factory):
    found = Student(service, tmp_path_factory.mktemp("student"))
    found.run("login", "--server", service.url, "--token", service.tokens["sam-student"])
    return found


def test_from_start_to_report_in_a_terminal(service, tmp_path):
    student = Student(service, tmp_path)
    terminal = student.terminal("login", "--server", service.url)
    terminal.wait_for("Token (it is not shown): ")
    terminal.type(service.tokens["sam-student"] + "\n")
    assert terminal.end() == 0
    assert "You are logged in" in terminal.text
    terminal = student.terminal("start", "iris-single-layer", "--framework", "pytorch")
    assert terminal.end() == 0
    assert "Next: labmark submit iris-single-layer/lab.py --wait" in terminal.text
    terminal = student.terminal("submit", "iris-single-layer/lab.py", "--wait")
    assert terminal.end(300) == 0
    for words in ("Handed in to iris-single-layer: ", "iris-single-layer, lab.py: graded", "of 100 points",
                  "✓ architecture: passed", "Learning curve, mean of 5 repeats", "best "):  # fmt: skip
        assert words in terminal.text
    # What the starter says to do: more epochs, a better rate.
    lab = tmp_path / "iris-single-layer" / "lab.py"
    source = lab.read_text(encoding="utf-8")
    better = source.replace("torch.optim.SGD(model.parameters(), lr=0.01)", "torch.optim.Adam(model.parameters(), lr=0.1)")
    better = better.replace("range(60)", "range(200)")
    assert better.count("Adam(model") + better.count("range(200)") == 2
    lab.write_text(better, encoding="utf-8")
    document = json.loads(student.run("submit", lab, "--wait", "--json").stdout)
    assert document["submission"]["points"] == 100
    assert student.run("results", document["submission"]["id"]).stdout.count("passed") == 4


def test_a_crash_shows_the_students_own_line(student):
    file = student.folder / "crash.py"
    file.write_text("import torch\n\ndef train(lab):\n    return torch.from_numpy(lab.train_x) @ torch.ones(3)\n")
    terminal = student.terminal("submit", "crash.py", "-a", "iris-single-layer", "--wait")
    assert terminal.end(120) == 1
    assert "Your code gave no model: raised (line 4)" in terminal.text
    assert "> 4 |     return torch.from_numpy(lab.train_x) @ torch.ones(3)" in terminal.text


def test_a_service_killed_between_handing_in_and_result_gives_one_result(service, student):
    file = student.folder / "slow.py"
    file.write_text(SLOW)
    before = json.loads(student.run("status", "--json", "--limit", 100).stdout)["items"]
    process = subprocess.Popen(
        student.command("submit", "slow.py", "-a", "iris-single-layer", "--wait", "--json"),
        env=student.environment, cwd=student.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with service.http() as http:
        deadline = time.monotonic() + 60
        while True:
            newest = http.get("/api/v1/submissions?limit=1").json()["items"][0]
            if newest["id"] not in {item["id"] for item in before} and newest["state"] == "training":
                break
            assert time.monotonic() < deadline, newest
            time.sleep(0.1)
    # Its supervisor starts it again.
    os.kill(service.part("api").process.pid, signal.SIGKILL)
    out, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    assert json.loads(out)["submission"]["id"] == newest["id"]
    after = json.loads(student.run("status", "--json", "--limit", 100).stdout)["items"]
    assert len(after) == len(before) + 1
