from __future__ import annotations

import json

import pytest
from databases import migrated_database
from jsonschema import Draft202012Validator
from sqlalchemy import select
from typer.testing import CliRunner

from graders.evidence import Evidence
from graders.evidence_format import to_bytes
from graders.labs import LABS
from graders.report import Report
from graders.spec_document import read_spec, write_spec
from server.admin import courses
from server.assignments import assignments
from store import repository
from store.engine import make_engine, reading, transaction
from store.models import AuditEntry

GOOD = write_spec(LABS["iris-single-layer"].model_copy(update={"slug": "own-lab"}), form="yaml")


@pytest.fixture
def engine(tmp_path, monkeypatch):
    with migrated_database(tmp_path) as url:
        monkeypatch.delenv("LABMARK_DATABASE_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", url)
        engine = make_engine(url)
        with transaction(engine) as session:
            repository.create_course(session, slug="ml", title="Machine learning")
        yield engine
        engine.dispose()


@pytest.fixture
def write(tmp_path):
    def written(text, name="lab.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return written


def run(*arguments, command=assignments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_good_document_is_judged_without_a_database(write, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    done = run("validate", write(GOOD))
    assert (done.exit_code, done.stderr) == (0, "")
    assert "own-lab, 100 points, can be published" in done.stdout


def test_faults_are_told_as_editors_read_them(write, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    path = write(GOOD.replace("train: 90", "trian: 90").replace("repeats: 5", "repeats: 50"))
    done = run("validate", path)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{path}:8: split.trian: unknown, did you mean train? (allowed: train, validation, test, board)",
        f"{path}:11: repeats: 50 is not allowed (allowed: a whole number from 1 to 20)",
    ]
    path = write(GOOD.replace("train: 90", "train: 91"))
    assert run("validate", path).stderr.startswith(
        f"{path}:7: split: train 91 + validation 30 + test 30 = 151 rows are asked for"
    )
    path = write(b"slug: a\ntitle: \xff\n")
    assert run("validate", path).stderr == f"{path}:2: is not UTF-8\n"


def test_warnings_do_not_refuse(write, engine):
    path = write(GOOD + "points_at_most: 500\n")
    done = run("validate", path)
    assert done.exit_code == 0
    assert (
        done.stderr
        == f"{path}:{GOOD.count(chr(10)) + 1}: warning: points_at_most: never reached: the criteria give 100 points\n"
    )


def test_json_is_read_by_its_ending(write, engine):
    spec = read_spec(GOOD, form="yaml")
    assert run("validate", write(write_spec(spec, form="json"), "lab.json")).exit_code == 0
    path = write(GOOD, "lab.JSON")
    assert "not JSON" in run("validate", path).stderr


def test_created_published_and_exported(write, engine):
    created = run("create", "ml", write(GOOD), "--due", "2026-12-01T23:59+02:00", "--note", "first")
    assert (created.exit_code, created.stdout) == (0, "own-lab is in the course ml, at version 1.\n")
    again = run("create", "ml", path := write(GOOD))
    assert (
        again.exit_code,
        again.stderr.startswith(f"{path}:1: slug: another assignment has this name"),
    ) == (1, True)
    changed = write(GOOD.replace("full_at: 0.88", "full_at: 0.9"))
    published = run("publish", changed, "--from", "1", "--note", "harder")
    assert (published.exit_code, published.stdout) == (0, "own-lab: version 2 is published.\n")
    assert run("publish", changed).stdout == "own-lab: version 2 is the newest already, and asks just this.\n"
    conflict = run("publish", write(GOOD), "--from", "1")
    assert conflict.exit_code == 2
    assert "the newest version is 2, not 1" in " ".join(conflict.stderr.replace("│", "").split())
    assert run("export", "own-lab", "--version", "1").stdout == GOOD
    exported = run("export", "own-lab", "--json").stdout
    assert read_spec(exported, form="json") == read_spec(
        GOOD.replace("full_at: 0.88", "full_at: 0.9"), form="yaml"
    )
    with reading(engine) as session:
        found = repository.assignment_by_slug(session, "own-lab")
        rows = repository.assignment_versions(session, found.id)
        entries = [
            (entry.action, entry.actor_id)
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        ]
    assert found.due_at == 1796162340.0
    assert [(row.version, row.author, row.note) for row in rows] == [(2, None, "harder"), (1, None, "first")]
    assert entries == [("assignment.created", None), ("assignment.published", None)]


def test_publishing_says_what_stays_graded_as_it_was(write, engine):
    run("create", "ml", write(GOOD))
    evidence = to_bytes(Evidence(n_classes=3, class_names=("a", "b", "c"), repeats=()))
    with transaction(engine) as session:
        assignment = repository.assignment_by_slug(session, "own-lab")
        user = repository.create_user(session, name="ana")
        new = repository.NewSubmission(filename="lab.py", source="x = 1\n")
        done = repository.submit(session, user_id=user.id, assignment_id=assignment.id, new=new)
        claim = repository.claim(session, done.run_id)
        report = Report(outcome="graded", points=7, max_points=100, criteria=(), spec_version=1)
        assert repository.finish(
            session, done.run_id, claim.attempt, outcome="graded", evidence=evidence, report=report
        )
    published = run("publish", write(GOOD.replace("full_at: 0.88", "full_at: 0.9")))
    assert (
        published.stdout.splitlines()[1]
        == "1 submissions stay graded by older versions: for 1 a regrade suffices, 0 need new runs."
    )
    published = run("publish", write(GOOD.replace("repeats: 5", "repeats: 4")))
    assert published.stdout.splitlines()[1].endswith("for 0 a regrade suffices, 1 need new runs.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "nothing", "FILE"), "there is no course 'nothing'"),
        (("create", "ml", "FILE", "--due", "soon"), "is no date"),
        (("create", "ml", "FILE", "--due", "2026-12-01T23:59"), "has no offset"),
        (("validate", "FILE", "--course", "nothing"), "there is no course 'nothing'"),
        (("publish", "FILE"), "there is no assignment 'own-lab'"),
        (("export", "nothing"), "there is no assignment 'nothing'"),
        (("validate", "missing.yaml"), "does not exist"),
    ],
)
def test_what_is_not_there_is_told(write, engine, arguments, said):
    path = write(GOOD)
    done = run(*(path if part == "FILE" else part for part in arguments))
    assert done.exit_code in (1, 2)
    assert said in " ".join(done.stderr.replace("│", "").split())
    with reading(engine) as session:
        assert repository.assignment_by_slug(session, "own-lab") is None


def test_an_export_of_a_version_that_is_not_there(write, engine):
    run("create", "ml", write(GOOD))
    done = run("export", "own-lab", "--version", "9")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "no version 9; the newest is 1" in " ".join(done.stderr.replace("│", "").split())


def test_the_schema_is_printed():
    done = run("schema")
    Draft202012Validator(json.loads(done.stdout)).validate(
        json.loads(write_spec(read_spec(GOOD, form="yaml"), form="json"))
    )


def test_a_course_comes_with_the_built_in_labs(engine):
    assert run("create", "first", command=courses).stdout.startswith("Course first with iris-single-layer")
    again = run("create", "second", command=courses)
    assert "Another course has iris-single-layer" in again.stdout
