"""`labmark-server doctor` on a service of which parts are missing, wrong, silent or at odds."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import redis
from databases import empty_database_of, is_postgresql, kinds_of_databases
from redis_server import running_redis
from sqlalchemy import text, update
from typer.testing import CliRunner

from server.cli import app
from server.doctor import command, place, runner
from server.doctor.command import examine
from server.doctor.finding import Part
from store import presence, repository
from store.dataset_model import OwnDataset
from store.dataset_npz import to_archive
from store.engine import make_engine, transaction
from store.migrate import upgrade
from store.models import DatasetRecord, OutboxRow, Run
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def found(part, check=None):
    """(status, what, remedy) of each finding, of the settings as they are now."""
    return [
        (finding.status, finding.what, finding.remedy)
        for finding in examine(Settings())
        if finding.part == part and check in (None, finding.check)
    ]


@pytest.fixture
def queue(database_url, tmp_path, monkeypatch):
    """A Redis that is set up as it should be; nobody is at work."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with running_redis(folder, own=True) as url:
        monkeypatch.setenv("LABMARK_REDIS_URL", url)
        yield redis.Redis.from_url(url)


def test_nothing_is_there_and_each_part_says_so_without_a_traceback(tmp_path):
    environment = {
        **os.environ, "DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none", "LABMARK_DATABASE_URL": "",
        "REDIS_URL": "redis://:secret@127.0.0.1:1/0", "LABMARK_REDIS_URL": "", "LABMARK_DATA_DIR": f"{tmp_path}/none",
        "LABMARK_RUNNER_SOCKET": f"{tmp_path}/none.sock",
    }  # fmt: skip
    outputs = {}
    for arguments in ((), ("--json",)):
        done = subprocess.run(
            [sys.executable, "-m", "server.cli", "doctor", *arguments], cwd=ROOT, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
        assert "secret" not in done.stdout + done.stderr
        outputs[arguments] = done.stdout
    told = json.loads(outputs["--json",])
    assert told["ok"] is False
    wrong = {finding["part"] for finding in told["findings"] if finding["status"] == "wrong"}
    assert wrong == {"database", "redis", "runner"}
    assert all(finding["remedy"] for finding in told["findings"] if finding["status"] == "wrong")
    assert outputs[()].count("WRONG") == 3
    assert "3 are wrong" in outputs[()]


def test_asking_makes_no_database(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    ((status, what, remedy),) = found("database")
    assert (status, "there is no file" in what, "migrate" in remedy) == ("wrong", True, True)
    assert not (tmp_path / "none.sqlite3").exists()


@pytest.mark.parametrize("address", ["nonsense", "oracle://x", "postgresql://[", "redis://"])
def test_an_address_that_is_none_is_told(monkeypatch, address):
    monkeypatch.setenv("DATABASE_URL", address)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "wrong" in done.stdout


@pytest.mark.parametrize("kind", kinds_of_databases())
def test_a_schema_that_is_not_that_of_the_code(kind, tmp_path, monkeypatch):
    with empty_database_of(kind, tmp_path) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        engine = make_engine(url)
        with transaction(engine) as session:
            session.execute(text("CREATE TABLE something (a integer)"))
        assert found("database", "schema")[0][1] == "it has no schema"
        with transaction(engine) as session:
            session.execute(text("DROP TABLE something"))
        upgrade(url, "0002")
        status, what, remedy = found("database", "schema")[0]
        assert (status, "not yet migrated: 0003" in what, "labmark-server migrate" in remedy) == ("wrong", True, True)
        assert found("work") == [("note", "not checked without the database", "")]
        upgrade(url)
        assert found("database", "schema")[0][0] == "ok"
        assert {status for status, _, _ in found("database")} <= {"ok", "note"}
        with transaction(engine) as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        status, what, remedy = found("database", "schema")[0]
        assert (status, "9999, which this code does not know" in what) == ("wrong", True)
        engine.dispose()


def test_redis_as_it_should_be(queue):
    queue.config_set("appendonly", "yes")
    assert {status for status, _, _ in found("redis")} == {"ok"}


@pytest.mark.parametrize(
    ("name", "value"), [("appendonly", "no"), ("appendfsync", "no"), ("maxmemory-policy", "allkeys-lru")]
)
def test_redis_set_up_to_lose_things(queue, name, value):
    queue.config_set(name, value)
    ((status, what, remedy),) = found("redis", name)
    assert (status, what.startswith(f"{name} is {value}: "), f"--{name}" in remedy) == ("wrong", True, True)


def test_redis_that_is_nearly_full(queue):
    used = queue.info()["used_memory"]
    queue.config_set("maxmemory", int(used / 0.85))
    assert found("redis", "memory")[0][0] == "warning"
    queue.config_set("maxmemory", int(used / 0.97))
    status, what, remedy = found("redis", "memory")[0]
    assert (status, "MiB are used of" in what, "more memory" in remedy) == ("wrong", True, True)


def test_who_is_at_work(queue):
    assert found("workers", "alive")[0][0] == "wrong"
    assert found("workers", "beat")[0][0] == "wrong"
    now = time.time()
    for worker, ago in (
        (presence.Worker(name="good", runner="ok"), 3),
        (presence.Worker(name="half", runner="ok", frameworks_missing=("tensorflow",)), 3),
        (presence.Worker(name="bad", runner="refuses", missing=("landlock", "seccomp")), 3),
        (presence.Worker(name="alone", runner="unreachable"), 3),
        (presence.Worker(name="gone", runner="ok"), 100),
    ):
        presence.announce(queue, worker, now=now - ago)
    presence.announce_beat(queue)
    told = {what.split(",")[0].split()[0]: (status, what, remedy) for status, what, remedy in found("workers")}
    assert {name: status for name, (status, _, _) in told.items()} == {
        "good": "ok", "half": "wrong", "bad": "wrong", "alone": "wrong", "gone": "warning", "beat": "ok",
    }  # fmt: skip
    assert "cannot import tensorflow" in told["half"][1]
    assert "landlock, seccomp missing" in told["bad"][1]
    assert "sandbox check" in told["bad"][2]
    assert "silent for 100 s" in told["gone"][1]


def test_runs_that_wait_for_a_device_that_nobody_serves(queue, course):
    presence.announce(queue, presence.Worker(name="a", runner="ok", queues=("cpu",)))
    course.hand_in()
    assert found("workers", "devices") == []
    with transaction(course.engine) as session:
        session.execute(update(Run).values(device="gpu"))
    ((status, what, remedy),) = found("workers", "devices")
    assert (status, "1 runs wait for gpu" in what, "--queue gpu" in remedy) == ("wrong", True, True)


def test_work_that_goes_on_and_work_that_does_not(queue, course):
    assert {status for status, _, _ in found("work")} == {"ok"}
    course.hand_in()
    assert found("work", "queue")[0][0] == "ok"
    with transaction(course.engine) as session:
        session.execute(update(Run).values(created_at=time.time() - 500))
        session.execute(update(OutboxRow).values(due_at=time.time() - 45))
    status, what, _ = found("work", "queue")[0]
    assert (status, "nothing was ever finished" in what) == ("wrong", True)
    status, what, _ = found("work", "outbox")[0]
    assert (status, "45 s late" in what) == ("wrong", True)
    course.grade()
    status, what, remedy = found("work", "queue")[0]
    assert (status, "others are being graded" in what, "add workers" in remedy) == ("warning", True, True)
    with transaction(course.engine) as session:
        session.execute(update(Run).where(Run.state == "graded").values(finished_at=time.time() - 300))
    status, what, _ = found("work", "queue")[0]
    assert (status, "for 300 s nothing was finished" in what) == ("wrong", True)


def test_errored_and_stuck_runs_and_what_to_do(queue, course):
    for _ in range(2):
        course.error("RuntimeError: no space\nleft")
    course.error("x" * 500)
    course.claim(course.hand_in().run_id, now=time.time() - 500)
    status, what, remedy = found("work", "errored")[0]
    assert (status, "3 runs errored" in what, "2 times attempt 1: RuntimeError: no space left;" in what) == ("wrong", True, True)
    assert len(what) < 300
    assert "runs retry --all-errored" in remedy
    status, what, remedy = found("work", "stuck")[0]
    assert (status, "1 runs are held" in what, "--state stuck" in remedy) == ("wrong", True, True)


def test_data_sets_that_assignments_need(queue, course, tmp_path):
    ((status, what, _),) = found("data sets")
    assert (status, what) == ("ok", "iris is there and has the right hashes")
    x = np.arange(60, dtype=np.float32).reshape(20, 3)
    own = OwnDataset(x=x, y=np.arange(20) % 2, class_names=("no", "yes"))
    new = repository.NewDataset(name="own", sha256=own.sha256, facts=own.facts(), archive=to_archive(own))
    with transaction(course.engine) as session:
        spec = repository.spec_of_version(session, course.assignment_id, 1)
        for name in ("mnist", "own", "gone"):
            changed = spec.model_copy(update={"slug": name, "dataset": name})
            repository.create_assignment(session, course_id=course.course_id, spec=changed)
        repository.create_dataset(session, course_id=course.course_id, author_id=course.user_id, new=new)
    told = {what.split(",")[0].split()[0]: (status, what, remedy) for status, what, remedy in found("data sets")}
    assert {name: status for name, (status, _, _) in told.items()} == {
        "iris": "ok", "own": "ok", "mnist": "wrong", "gone": "wrong",
    }  # fmt: skip
    assert "datasets fetch" in told["mnist"][2]
    other = to_archive(OwnDataset(x=x + 1, y=own.y, class_names=own.class_names))
    for archive, said in ((other, "has the SHA-256"), (b"broken", "cannot be read")):
        with transaction(course.engine) as session:
            session.execute(update(DatasetRecord).values(archive=archive))
        ((status, what, _),) = [each for each in found("data sets", "own") if each[1].startswith("own")]
        assert (status, said in what) == ("wrong", True)


def test_clocks_that_agree_and_clocks_that_do_not(queue, course, monkeypatch):
    names = {"Redis", "PostgreSQL"} if is_postgresql() else {"Redis"}
    agreed = found("clocks")
    assert {status for status, _, _ in agreed} == {"ok"}
    assert {what.split()[2] for _, what, _ in agreed} == names
    presence.announce(queue, presence.Worker(name="ahead", runner="ok"), now=time.time() + 12)
    ((status, what, remedy),) = [each for each in found("clocks") if "ahead " in each[1] and "worker" in each[1]]
    assert (status, "worker ahead is 1" in what, "chrony" in remedy) == ("wrong", True, True)

    class Late:
        @staticmethod
        def time():
            return time.time() + 60

    monkeypatch.setattr(place, "time", Late)
    off = [each for each in found("clocks") if "worker" not in each[1]]
    assert {status for status, _, _ in off} == {"wrong"}
    assert all("60.0 s behind" in what or "59.9 s behind" in what for _, what, _ in off)


def test_a_runner_that_says_nothing_is_told_in_time(queue, tmp_path, monkeypatch):
    path = tmp_path / "silent.sock"
    monkeypatch.setenv("LABMARK_RUNNER_SOCKET", str(path))
    monkeypatch.setattr(runner, "_WITHIN_S", 0.3)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen(8)
        held = []
        threading.Thread(target=lambda: held.append(server.accept()), daemon=True).start()
        began = time.monotonic()
        ((status, what, _),) = found("runner")
        assert time.monotonic() - began < 10
    assert (status, "broke off" in what) == ("wrong", True)


def test_a_command_without_a_runner_of_its_own_believes_the_workers(queue):
    presence.announce(queue, presence.Worker(name="a", runner="ok"))
    assert [status for status, _, _ in found("runner")] == ["note"]


def test_a_folder_that_cannot_be_written_to(queue, tmp_path, monkeypatch):
    taken = tmp_path / "a-file"
    taken.write_text("")
    monkeypatch.setenv("LABMARK_DATA_DIR", str(taken))
    assert found("data folder", "writable")[0][0] == ("note" if is_postgresql() else "wrong")


def test_a_disk_that_is_full(queue, monkeypatch):
    for free, status in ((0.5, "wrong"), (3, "warning"), (50, "ok")):
        usage = type("Usage", (), {"free": int(free * 1024**3), "total": 100 * 1024**3})
        monkeypatch.setattr("server.doctor.finding.shutil.disk_usage", lambda _, usage=usage: usage)
        assert Part("data folder").room(Path("/")).status == status


def test_pages_without_their_scripts(queue, tmp_path, monkeypatch):
    assert found("dashboard")[0][0] == "ok"
    monkeypatch.setattr("api.dashboard.assets.VENDOR_FOLDER", tmp_path)
    status, what, remedy = found("dashboard")[0]
    assert (status, "htmx" in what, "labmark-server assets" in remedy) == ("wrong", True, True)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(queue, monkeypatch):
    def half(_):
        yield Part("work").ok("first", "seen")
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setitem(command.CHECKS, "work", half)
    told = found("work")
    assert [status for status, _, _ in told] == ["ok", "wrong"]
    assert "ZeroDivisionError" in told[1][1]
    assert found("dashboard")[0][0] == "ok"
