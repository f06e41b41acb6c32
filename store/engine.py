"""The engine and the only two ways to open a session."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from store.json_text import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_S: Final = 60.0
_TRY_AGAIN_S = 1.0
_SQLITE_BUSY_S: Final = 10.0
_READ_ONLY = "labmark_read_only"

# What libpq makes of a network that is cut: an error after half a minute. By itself Linux waits a quarter of
# an hour for an answer, and two hours before it asks whether the other end is still there.
_PEER_IS_GONE: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# The same of the server: a host that vanished in the middle of a transaction would keep its rows locked, and
# beat, which takes back what such a host was at, would wait for just those.
_HOST_IS_GONE: Final = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}

Result = TypeVar("Result")
_log = structlog.get_logger(__name__)


def make_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        # As hosting services and people write it; SQLAlchemy would take it for the older driver's.
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        limits = {name: value for name, value in _PEER_IS_GONE.items() if name not in parsed.query}
        engine = create_engine(
            parsed, pool_pre_ping=True, pool_size=10, max_overflow=30, json_serializer=to_json,
            # Whatever the server was set up with (SQL_ASCII gives bytes), we speak UTF-8.
            connect_args={**limits, "client_encoding": "utf8"},
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, pool_size=10, max_overflow=30, json_serializer=to_json)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Not as startup options: a connection pooler between us and the server may refuse those."""
    with connection.cursor() as cursor:
        for name, value in _HOST_IS_GONE.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def sqlite_file(url: str) -> Path | None:
    """Where a database of SQLite lies; None for every other."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    return Path(parsed.database)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would otherwise open transactions by itself, deferred and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_SQLITE_BUSY_S * 1000:.0f}")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Waits for a neighbour that is starting on the same new file.

    The switch turns a read lock into the only lock. When two connections try that at once SQLite refuses one
    of them without asking its busy timeout, which could wait for ever there, so the waiting is ours.
    """
    deadline = time.monotonic() + _SQLITE_BUSY_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads, then writes, fails at once when another writer came between;
    # taking the write lock first makes it wait instead.
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits when the block ends, and rolls back when it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def patiently(engine: Engine, work: Callable[[Session], Result], *, for_s: float = PATIENCE_S) -> Result:
    """`work` in a transaction of its own, again and again while the database does not answer.

    For a worker, which holds a result that nobody else has. `work` must bear being done twice: a connection
    that breaks at the commit does not tell whether it came to pass. Raises the last OperationalError when
    `for_s` have passed; what is no matter of the connection at once.
    """
    deadline = time.monotonic() + for_s
    while True:
        try:
            with transaction(engine) as session:
                return work(session)
        except DBAPIError as error:
            # A session that the server has ended is told as an InternalError.
            away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
            if not away or time.monotonic() > deadline:
                raise
            _log.warning("database.waited_for", error=str(error.orig))
            time.sleep(_TRY_AGAIN_S)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads: on SQLite it waits for no writer. What it changed is rolled back."""
    with Session(engine.execution_options(**{_READ_ONLY: True}), expire_on_commit=False) as session:
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that reads the whole database as it is at one moment, however long it takes."""
    if engine.dialect.name == "sqlite":
        engine = engine.execution_options(**{_READ_ONLY: True})
    else:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Whoever reads may be slow, at the other end of a pipe.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection
