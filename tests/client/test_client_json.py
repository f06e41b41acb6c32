"""`--json` of every command: one document on stdout, of a form that programs can rely on, and nothing else anywhere."""

from __future__ import annotations

import json
import re
import time

import pytest
from jsonschema import Draft202012Validator
from live_api import failed_report, graded_report
from typer.testing import CliRunner

from client.cli import app

TEXT, NUMBER, WHOLE, BOOLEAN = ({"type": name} for name in ("string", "number", "integer", "boolean"))


def thing(**fields):
    """An object that has these fields; others may come with a newer service."""
    return {"type": "object", "required": list(fields), "properties": fields}


def items(kind):
    return {"type": "array", "items": kind}


def perhaps(kind):
    return {"anyOf": [kind, {"type": "null"}]}


COURSE = thing(slug=TEXT, title=TEXT, role={"enum": ["student", "grader", "instructor", "admin"]}, assignments=items(TEXT))
ME = thing(server=TEXT, user=TEXT, display_name=TEXT, courses=items(COURSE))
QUOTA = perhaps(thing(per_day=NUMBER, burst=WHOLE, left=WHOLE, failed_left=WHOLE, extra_left=WHOLE, next_at=perhaps(NUMBER)))
GRADE = perhaps(
    thing(points=perhaps(NUMBER), max_points=NUMBER, due_at=perhaps(NUMBER), explanation=items(thing(code=TEXT, text=TEXT)),
          submissions=items(thing(id=TEXT, counts=BOOLEAN, points=perhaps(NUMBER), late_days=WHOLE)))
)  # fmt: skip
ASSIGNMENT = thing(slug=TEXT, title=TEXT, max_points=NUMBER, due_at=perhaps(NUMBER), grade=GRADE, quota=QUOTA)
STATE = {"enum": ["queued", "claimed", "training", "evaluating", "graded", "failed", "errored", "cancelled", "superseded"]}
SUBMISSION = thing(
    id=TEXT, assignment=TEXT, filename=TEXT, state=STATE, queue_position=perhaps(WHOLE), estimated_start_at=perhaps(NUMBER),
    points=perhaps(NUMBER), max_points=NUMBER, created_at=NUMBER, links=thing(page=TEXT),
)  # fmt: skip
FEEDBACK = thing(
    submission=SUBMISSION, grade=GRADE, criteria=items(thing(id=TEXT, verdict=TEXT, points=NUMBER, max_points=NUMBER)),
    curve=items(thing(epoch=WHOLE, training_error=NUMBER, validation_error=NUMBER)), parts=items(thing(name=TEXT, error=NUMBER)),
    failure=perhaps(thing(code=TEXT, message=TEXT, line=perhaps(WHOLE))), advice=items(thing(sentence=TEXT)), repeats=WHOLE,
)  # fmt: skip
SCHEMAS = {
    "login": ME,
    "whoami": ME,
    "logout": thing(server=TEXT, forgotten=BOOLEAN),
    "courses": thing(items=items(COURSE)),
    "assignments": thing(items=items(ASSIGNMENT)),
    "assignments NAME": {**ASSIGNMENT, "required": [*ASSIGNMENT["required"], "text", "criteria", "limits"]},
    "start": thing(assignment=TEXT, server=TEXT, framework=perhaps(TEXT), folder=TEXT, files=items(TEXT), frameworks=items(TEXT)),
    "submit": thing(id=TEXT, state=STATE, queue_position=perhaps(WHOLE), estimated_start_at=perhaps(NUMBER), quota=QUOTA,
                    superseded=items(TEXT), again=BOOLEAN, page=TEXT),
    "submit --wait": FEEDBACK,
    "watch": FEEDBACK,
    "results": FEEDBACK,
    "log": thing(submission=TEXT, log=TEXT),
    "status": thing(items=items(SUBMISSION), quotas={"type": "object", "additionalProperties": QUOTA}),
}
ERROR = thing(error=thing(code={"type": "string", "pattern": "^[a-z_]+$"}, message=TEXT, exit_status=WHOLE))


@pytest.fixture
def document(labmark):
    def ask(name, *arguments, schema=None, status=0):
        told = labmark(name, *arguments, "--json", status=status)
        found = json.loads(told.stdout)
        assert told.stdout.isascii()
        assert told.stderr == ""
        Draft202012Validator(schema or SCHEMAS[name]).validate(found)
        return found

    return ask


def test_every_command_gives_one_document_of_its_form(labmark, document):
    document("login", "--server", labmark.api.url, "--token", labmark.api.tokens["dan"])
    for name in ("whoami", "courses", "assignments"):
        document(name)
    document("assignments", "iris-few", schema=SCHEMAS["assignments NAME"])
    document("start", "iris-one")
    handed_in = document("submit", labmark.write(source="as_json = 1\n"), "-a", "iris-one")
    document("results", handed_in["id"], status=6)
    document("log", handed_in["id"])
    labmark.api.grade(handed_in["id"], graded_report())
    for name in ("results", "watch", "log"):
        document(name, handed_in["id"])
    document("status")
    failed = document("submit", labmark.write(source="as_json = 2\n"), "-a", "iris-one")
    labmark.api.grade(failed["id"], failed_report())
    assert document("results", failed["id"], status=1)["failure"]["line"] == 3
    document("logout")


def test_a_command_that_waits_gives_the_report_alone(labmark, document):
    labmark.login()
    process = labmark.start("submit", labmark.write(source="as_json = 3\n"), "-a", "iris-one", "--wait", "--json")
    before = len(labmark.api.submissions())
    labmark.api.settle()
    while process.poll() is None and len(labmark.api.submissions()) == before:
        time.sleep(0.02)
    labmark.api.settle()
    out, errors = process.communicate(timeout=60)
    assert errors == ""
    Draft202012Validator(SCHEMAS["submit --wait"]).validate(json.loads(out))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("whoami", "--token", "lmk_wrong"), 3), (("assignments", "nothing"), 2), (("start", "../x"), 2),
        (("submit", "nothing.py", "-a", "iris-one"), 2), (("submit", "lab.txt", "-a", "iris-one"), 2),
        (("watch", "nothing"), 2), (("results", "nothing"), 2), (("log", "nothing"), 2), (("status", "--token", "a b"), 2),
        (("courses", "--server", "ftp://x"), 2), (("logout", "--server", "http://u:p@x"), 2),
        (("login", "--server", "http://x y", "--token", "lmk_x"), 2),
    ],
)  # fmt: skip
def test_what_stops_a_command_is_a_document_too(labmark, document, arguments, status):
    labmark.login()
    (labmark.folder / "lab.txt").write_text("x")
    found = document(*arguments, schema=ERROR, status=status)
    assert found["error"]["exit_status"] == status


def test_there_is_a_form_for_every_command():
    """What `check` gives is looked at where it can run: tests/service/test_check.py."""
    listed = CliRunner().invoke(app, ["--help"]).stdout.partition("Commands:")[2]
    assert set(re.findall(r"^  ([a-z]+)", listed, re.MULTILINE)) == {"check", *(name.split()[0] for name in SCHEMAS)}
