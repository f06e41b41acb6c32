"""Brings a database to the newest schema, and says which one it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from store.engine import make_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LOCK_KEY = 0x4C61626D61726B  # "Labmark"


def upgrade(database_url: str, revision: str = "head") -> None:
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            hold_schema(connection)
            upgrade_connection(connection, revision)
    finally:
        engine.dispose()


def hold_schema(connection: Connection) -> None:
    """Two that start together: the second waits, then finds nothing to do. SQLite locks by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


def upgrade_connection(connection: Connection, revision: str) -> None:
    """In the transaction of the caller."""
    config = _config()
    # Handed over open: a URL in the config would need its % signs escaped, and be logged.
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """None: there is no schema."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revisions() -> list[str]:
    """Of this code, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
