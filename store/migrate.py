"""Brings a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from store.engine import make_engine

_LOCK_KEY = 0x4C61626D61726B  # "Labmark"


def upgrade(database_url: str, revision: str = "head") -> None:
    engine = make_engine(database_url)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                # Two that start together: the second waits, then finds nothing to do. SQLite locks by itself.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            # Handed over open: a URL in the config would need its % signs escaped, and be logged.
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()
