"""`labmark-server doctor` beside a whole service: well, without its runner, and well again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def doctor(service):
    settings = service.supervisor.settings
    environment = {
        **os.environ, "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url,
        "LABMARK_DATA_DIR": str(settings.data_dir), "LABMARK_RUNNER_SOCKET": str(settings.runner_socket),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "doctor", "--json"], cwd=ROOT, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert done.returncode == (0 if told["ok"] else 1)
    # What other tests of this service made errored is truly wrong, and no part that is down.
    findings = [finding for finding in told["findings"] if finding["check"] != "errored"]
    return {
        (finding["part"], finding["check"], finding["status"]): finding
        for finding in sorted(findings, key=lambda finding: finding["status"])
    }


def wait_until(service, is_it, seconds=90):
    deadline = time.monotonic() + seconds
    while not is_it(findings := doctor(service)):
        assert time.monotonic() < deadline, findings
        time.sleep(1)
    return findings


def nothing_is_wrong(findings):
    return not [key for key in findings if key[2] == "wrong"]


def test_doctor_sees_the_runner_go_and_come_back(service):
    well = wait_until(service, nothing_is_wrong)
    parts = {part for part, _, _ in well}
    assert parts == {
        "database", "redis", "workers", "runner", "work", "data sets", "clocks", "data folder", "dashboard", "evidence",
    }  # fmt: skip
    assert "are warm" in well["runner", "frameworks", "ok"]["what"]
    os.kill(service.part("runner").process.pid, signal.SIGKILL)
    gone = doctor(service)
    assert ("runner", "reachable", "wrong") in gone
    assert gone["runner", "reachable", "wrong"]["remedy"]
    wait_until(service, nothing_is_wrong)
