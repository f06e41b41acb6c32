"""One form of lines, ours and those of libraries, in processes of their own as the service has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import parts
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TALK = """
import logging, structlog, warnings
from store.logs import set_up_logs
set_up_logs({form!r})
structlog.contextvars.bind_contextvars(run_id="r-1")
logging.getLogger("celery.worker").warning("a %s of a library", "line")
logging.getLogger("celery.worker").info("too quiet")
warnings.warn("as root", UserWarning)
try:
    password = "secret-in-a-variable"
    raise ValueError("no")
except ValueError:
    structlog.get_logger().exception("ours", submission_id="s-1")
"""


def talk(form):
    done = subprocess.run([sys.executable, "-c", TALK.format(form=form)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("form", ["json", None])
def test_json_lines_of_ours_and_of_libraries_carry_what_is_bound(form):
    """Without a setting too, where stderr is no terminal."""
    theirs, warned, ours = map(json.loads, talk(form).splitlines())
    assert "as root" in warned["event"]
    assert theirs["event"] == "a line of a library"
    assert (theirs["run_id"], theirs["level"], theirs["logger"]) == ("r-1", "warning", "celery.worker")
    assert (ours["event"], ours["run_id"], ours["submission_id"]) == ("ours", "r-1", "s-1")
    assert ours["timestamp"].endswith("Z")
    assert "ValueError: no" in ours["exception"]
    assert "secret-in-a-variable" not in ours["exception"].replace('password = "secret-in-a-variable"', "")


def test_a_line_without_room_on_the_disk_is_lost_and_harms_nobody():
    talks = TALK.format(form="json") + "\nprint('goes on')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-u", "-c", talks], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, text=True, check=True
        )
    assert done.stdout == "goes on\n"


def test_lines_for_a_person_are_no_json():
    said = talk("console")
    assert "a line of a library" in said
    assert "Traceback" in said
    assert "secret-in-a-variable" not in said
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(said.splitlines()[0])


def test_the_setting_is_read_and_reaches_the_runner(monkeypatch):
    monkeypatch.setenv("LABMARK_LOG_FORMAT", "console")
    assert Settings().log_format == "console"
    assert parts.runner_environment()["LABMARK_LOG_FORMAT"] == "console"
    monkeypatch.setenv("LABMARK_LOG_FORMAT", "")
    assert Settings().log_format is None


def test_a_runner_calls_a_job_what_its_worker_called_it():
    """And cuts what is too long, and bears a worker of an older version."""
    program = """
import structlog
from worker.sandbox.logs import bind_job, set_up_logs
set_up_logs()
for job in ({"name": "run:1:0"}, {"name": "x" * 500}, {}, {"name": 7}):
    structlog.contextvars.clear_contextvars()
    bind_job(job)
    structlog.get_logger().info("job.ended")
"""
    environment = {"PATH": os.environ["PATH"], "LABMARK_LOG_FORMAT": "json"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    told = [json.loads(line).get("job") for line in done.stderr.splitlines()]
    assert told == ["run:1:0", "x" * 100, None, None]
