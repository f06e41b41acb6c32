"""A backup is the whole database, out of either kind and into either kind, or it is refused."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from databases import empty_database_of, kinds_of_databases
from full_service import fill
from sqlalchemy import func, select, text, update
from typer.testing import CliRunner

from graders.evidence_format import from_bytes
from graders.grade import grade
from graders.spec import AssignmentSpec
from server.cli import app
from store import regrading, repository
from store.backup import back_up
from store.backup_format import ArchiveReader, ArchiveWriter
from store.engine import make_engine, reading, transaction
from store.migrate import upgrade
from store.models import AssignmentVersion, Base, EvidenceRecord, Run, User
from store.queue import drain_outbox

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [(source, target) for source in kinds_of_databases() for target in kinds_of_databases()]


def command(url, *arguments, stdin=b"", check=True):
    """In a process of its own, as an operator has it."""
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url, "LABMARK_DATABASE_URL": ""}, input=stdin, capture_output=True,
        check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr.decode()
    return done


def contents(url):
    """Every row of every table, as the models read it."""
    engine = make_engine(url)
    with reading(engine) as session:
        found = {}
        for name, table in Base.metadata.tables.items():
            rows = session.execute(select(table).order_by(*table.primary_key.columns)).all()
            found[name] = [dict(row._mapping) for row in rows]
    engine.dispose()
    return found


def stored_reports(url):
    """Every report that a regrade of everything now gives, and what the evidence alone would give afresh."""
    engine, found = make_engine(url), {}
    with transaction(engine) as session:
        for assignment_id, version, document in session.execute(
            select(AssignmentVersion.assignment_id, AssignmentVersion.version, AssignmentVersion.spec)
        ).all():
            spec = AssignmentSpec.model_validate(document)
            targets = repository.graded_targets(session, assignment_id, scope="all")
            judged = regrading.judge_targets(session, targets, spec, spec_version=version, keep=False)
            found |= {target.run_id: report.model_dump(mode="json") for target, report in judged}
            for target in targets:
                blob = repository.stored_evidence(session, target.run_id).blob
                afresh = grade(spec, from_bytes(blob), spec_version=version).model_dump(mode="json")
                found[f"{target.run_id} afresh"] = afresh
    engine.dispose()
    return found


@pytest.fixture(scope="module", params=kinds_of_databases())
def full(request, tmp_path_factory):
    """(URL, an archive of it)"""
    folder = tmp_path_factory.mktemp("full")
    with empty_database_of(request.param, folder) as url:
        upgrade(url)
        engine = make_engine(url)
        fill(engine)
        engine.dispose()
        archive = folder / "labmark.backup"
        command(url, "backup", archive)
        yield url, archive


@pytest.fixture(params=kinds_of_databases())
def empty(request, tmp_path):
    with empty_database_of(request.param, tmp_path) as url:
        yield url


def test_every_table_is_filled_by_what_is_backed_up(full):
    assert [name for name, rows in contents(full[0]).items() if not rows] == []


def test_what_is_restored_equals_what_was_backed_up_and_regrades_the_same(full, empty):
    url, archive = full
    command(empty, "restore", archive)
    was, now = contents(url), contents(empty)
    restored = now["audit"].pop()
    assert (restored["action"], restored["actor_id"]) == ("backup.restored", None)
    # Its folder in an evidence store is not the copy's.
    assert (len(was.pop("evidence_home")), now.pop("evidence_home")) == (1, [])
    for name in was:
        for old, new in zip(was[name], now[name], strict=True):
            # Not an assertion of two whole rows: the megabytes of difference are nobody's reading.
            assert name == "outbox" or [key for key in old if old[key] != new[key]] == [], name
    assert len(now["outbox"]) == len(was["outbox"])
    assert stored_reports(empty) == stored_reports(url)
    assert len(stored_reports(url)) >= 12


def test_whoever_waited_is_rung_for_after_a_restore(full, empty):
    _, archive = full
    command(empty, "restore", archive)
    engine = make_engine(empty)
    with reading(engine) as session:
        waiting = set(session.scalars(select(Run.id).where(Run.state == "queued")))
        bells = {bell.run_id for bell in repository.unsent_outbox(session)}
    assert len(waiting) >= 2
    assert waiting <= bells
    # The one that a worker held is taken back once its lease has ended, as after any crash.
    with transaction(engine) as session:
        assert len(repository.reconcile(session, 1e11).requeued) == 1

    class Broker:
        sent = 0

        def send_task(self, *_, **__):
            Broker.sent += 1

    drain_outbox(engine, Broker())
    assert Broker.sent >= len(waiting)
    engine.dispose()


def test_an_archive_tells_what_is_in_it(full):
    _, archive = full
    with zipfile.ZipFile(archive) as found:
        manifest = json.loads(found.read("manifest.json"))
    assert (manifest["format"], manifest["version"]) == ("labmark-backup", 1)
    assert {table["name"] for table in manifest["tables"]} == set(Base.metadata.tables)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert command("sqlite://", "restore", archive, "--check").stderr.decode().rstrip().endswith("It is whole.")


def test_through_pipes(full, empty):
    url, _ = full
    streamed = command(url, "backup", "-").stdout
    command(empty, "restore", "-", stdin=streamed)
    assert contents(empty)["evidence"] == contents(url)["evidence"]


def test_a_place_that_holds_something_is_refused_and_stays_as_it_is(full, empty):
    _, archive = full
    upgrade(empty)
    engine = make_engine(empty)
    with transaction(engine) as session:
        repository.create_user(session, name="there-before")
    before = contents(empty)
    done = command(empty, "restore", archive, check=False)
    assert done.returncode == 1
    assert b"not empty, there are rows in users (1). --force throws those away" in done.stderr
    assert contents(empty) == before
    command(empty, "restore", archive, "--force")
    with reading(engine) as session:
        assert repository.user_by_name(session, "there-before") is None
        assert session.scalar(select(func.count()).select_from(EvidenceRecord)) > 5
    engine.dispose()


def test_a_schema_without_rows_is_empty(full, empty):
    upgrade(empty)
    command(empty, "restore", full[1])


def test_tables_of_somebody_else_are_never_dropped(full, empty):
    engine = make_engine(empty)
    with transaction(engine) as session:
        session.execute(text("CREATE TABLE theirs (a integer)"))
    done = command(empty, "restore", full[1], "--force", check=False)
    assert (done.returncode, b"none of Labmark's: theirs" in done.stderr) == (1, True)
    with reading(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM theirs")) == 0
    engine.dispose()


def members(archive):
    """Where the content of each begins and ends, without what is written around it."""
    with zipfile.ZipFile(archive) as found:
        for entry in found.infolist():
            header = archive.read_bytes()[entry.header_offset : entry.header_offset + 30]
            start = entry.header_offset + 30 + sum(struct.unpack("<HH", header[26:]))
            yield start, start + entry.compress_size


def test_a_damaged_archive_is_refused_before_anything_is_touched(full, empty, tmp_path):
    """One byte in each member, in turn; the end cut off; and nothing but zeros."""
    _, archive = full
    upgrade(empty)
    before = contents(empty)
    whole, seen = archive.read_bytes(), random.Random(1)
    broken = [whole[: len(whole) // 2], whole[:-30], b"", bytes(1000)]
    for start, end in members(archive):
        damaged = bytearray(whole)
        # The last two bytes only say that nothing more comes, when everything has come already.
        damaged[seen.randrange(start, end - 2)] ^= 0xFF
        broken.append(bytes(damaged))
    for number, content in enumerate(broken):
        path = tmp_path / f"{number}.backup"
        path.write_bytes(content)
        # In this process: thirty more interpreters would take a minute.
        done = CliRunner().invoke(app, ["restore", "--force", str(path)], env={"DATABASE_URL": empty})
        assert done.exit_code == 1, (number, done.output)
        assert "Traceback" not in done.output
    assert contents(empty) == before


def rewritten(archive, path, change):
    """The same archive with its manifest or a table changed, and every CRC of the zip right."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            changed = change(name, old.read(name))
            if changed is not None:
                new.writestr(name, changed)
    return path


def of_manifest(change):
    return lambda name, data: json.dumps(change(json.loads(data))) if name == "manifest.json" else data


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, data: data + b"[1]\n" if name == "tables/users" else data, "table users is not what was written"),
        (lambda name, data: None if name == "tables/evidence" else data, "its manifest promises"),
        (lambda name, data: None if name == "manifest.json" else data, "is no backup"),
        (of_manifest(lambda found: found | {"version": 3}), "has version 3 of the format"),
        (of_manifest(lambda found: found | {"format": "other"}), "is no backup of Labmark"),
        (of_manifest(lambda found: found | {"schema": "9999"}), "a newer Labmark has made"),
        (of_manifest(lambda found: {key: found[key] for key in ("format", "version")}), "not to be understood"),
        (
            of_manifest(lambda found: found | {"tables": [t | {"columns": t["columns"][1:]} for t in found["tables"]]}),
            "is not as the schema",
        ),
        (
            of_manifest(lambda found: found | {"tables": [t | {"rows": t["rows"] + 1} for t in found["tables"]]}),
            "rows, the backup has",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused_and_leaves_nothing(full, empty, tmp_path, change, said):
    path = rewritten(full[1], tmp_path / "changed.backup", change)
    done = CliRunner().invoke(app, ["restore", str(path)], env={"DATABASE_URL": empty})
    assert (done.exit_code, said in done.stderr) == (1, True), done.output
    engine = make_engine(empty)
    with engine.connect() as connection:
        assert not engine.dialect.has_table(connection, "users")
    engine.dispose()


def test_a_backup_of_an_older_schema_is_migrated(tmp_path, empty):
    old = f"sqlite:///{tmp_path}/old.sqlite3"
    upgrade(old, "0002")
    engine = make_engine(old)
    with transaction(engine) as session:
        session.execute(
            text("INSERT INTO users (id, name, display_name, is_admin, created_at) VALUES ('u', 'ana', 'Ana', false, 1.5)")
        )
        session.execute(text("INSERT INTO courses (id, slug, title, created_at) VALUES ('c', 'ml', 'ML', 1)"))
    engine.dispose()
    command(old, "backup", tmp_path / "old.backup")
    command(empty, "restore", tmp_path / "old.backup")
    engine = make_engine(empty)
    with transaction(engine) as session:
        found = repository.user_by_name(session, "ana")
        assert (found.is_admin, found.created_at) == (False, 1.5)
        repository.create_token(session, user_id=found.id)
    engine.dispose()


def test_a_backup_is_of_one_moment(full, tmp_path):
    """While it is written, a student hands in and a report comes: all of it is there, or nothing."""
    url, _ = full
    engine = make_engine(url)
    def meanwhile(table):
        with transaction(engine) as session:
            session.execute(update(User).values(display_name=f"changed at {table}"))

    path = tmp_path / "moment.backup"
    before = {row["id"]: row["display_name"] for row in contents(url)["users"]}
    with path.open("wb") as out, ArchiveWriter(out) as writer:
        back_up(engine, writer, meanwhile)
    reader = ArchiveReader(path)
    (users,) = [table for table in reader.manifest.tables if table.name == "users"]
    named = users.columns.index("display_name")
    assert {row[users.columns.index("id")]: row[named] for row in reader.rows(users)} == before
    with transaction(engine) as session:
        for user_id, name in before.items():
            session.execute(update(User).where(User.id == user_id).values(display_name=name))
    engine.dispose()


def test_nothing_is_overwritten_and_nothing_half_is_left(full, tmp_path):
    url, _ = full
    taken = tmp_path / "taken"
    taken.write_text("mine")
    done = command(url, "backup", taken, check=False)
    assert (done.returncode, b"is there already" in done.stderr, taken.read_text()) == (1, True, "mine")
    done = command(f"sqlite:///{tmp_path}/none.sqlite3", "backup", tmp_path / "new", check=False)
    assert (done.returncode, b"there is no database" in done.stderr) == (1, True)
    done = command(url, "backup", tmp_path / "no" / "folder", check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    done = command("postgresql://nobody@127.0.0.1:1/none", "backup", tmp_path / "new", check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


# Not getrusage: its maximum is at least that of who started the process.
MEASURE = """
import sys
from pathlib import Path
sys.argv = ["labmark-server", *sys.argv[1:]]
from server.cli import app
try:
    app()
finally:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(peak.split()[1], file=sys.stderr)
"""


def peak_kib(url, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stderr.splitlines()[-1])


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_memory_stays_flat(source, target, tmp_path):
    """Sixty times two megabytes that no packing makes smaller, against one of them."""
    peaks = {}
    for count in (1, 60):
        with empty_database_of(source, tmp_path) as url, empty_database_of(target, tmp_path) as place:
            upgrade(url)
            engine = make_engine(url)
            with transaction(engine) as session:
                repository.create_user(session, name="ana")
            large(engine, count)
            engine.dispose()
            path = tmp_path / f"{source}-{target}-{count}.backup"
            peaks[count] = peak_kib(url, "backup", path), peak_kib(place, "restore", path)
    assert path.stat().st_size > 100 * 1024**2
    growth_mib = [(many - one) / 1024 for one, many in zip(peaks[1], peaks[60], strict=True)]
    print(f"{source} to {target}: {growth_mib[0]:.1f} and {growth_mib[1]:.1f} MiB more for 118 MiB more")
    assert max(growth_mib) < 20


def large(engine, count):
    with transaction(engine) as session:
        (user,) = session.scalars(select(User))
        course = repository.create_course(session, slug="ml", title="ML")
        spec = AssignmentSpec.model_validate(
            {"slug": "iris", "title": "Iris", "dataset": "iris", "split": {"train": 90, "validation": 30, "test": 30},
             "criteria": [{"id": "a", "grader": "accuracy", "points": 1}]}
        )  # fmt: skip
        assignment = repository.create_assignment(session, course_id=course.id, spec=spec)
        for _ in range(count):
            new = repository.NewSubmission(filename="a.py", source="")
            run_id = repository.submit(session, user_id=user.id, assignment_id=assignment.id, new=new).run_id
            session.add(EvidenceRecord(run_id=run_id, version=2, blob=os.urandom(2 * 1024**2)))
            session.flush()
            session.expunge_all()
