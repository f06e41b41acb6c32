"""An empty or a migrated database for a test: SQLite in its folder, or PostgreSQL where LABMARK_TEST_DATABASE_URL names one."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url

from store.engine import make_engine
from store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = os.environ.get("LABMARK_TEST_DATABASE_URL", "")
# Migrated once a process, then copied: a quarter of the time of migrating each, and less with SQLite.
_templates: dict[str, str] = {}


def is_postgresql() -> bool:
    return bool(SERVER)


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Yields its URL."""
    if not SERVER:
        yield f"sqlite:///{folder}/labmark.sqlite3"
        return
    with _database("template1") as url:
        yield url


def kinds_of_databases() -> tuple[str, ...]:
    return ("sqlite", "postgresql") if SERVER else ("sqlite",)


@contextmanager
def empty_database_of(kind: str, folder: Path) -> Iterator[str]:
    """Yields the URL of one of that kind, whatever the other tests work on."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/{secrets.token_hex(6)}.sqlite3"
        return
    with _database("template1") as url:
        yield url


@contextmanager
def migrated_database(folder: Path) -> Iterator[str]:
    """Yields its URL."""
    if not SERVER:
        with empty_database(folder) as url:
            shutil.copyfile(_sqlite_template(), Path(folder) / "labmark.sqlite3")
            yield url
        return
    if "migrated" not in _templates:
        _templates["migrated"] = name = f"labmark_template_{os.getpid()}"
        _on_server(f'CREATE DATABASE "{name}"')
        upgrade(_url_of(name))
    with _database(_templates["migrated"]) as url:
        yield url


def _sqlite_template() -> str:
    """Its file, whole: a copy must not miss what still lies in the write-ahead log."""
    if "sqlite" not in _templates:
        folder = tempfile.mkdtemp(prefix="labmark-template-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        file = f"{folder}/migrated.sqlite3"
        upgrade(f"sqlite:///{file}")
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _templates["sqlite"] = file
    return _templates["sqlite"]


@contextmanager
def _database(template: str) -> Iterator[str]:
    name = f"labmark_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _url_of(name)
    finally:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url_of(name: str) -> str:
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


def _on_server(statement: str) -> None:
    engine = make_engine(SERVER)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()
