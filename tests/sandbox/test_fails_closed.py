"""A runner that misses a layer takes no job, and says which layer and what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from worker.sandbox import client, protocol, runner, selftest, zygotes
from worker.sandbox.protocol import Kind

ROOT = Path(__file__).resolve().parents[2]


def test_every_layer_holds_on_this_machine(runner_socket):
    checks = selftest.check(runner_socket, client.status(runner_socket), "pytorch")
    assert [check.layer for check in checks if not check.present] == []


def test_the_operators_command_prints_the_table(runner_socket):
    out = subprocess.run(
        [sys.executable, "-m", "server.cli", "sandbox", "check"],
        env={**os.environ, "LABMARK_RUNNER_SOCKET": str(runner_socket)}, capture_output=True, text=True, check=False,
        cwd=ROOT,
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    assert "landlock" in out.stdout
    assert "MISSING" not in out.stdout


def test_a_job_is_refused_before_the_self_test_has_passed(monkeypatch):
    monkeypatch.setattr(zygotes, "stage_tree", dict)
    fresh = runner.Runner(slots=1, families=(), name="labmark-test")
    ours, theirs = socket.socketpair()
    with ours:
        protocol.send(ours, Kind.JOB, {"framework": "pytorch"})
        fresh.handle(theirs)
        answer = protocol.receive(ours)
    assert answer.kind is Kind.REFUSED
    assert "self_test" in answer.json()["missing"]
    fresh.stop()


def test_a_missing_layer_counts_unless_the_operator_names_it(monkeypatch):
    checks = [selftest.LayerCheck("cgroup", False, "delegate one"), selftest.LayerCheck("seccomp", True, "")]
    assert selftest.missing(checks) == {"cgroup": "delegate one"}
    monkeypatch.setenv("SANDBOX_ACCEPT_MISSING", "cgroup")
    assert selftest.missing(checks) == {}
