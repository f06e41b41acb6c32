"""Waiting for a schema that somebody else makes: parts that an orchestrator starts in no order."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy.exc import OperationalError

from store.engine import make_engine
from store.migrate import current_revision, known_revisions

_LOOK_EVERY_S: Final = 1.0


class SchemaError(Exception):
    """The database has another schema than this code, and that will not change by waiting."""


def wait_for_schema(url: str, *, patience_s: float) -> None:
    """Returns once the database has the newest schema that this code knows; changes nothing.

    Raises SchemaError at once where the database was migrated by newer code, and when `patience_s` are over;
    OperationalError where it still does not answer then.
    """
    known, deadline, engine = known_revisions(), time.monotonic() + patience_s, make_engine(url)
    try:
        while True:
            over = time.monotonic() >= deadline
            try:
                with engine.connect() as connection:
                    found = current_revision(connection)
            except OperationalError:
                if over:
                    raise
            else:
                if found == known[0]:
                    return
                _judge(found, known, over=over, patience_s=patience_s)
            time.sleep(_LOOK_EVERY_S)
    finally:
        engine.dispose()


def _judge(found: str | None, known: list[str], *, over: bool, patience_s: float) -> None:
    if found is not None and found not in known:
        raise SchemaError(
            f"The database has schema {found}, and the newest that this code knows is {known[0]}: it was "
            "migrated by a newer Labmark. Install that one, or restore an older backup."
        )
    if over:
        raise SchemaError(
            f"The database still has {'no schema' if found is None else f'schema {found}'} after "
            f"{patience_s:g} s, and this code needs {known[0]}: see why `labmark-server migrate` has not run."
        )
