"""The operator's way to the database: one transaction a command."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from store.engine import make_engine, transaction
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


@contextmanager
def database_session() -> Iterator[Session]:
    engine = make_engine(Settings().database_url)
    try:
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()
