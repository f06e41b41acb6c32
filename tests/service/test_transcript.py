"""The page docs/transcript.md, done again by a student who has nothing but the wheel; `make transcript` writes it anew."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import update
from transcript import ROOT, CleanPlace, build_wheel, normal, preparation, steps, with_answers

from graders.labs import LABS
from store import repository
from store.engine import make_engine, transaction
from store.models import Assignment

PAGE = ROOT / "docs" / "transcript.md"
PAGES_ADDRESS = "http://127.0.0.1:8000"
LAB = "iris-single-layer"
# Of commands that end otherwise than well: without frameworks nothing can be tried on the student's machine.
STATUSES = {"labmark check lab.py": 2}
STUDENT = ("eva-stoica", "Eva Stoica")
# Which rows are trained on decides what is said of a starter: these are the same ones every time.
SEED = bytes(range(32))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Under a short name: the page says `~`, and a long path would be wrapped where that is not."""
    home = Path(tempfile.mkdtemp(prefix="s", dir="/tmp"))
    yield CleanPlace(home, build_wheel(tmp_path_factory.mktemp("wheel")), preparation(PAGE.read_text(encoding="utf-8")))
    shutil.rmtree(home)


@pytest.fixture
def token(service):
    """Of a student who has handed in nothing yet, in a lab whose splits are known."""
    engine = make_engine(service.supervisor.settings.database_url)
    with transaction(engine) as session:
        user = repository.create_user(session, name=STUDENT[0], display_name=STUDENT[1])
        found = repository.assignment_by_slug(session, LAB)
        repository.enroll(session, user_id=user.id, course_id=found.course_id, role="student")
        token = repository.create_token(session, user_id=user.id, role="student")
        kept = session.get(Assignment, found.id).secret_seed
        session.execute(update(Assignment).where(Assignment.id == found.id).values(secret_seed=SEED))
    yield token
    with transaction(engine) as session:
        session.execute(update(Assignment).where(Assignment.id == found.id).values(secret_seed=kept))
    engine.dispose()


def is_of_another_test(line):
    """A row of an assignment that other tests have put into the course of the same service."""
    return " / " in line and line.split()[0] not in LABS


def test_what_the_page_shows_is_what_is_seen(service, place, token):
    page = PAGE.read_text(encoding="utf-8")
    found = []
    for step in steps(page):
        answers = {"Token (it is not shown): ": token} if step.command.startswith("labmark login") else {}
        command = step.command.replace(PAGES_ADDRESS, service.url)
        shown = place.type(command, answers=answers, status=STATUSES.get(step.command, 0))
        assert not any(token in line for line in shown)
        if step.command == "labmark assignments":
            shown = [line for line in shown if not is_of_another_test(line)]
        text = "\n".join(shown).replace(service.url, PAGES_ADDRESS).replace(str(place.home), "~")
        found.append(text.split("\n") if text else [])
    if os.environ.get("LABMARK_TRANSCRIPT") == "write":
        PAGE.write_text(with_answers(page, found), encoding="utf-8")
    for step, shown in zip(steps(page), found, strict=True):
        told, seen = normal(step.shown), normal(shown)
        difference = "\n".join(difflib.unified_diff(told, seen, "docs/transcript.md", "what is seen", lineterm=""))
        assert told == seen or os.environ.get("LABMARK_TRANSCRIPT") == "write", (
            f"{step.command}\n{difference}\nWhere that is meant: make transcript"
        )


def test_the_clients_environment_holds_no_framework_and_nothing_that_a_server_needs(place):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    # Those two the client needs as well: pydantic by way of typer.
    needed = {re.split(r"[\[<>=!~]", line)[0] for lines in extras.values() for line in lines} - {"httpx", "labmark", "pydantic"}
    installed = place.python("from importlib.metadata import distributions as d\nprint(*(x.name for x in d()))").stdout
    installed = {name.lower().replace("_", "-") for name in installed.split()}
    assert {"labmark", "httpx", "typer", "rich"} <= installed
    assert installed & {name.lower() for name in needed} == set()
    assert len(installed) <= 25, sorted(installed)
    for module in ("torch", "tensorflow", "keras", "numpy", "sklearn", "sqlalchemy", "fastapi", "celery", "redis"):
        assert f"No module named '{module}'" in place.python(f"import {module}").stderr
    # What the wheel holds of the server is of no use without those.
    for module in ("api.app", "server.cli", "store.engine", "worker.pipeline"):
        assert "ModuleNotFoundError" in place.python(f"import {module}").stderr
