"""Waiting for the schema: `labmark-server migrate --wait`."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from server.cli import app
from server.schema import SchemaError, wait_for_schema
from store.engine import make_engine, transaction
from store.migrate import known_revisions, upgrade


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/labmark.sqlite3"


def test_it_ends_once_somebody_else_has_migrated(url):
    later = threading.Timer(0.5, upgrade, args=(url,))
    later.start()
    began = time.monotonic()
    wait_for_schema(url, patience_s=30)
    later.join()
    assert time.monotonic() - began < 10


def test_it_changes_nothing_and_says_what_is_missing(url):
    upgrade(url, known_revisions()[-1])
    with pytest.raises(SchemaError, match=f"still has schema {known_revisions()[-1]}.*labmark-server migrate"):
        wait_for_schema(url, patience_s=0)


def test_a_database_of_newer_code_is_told_at_once(url):
    upgrade(url)
    engine = make_engine(url)
    with transaction(engine) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    began = time.monotonic()
    with pytest.raises(SchemaError, match=r"9999.*newer Labmark"):
        wait_for_schema(url, patience_s=30)
    assert time.monotonic() - began < 5


def test_the_command_says_it_and_ends_with_1(url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", url)
    result = CliRunner().invoke(app, ["migrate", "--wait", "0"])
    assert result.exit_code == 1
    assert "no schema" in result.output
    upgrade(url)
    assert CliRunner().invoke(app, ["migrate", "--wait", "0"]).exit_code == 0
