import multiprocessing
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import is_postgresql
from sqlalchemy import MetaData, insert, text
from sqlalchemy.exc import OperationalError

from store import repository
from store.engine import make_engine, transaction
from store.migrate import upgrade
from store.models import Base
from store.repository.accounts import fingerprint
from store.settings import Settings


def test_migrations_build_the_schema_of_the_models(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_twice_changes_nothing(empty_url):
    upgrade(empty_url)
    upgrade(empty_url)


def test_two_processes_may_migrate_at_once(empty_url):
    command = [sys.executable, "-c", f"from store.migrate import upgrade; upgrade({empty_url!r})"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ended = [(process.communicate()[1], process.returncode) for process in both]
    assert [status for _, status in ended] == [0, 0], ended


def test_a_database_with_data_is_migrated_to_the_newest_schema(empty_url):
    upgrade(empty_url, "0001")
    engine, tables = make_engine(empty_url), MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        for name, row in (
            ("courses", {"id": "c", "slug": "ml", "title": "Machine learning", "created_at": 1.0}),
            ("users", {"id": "u", "name": "ana", "display_name": "Ana", "is_admin": False, "created_at": 1.0}),
            ("enrollments", {"user_id": "u", "course_id": "c", "role": "grader"}),
            ("tokens", {"id": "t", "user_id": "u", "sha256": fingerprint("lmk_old"), "role": "grader", "label": "", "created_at": 1.0}),
        ):
            connection.execute(insert(tables.tables[name]).values(row))
    upgrade(empty_url)
    with transaction(engine) as session:
        assert repository.course_by_slug(session, "ml").title == "Machine learning"
        who = repository.authenticate(session, "lmk_old")
        assert (who.name, who.scopes, who.language) == ("ana", None, None)
        assert repository.course_role(session, who, "c") == "grader"
        # What is new works for who was there before.
        repository.set_password(session, "u", "a hash", actor_id=None)
        assert repository.account_to_sign_in(session, "ana").password_hash == "a hash"
    engine.dispose()


def _open_new_files(folder, together, refused):
    for number in range(100):
        engine = make_engine(f"sqlite:///{folder}/{number}.sqlite3")
        together.wait(timeout=30)
        try:
            with transaction(engine) as session:
                session.execute(text("CREATE TABLE IF NOT EXISTS t (a)"))
        except OperationalError as error:
            refused.put(str(error.orig))
        engine.dispose()


@pytest.mark.skipif(is_postgresql(), reason="SQLite's own lock")
def test_processes_that_open_a_new_file_at_once_wait_for_each_other(tmp_path):
    fresh = multiprocessing.get_context("spawn")
    together, refused = fresh.Barrier(3), fresh.SimpleQueue()
    openers = [fresh.Process(target=_open_new_files, args=(tmp_path, together, refused)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert refused.empty(), refused.get()
    assert [opener.exitcode for opener in openers] == [0, 0, 0]


@pytest.mark.skipif(is_postgresql(), reason="SQLite's own settings")
def test_sqlite_is_set_up_for_many_processes(database_url):
    engine = make_engine(database_url)
    with transaction(engine) as session:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [session.execute(text(f"PRAGMA {name}")).scalar() for name in asked]
    engine.dispose()
    assert found == ["wal", 1, 1, 10000]


def test_settings_accept_the_plain_and_the_prefixed_names(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:///a")
    monkeypatch.setenv("LABMARK_REDIS_URL", "redis://b")
    monkeypatch.setenv("LABMARK_LEASE_S", "9")
    settings = Settings()
    assert (settings.database_url, settings.redis_url, settings.lease_s) == ("sqlite:///a", "redis://b", 9)
    assert Settings(database_url="sqlite:///c").database_url == "sqlite:///c"
