"""The database: is it there, has it the schema of this code, has it room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import make_url

from server.doctor.finding import Part
from store import repository
from store.engine import reading, sqlite_file
from store.migrate import current_revision, known_revisions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from server.doctor.finding import Finding, Patient

_PART = Part("database")


def check_database(patient: Patient) -> Iterator[Finding]:
    url = patient.settings.database_url
    file = sqlite_file(url)
    where = str(file) if file else make_url(url).render_as_string(hide_password=True)
    if file is not None and not file.is_file():
        # Asking SQLite would make an empty one.
        remedy = "labmark-server migrate makes it; or is DATABASE_URL, or the folder, another one?"
        yield _PART.wrong("reachable", f"there is no file {where}", remedy)
        return
    try:
        with patient.engine.connect() as connection:
            revision, kind = current_revision(connection), _kind(connection)
    except Exception as error:  # noqa: BLE001 - a driver may raise anything; it is told
        remedy = "is it up (docker compose ps postgres), and is DATABASE_URL right? Its log says more"
        what = f"{where} does not answer: {_reason(error)}"
        yield _PART.wrong("reachable", what, remedy)
        return
    yield _PART.ok("reachable", f"{kind} at {where}")
    schema = _schema(revision)
    yield schema
    patient.database_up = schema.status == "ok"
    if patient.database_up:
        with reading(patient.engine) as session:
            size_mib = repository.database_bytes(session) / 1024**2
        yield _PART.note("size", f"{size_mib:,.0f} MiB")
    if file is not None:
        yield _PART.room(file.parent)


def _kind(connection: Connection) -> str:
    if connection.dialect.name == "sqlite":
        return f"SQLite {connection.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {connection.scalar(text('SHOW server_version'))}"


def _schema(revision: str | None) -> Finding:
    known = known_revisions()
    if revision == known[0]:
        return _PART.ok("schema", f"{revision}, the newest")
    if revision is None:
        what, remedy = "it has no schema", "labmark-server migrate; or labmark-server restore, for a backup"
    elif revision in known:
        pending = ", ".join(reversed(known[: known.index(revision)]))
        what = f"{revision}; not yet migrated: {pending}"
        remedy = "labmark-server backup FILE, then labmark-server migrate"
    else:
        what = f"{revision}, which this code does not know (its newest is {known[0]})"
        remedy = "the database was migrated by a newer Labmark: install that one, or restore an older backup"
    return _PART.wrong("schema", what, remedy)


def _reason(error: Exception) -> str:
    """One line: drivers add hints, and SQLAlchemy the statement."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__
