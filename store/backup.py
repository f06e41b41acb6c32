"""A whole database into one archive, and out of one into an empty place, on SQLite and PostgreSQL alike.

Tables are taken as the database has them, not as the models say: a backup keeps the schema that it was made
under, is restored under that one, and is then migrated like any other database.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, LargeBinary, MetaData, Text, cast, func, insert, select, text
from sqlalchemy.orm import Session

from store import repository
from store.backup_evidence import OBJECTS, MovedEvidence, put_back
from store.backup_format import ArchiveReader, ArchiveWriter, BackupError, Manifest, TableEntry
from store.engine import snapshot
from store.json_text import JsonText
from store.migrate import current_revision, hold_schema, known_revisions, upgrade_connection
from store.models import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine, Table

    from store.backup_format import Row
    from store.evidence import ObjectStore

    Progress = Callable[[str], None]

_VERSION_TABLE: Final = "alembic_version"
_ROWS_AT_ONCE: Final = 500
# Of tables whose rows carry megabytes.
_LARGE_ROWS_AT_ONCE: Final = 1
_BYTES_AT_ONCE: Final = 4 * 1024 * 1024


def back_up(
    engine: Engine, writer: ArchiveWriter, progress: Progress, objects: ObjectStore | None = None
) -> Manifest:
    """Everything as it is at one moment, while the service goes on. Raises BackupError without a schema, and
    when evidence lies in a store that does not answer.
    """
    with MovedEvidence() as moved:
        with snapshot(engine) as connection:
            schema = current_revision(connection)
            if schema is None:
                raise BackupError("there is nothing to back up: the database has no schema")
            entries = []
            for table in _tables(connection):
                progress(table.name)
                columns = tuple(column.name for column in table.columns)
                rows = moved.noting(table.name, columns, _rows(connection, table))
                entries.append(writer.add_table(table.name, columns, rows))
        # The snapshot has ended: a store may take its time.
        from_store = None
        if moved.count:
            progress(OBJECTS)
            from_store = writer.add_table(OBJECTS, MovedEvidence.COLUMNS, moved.rows(objects))
    manifest = Manifest(
        schema=schema,
        made_at=time.time(),
        labmark=version("labmark"),
        database=engine.dialect.name,
        tables=tuple(entries),
        objects=from_store,
        left_out=tuple(moved.lost),
    )
    writer.finish(manifest)
    return manifest


def restore(engine: Engine, reader: ArchiveReader, progress: Progress, *, force: bool = False) -> None:
    """All of it or nothing, in one transaction. Only for an archive that `verify` has found to be whole.

    Raises BackupError when the database holds anything, unless `force` says to throw that away, and for an
    archive of a newer Labmark.
    """
    manifest = reader.manifest
    if manifest.schema not in known_revisions():
        raise BackupError(f"the backup has the schema {manifest.schema}, which a newer Labmark has made")
    with engine.begin() as connection:
        _make_room(connection, manifest, force=force)
        upgrade_connection(connection, manifest.schema)
        tables = {table.name: table for table in _tables(connection)}
        for entry in manifest.tables:
            progress(entry.name)
            _load(connection, tables, entry, reader)
        put_back(connection, reader)
        upgrade_connection(connection, "head")
        _after(connection, manifest)


def _make_room(connection: Connection, manifest: Manifest, *, force: bool) -> None:
    """An empty place: no table of ours is left. Raises BackupError where that would throw something away."""
    if connection.dialect.name == "postgresql":
        # As SQLite does by itself: a service that is still up does not let us wait for ever.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    hold_schema(connection)
    found = MetaData()
    found.reflect(connection)
    ours = {*Base.metadata.tables, *(table.name for table in manifest.tables), _VERSION_TABLE}
    if strangers := sorted(set(found.tables) - ours):
        raise BackupError(f"the database has tables that are none of Labmark's: {', '.join(strangers)}")
    rows = {table.name: _count(connection, table) for table in _tables(connection)}
    held = ", ".join(f"{name} ({count})" for name, count in sorted(rows.items()) if count)
    if held and not force:
        raise BackupError(f"the database is not empty, there are rows in {held}")
    found.drop_all(connection)


def _after(connection: Connection, manifest: Manifest) -> None:
    """What was rung for in another Redis, or in this one long ago, rings again."""
    with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
        rung = repository.ring_all_again(session)
        repository.leave_evidence_home(session)
        repository.audit(
            session,
            actor_id=None,
            action="backup.restored",
            subject=manifest.schema,
            detail={"made_at": manifest.made_at, "rows": manifest.rows, "rung_again": rung},
        )


def _tables(connection: Connection) -> list[Table]:
    """Each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    tables = [table for table in found.sorted_tables if table.name != _VERSION_TABLE]
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, JSON):
                # A missing value is none, and not the JSON value null.
                column.type = JSON(none_as_null=True)
    return tables


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    large = any(isinstance(column.type, LargeBinary) for column in table.columns)
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.columns
    ]
    found = connection.execution_options(yield_per=_LARGE_ROWS_AT_ONCE if large else _ROWS_AT_ONCE).execute(
        select(*columns).order_by(*table.primary_key.columns)
    )
    for row in found:
        yield [bytes(value) if isinstance(value, memoryview) else value for value in row]


def _load(
    connection: Connection, tables: dict[str, Table], entry: TableEntry, reader: ArchiveReader
) -> None:
    table = tables.get(entry.name)
    if table is None or {column.name for column in table.columns} != set(entry.columns):
        raise BackupError(f"table {entry.name} is not as the schema {reader.manifest.schema} has it")
    is_json = [isinstance(table.columns[name].type, JSON) for name in entry.columns]
    batch: list[dict[str, Any]] = []
    held_bytes = 0
    for row in reader.rows(entry):
        values = [
            JsonText(value) if json and value is not None else value
            for value, json in zip(row, is_json, strict=True)
        ]
        batch.append(dict(zip(entry.columns, values, strict=True)))
        held_bytes += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(batch) >= _ROWS_AT_ONCE or held_bytes >= _BYTES_AT_ONCE:
            connection.execute(insert(table), batch)
            batch, held_bytes = [], 0
    if batch:
        connection.execute(insert(table), batch)
    stored = _count(connection, table)
    if stored != entry.rows:
        raise BackupError(f"table {entry.name} has {stored} rows, the backup has {entry.rows}")


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
