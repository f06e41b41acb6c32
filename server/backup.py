"""`labmark-server backup` and `restore`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from store.backup import back_up, restore
from store.backup_format import ArchiveReader, ArchiveWriter, BackupError
from store.engine import make_engine, sqlite_file
from store.evidence import ObjectStore
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.backup_format import Manifest

_STREAM = "-"


def backup_command(
    file: Annotated[Path, typer.Argument(help="Where to write it; - writes to stdout.")],
) -> None:
    """Write all that the database holds into one archive, while the service goes on.

    It holds what the database holds: students' work, and the seeds that hide the tests. Keep it as safe.
    """
    settings = Settings()
    url = settings.database_url
    place = sqlite_file(url)
    if place is not None and not place.is_file():
        raise _failed(f"there is no database at {place}")
    engine = make_engine(url)
    try:
        with _target(file) as out, ArchiveWriter(out) as writer:
            manifest = back_up(engine, writer, _progress, ObjectStore.of(settings))
    except (BackupError, SQLAlchemyError, OSError) as error:
        raise _failed(_reason(error)) from error
    finally:
        engine.dispose()
    _say(f"{_told(manifest)} {'' if str(file) == _STREAM else f'It is in {file}.'}")
    if manifest.left_out:
        # It is whole but for these; that nobody hears of them would be worse than a timer's alarm.
        lost = ", ".join(manifest.left_out)
        count = len(manifest.left_out)
        raise _failed(f"Without the evidence of {count} runs, which is lost or damaged: {lost}")


def restore_command(
    file: Annotated[Path, typer.Argument(help="A backup; - reads from stdin.")],
    force: Annotated[bool, typer.Option("--force", help="Throw away what the database holds now.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read it and verify its checksums.")] = False,
) -> None:
    """Put a backup into an empty database, of either kind. Stop api, workers and beat before.

    Every checksum is verified before anything is touched, and then all of it is stored or nothing.
    """
    engine = make_engine(Settings().database_url) if not check else None
    try:
        with _source(file) as path:
            reader = ArchiveReader(path)
            _say("Verifying the checksums.")
            reader.verify()
            if engine is not None:
                restore(engine, reader, _progress, force=force)
            reader.close()
    except BackupError as error:
        advice = "" if force or "not empty" not in str(error) else " --force throws those away."
        raise _failed(f"{error}.{advice}") from error
    except (SQLAlchemyError, OSError) as error:
        raise _failed(f"nothing was changed: {_reason(error)}") from error
    finally:
        if engine is not None:
            engine.dispose()
    _say(_told(reader.manifest) + (" It is whole." if check else " It is in place; start the service."))


@contextmanager
def _target(file: Path) -> Iterator[IO[bytes]]:
    """Whole or not at all, and for its owner alone."""
    if str(file) == _STREAM:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists():
        raise BackupError(f"{file} is there already")
    unfinished = file.with_name(f"{file.name}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _source(file: Path) -> Iterator[Path]:
    """An archive is read twice, so what comes through a pipe is kept for so long."""
    if str(file) != _STREAM:
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="labmark-restore-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name)


def _told(manifest: Manifest) -> str:
    made_at = datetime.fromtimestamp(manifest.made_at, UTC)
    return (
        f"{manifest.rows:,} rows of {len(manifest.tables)} tables, schema {manifest.schema}, from "
        f"{manifest.database}, {made_at:%Y-%m-%d %H:%M} UTC."
    )


def _reason(error: Exception) -> str:
    """Without the statement and its values: those are somebody's work."""
    return str(getattr(error, "orig", None) or error)


def _progress(table: str) -> None:
    _say(f"  {table}")


def _say(text: str) -> None:
    print(text.rstrip(), file=sys.stderr)


def _failed(text: str) -> typer.Exit:
    _say(text)
    return typer.Exit(1)
