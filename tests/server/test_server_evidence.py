"""What an operator does with evidence that lies in a store: look, move, back up, restore, let go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from databases import empty_database_of, kinds_of_databases, migrated_database
from evidence_stores import KINDS, evidence_store
from full_service import fill
from sqlalchemy import select
from test_server_backup import contents, stored_reports
from test_server_doctor import found
from typer.testing import CliRunner

from graders.report import Report
from server.cli import app
from store import evidence_mover, repository
from store.backup_format import ArchiveReader
from store.engine import make_engine, reading, transaction
from store.evidence_mover import Mover
from store.models import EvidenceHome, EvidenceRecord

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=KINDS)
def kept(request, tmp_path):
    with evidence_store(request.param, tmp_path) as store:
        yield store


class Service:
    """A database with something in every table, and the settings of an operator who has a store."""

    def __init__(self, url, kept, folder):
        self.url, self.kept, self.folder = url, kept, folder
        self.engine = make_engine(url)
        self.settings = kept.environment(folder)

    def command(self, *arguments, url=None, without=False):
        """(status, what it said) of a command in a process of its own."""
        environment = {**os.environ, "DATABASE_URL": url or self.url, "LABMARK_DATABASE_URL": ""}
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", *map(str, arguments)],
            cwd=ROOT, env=environment | ({} if without else self.settings), capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def move(self):
        return Mover(self.engine, self.kept.store()).move_all()

    def moved(self):
        with reading(self.engine) as session:
            return repository.moved_evidence(session)


@pytest.fixture
def service(tmp_path, kept):
    with migrated_database(tmp_path) as url:
        found = Service(url, kept, tmp_path)
        fill(found.engine)
        yield found
        found.engine.dispose()


@pytest.fixture(params=kinds_of_databases())
def empty(request, tmp_path):
    with empty_database_of(request.param, tmp_path) as url:
        yield url


def rows(url):
    """All but what says where evidence lies, and what a restore adds."""
    all_rows = contents(url)
    for name in ("evidence_home", "outbox"):
        all_rows.pop(name)
    all_rows["audit"] = [row for row in all_rows["audit"] if row["action"] != "backup.restored"]
    for row in all_rows["evidence"]:
        for name in ("blob", "place", "size_bytes", "sha256"):
            row.pop(name)
    return all_rows


def test_a_backup_holds_what_lies_in_the_store_and_is_restored_without_it(service, empty, tmp_path):
    reports, archive = stored_reports(service.url), tmp_path / "labmark.backup"
    count = service.move()
    before = rows(service.url)
    assert service.command("backup", archive)[0] == 0
    assert service.command("restore", "--check", archive, without=True)[0] == 0
    # The store is another one, or none: the archive rests on neither.
    status, said = service.command("restore", archive, url=empty, without=True)
    assert status == 0, said
    now = contents(empty)
    assert len(now["evidence"]) == count
    assert all(row["blob"] is not None and row["place"] is None for row in now["evidence"])
    assert rows(empty) == before
    assert stored_reports(empty) == reports
    # A copy beside the service that it was made from must not tidy up there.
    assert now["evidence_home"] == []


def test_what_was_restored_is_moved_again_into_a_folder_of_its_own(service, empty, tmp_path):
    service.move()
    archive = tmp_path / "labmark.backup"
    assert service.command("backup", archive)[0] == 0
    assert service.command("restore", archive, url=empty)[0] == 0
    status, said = service.command("evidence", "--move", "--verify", url=empty)
    assert status == 0, said
    assert f"Moved: {len(service.moved())} runs." in said
    homes = set()
    for url in (service.url, empty):
        engine = make_engine(url)
        with reading(engine) as session:
            homes.add(session.scalar(select(EvidenceHome.name)))
        engine.dispose()
    assert len(homes) == 2
    assert {place.split("/")[0] for place in service.kept.places()} == homes
    assert service.command("evidence", "--verify")[0] == 0


def test_a_backup_while_the_store_is_away_is_refused_and_leaves_no_file(service, tmp_path):
    service.move()
    archive = tmp_path / "labmark.backup"
    with service.kept.away():
        status, said = service.command("backup", archive)
    assert status == 1
    assert "cannot be had now" in said
    assert list(tmp_path.glob("labmark.backup*")) == []
    status, said = service.command("backup", archive, without=True)
    assert (status, "LABMARK_EVIDENCE_STORE is not set" in said) == (1, True)


def test_a_backup_names_what_is_lost_and_holds_all_the_rest(service, empty, tmp_path):
    service.move()
    lost, damaged, *rest = service.moved()
    service.kept.lose(lost.place)
    service.kept.damage(damaged.place)
    archive = tmp_path / "labmark.backup"
    status, said = service.command("backup", archive)
    assert status == 1
    assert f"Without the evidence of 2 runs, which is lost or damaged: {lost.run_id}, {damaged.run_id}" in said
    assert ArchiveReader(archive).manifest.left_out == (lost.run_id, damaged.run_id)
    assert service.command("restore", archive, url=empty)[0] == 0
    assert [row["run_id"] for row in contents(empty)["evidence"]] == [stored.run_id for stored in rest]
    assert len(contents(empty)["reports"]) == len(contents(service.url)["reports"])


def test_without_a_store_a_backup_is_as_an_older_labmark_reads_it(service, tmp_path):
    archive = tmp_path / "labmark.backup"
    assert service.command("backup", archive)[0] == 0
    assert json.loads(zipfile.ZipFile(archive).read("manifest.json"))["version"] == 1
    service.move()
    assert service.command("backup", tmp_path / "second.backup")[0] == 0
    assert json.loads(zipfile.ZipFile(tmp_path / "second.backup").read("manifest.json"))["version"] == 2


def test_the_command_tells_where_evidence_lies_and_what_is_lost(service):
    status, said = service.command("evidence")
    assert (status, "In the database: 8 runs" in said) == (0, True), said
    status, said = service.command("evidence", "--move", "--verify")
    assert (status, "Verified: 8 of 8 are there and have the right hashes." in said) == (0, True), said
    gone = service.moved()[3]
    service.kept.lose(gone.place)
    status, said = service.command("evidence", "--verify")
    assert (status, f"The evidence of run {gone.run_id} is missing" in said) == (1, True), said
    with service.kept.away():
        assert service.command("evidence", "--verify")[0] == 1
        assert service.command("evidence")[0] == 0
    status, said = service.command("evidence", "--move", without=True)
    assert (status, "LABMARK_EVIDENCE_STORE is not set" in said) == (1, True)


# doctor


@pytest.fixture
def operator(course, kept, tmp_path, monkeypatch):
    for name, value in kept.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    return course


def test_doctor_tries_the_store_and_looks_at_what_it_holds(operator, kept):
    operator.grade()
    store, waiting = found("evidence")
    assert (store[0], "takes, keeps and gives; it holds 0 runs" in store[1]) == ("ok", True)
    assert waiting[1].startswith("1 runs")
    Mover(operator.engine, kept.store()).move_all()
    assert [status for status, _, _ in found("evidence")] == ["ok", "note", "ok"]
    # What it tried is not left behind.
    assert len(kept.places()) == 1
    with reading(operator.engine) as session:
        (stored,) = repository.moved_evidence(session)
    kept.damage(stored.place)
    assert found("evidence", "objects")[0][0] == "wrong"
    with kept.away():
        ((status, what, remedy),) = found("evidence")
    assert status == "wrong"
    assert "cannot be written" in what or "mount it" in what
    assert "Grading goes on" in remedy


def test_doctor_misses_the_setting(operator, kept, monkeypatch):
    operator.grade()
    Mover(operator.engine, kept.store()).move_all()
    monkeypatch.delenv("LABMARK_EVIDENCE_STORE")
    ((status, what, remedy),) = found("evidence")
    assert (status, "none is set here" in what, "LABMARK_EVIDENCE_STORE" in remedy) == ("wrong", True, True)


def test_doctor_reads_the_options(operator, monkeypatch, tmp_path):
    (tmp_path / "evidence-options.json").write_text("{")
    ((status, what, _),) = found("evidence")
    assert (status, "LABMARK_EVIDENCE_STORE_OPTIONS_FILE" in what) == ("wrong", True)


# retention


def test_retention_takes_it_out_of_the_store_too(operator, kept, monkeypatch):
    first = operator.grade()
    Mover(operator.engine, kept.store()).move_all()
    assert len(kept.places()) == 1
    monkeypatch.setenv("LABMARK_RETAIN_EVIDENCE_DAYS", "1e-9")  # 86 µs
    # Replaced by a newer run of the same submission.
    with transaction(operator.engine) as session:
        run = repository.add_run(session, submission_id=first.submission_id, spec_version=1, priority=9)
        claim = repository.claim(session, run.id)
        blob = kept.store().get(kept.places()[0])
        report = Report(outcome="graded", points=8, max_points=10, criteria=())
        assert repository.finish(session, run.id, claim.attempt, outcome="graded", evidence=blob, report=report)
    monkeypatch.setattr(evidence_mover, "ORPHAN_AFTER_S", -1.0)
    done = CliRunner().invoke(app, ["retention"])
    assert done.exit_code == 0, done.output
    assert "Removed from the evidence store: 1 objects." in done.output
    assert kept.places() == []
    with reading(operator.engine) as session:
        assert [each.run_id for each in session.scalars(select(EvidenceRecord))] == [run.id]
