"""The archive of a backup: one zip file, the same whichever database it came from.

`manifest.json` says what there is: the schema's revision, and of each table its columns, rows and SHA-256.
`tables/NAME` has a line of JSON for each row, an array in the order of the columns. Columns of JSON stand as
their text; bytes stand as `{"bytes": n}`, and those n bytes follow the line. So a row is all that has to be
in memory, and nothing is encoded twice.

Evidence that lies in the evidence store stands in `tables/evidence.objects`, a row of run and bytes each: an
archive rests on no store. Such an archive has version 2 of the format; every other has 1, as ever.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Self, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "labmark-backup"
_VERSIONS: Final = (1, 2)
# Evidence is packed already; more effort gains little and takes a minute a gigabyte.
_EFFORT: Final = 1
_CHUNK_BYTES: Final = 1024 * 1024

Row = list[Any]


class BackupError(Exception):
    """The archive cannot be used, or not here; the message is for the operator."""


@dataclass(frozen=True, kw_only=True)
class TableEntry:
    """`sha256`: of the member, as it is when unpacked."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`tables` in an order in which each refers only to those before it. `made_at`: UTC seconds.

    `objects`: evidence out of the evidence store. `left_out`: runs whose evidence was not there any more.
    """

    schema: str
    made_at: float
    labmark: str
    database: str
    tables: tuple[TableEntry, ...]
    objects: TableEntry | None = None
    left_out: tuple[str, ...] = ()

    @property
    def members(self) -> tuple[TableEntry, ...]:
        return (*self.tables, self.objects) if self.objects else self.tables

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


class ArchiveWriter:
    """Into a file or a pipe; nothing is sought back to. Without `finish` what was written is no archive."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_EFFORT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Closed without this it would write its table of contents, and so look whole.
        self._zip.fp = None

    def add_table(self, name: str, columns: tuple[str, ...], rows: Iterable[Row]) -> TableEntry:
        digest, count = hashlib.sha256(), 0
        # Its size is not known before, and may pass 4 GiB.
        with self._zip.open(_member(name), "w", force_zip64=True) as out:
            for row in rows:
                for piece in _pieces(row):
                    digest.update(piece)
                    out.write(piece)
                count += 1
        return TableEntry(name=name, columns=columns, rows=count, sha256=digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        version = 2 if manifest.objects else 1
        document = {"format": _FORMAT, "version": version, **asdict(manifest)}
        self._zip.writestr(_MANIFEST, json.dumps(document, indent=1))
        self._zip.close()


class ArchiveReader:
    """Raises BackupError for what is no archive of ours, here and while it is read."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            document = json.loads(self._zip.read(_MANIFEST))
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
            raise BackupError(f"{path} is no backup, or not a whole one: {error}") from error
        except OSError as error:
            raise BackupError(f"{path} cannot be read: {error.strerror}") from error
        self.manifest = _manifest(document, path)

    def verify(self) -> None:
        """Reads all of it. Raises BackupError naming the table that is not what was written."""
        stored = sorted(self._zip.namelist())
        promised = sorted([_MANIFEST, *(_member(table.name) for table in self.manifest.members)])
        if stored != promised:
            raise BackupError(f"the archive has {stored}, its manifest promises {promised}")
        for table in self.manifest.members:
            digest = hashlib.sha256()
            try:
                with self._zip.open(_member(table.name)) as member:
                    while chunk := member.read(_CHUNK_BYTES):
                        digest.update(chunk)
            except (zipfile.BadZipFile, EOFError, OSError, ValueError) as error:
                raise BackupError(f"table {table.name} is damaged: {error}") from error
            if digest.hexdigest() != table.sha256:
                raise BackupError(f"table {table.name} is not what was written: its SHA-256 differs")

    def rows(self, table: TableEntry) -> Iterator[Row]:
        with self._zip.open(_member(table.name)) as member:
            # By itself a member reads lines a character at a time.
            source = io.BufferedReader(cast("io.RawIOBase", member), _CHUNK_BYTES)
            while line := source.readline():
                row = json.loads(line)
                for place, value in enumerate(row):
                    if isinstance(value, dict):
                        row[place] = source.read(value["bytes"])
                yield row

    def close(self) -> None:
        self._zip.close()


def _pieces(row: Row) -> Iterator[bytes]:
    blobs = [value for value in row if isinstance(value, bytes)]
    told = [{"bytes": len(value)} if isinstance(value, bytes) else value for value in row]
    yield json.dumps(told, separators=(",", ":")).encode() + b"\n"
    yield from blobs


def _member(table: str) -> str:
    return f"tables/{table}"


def _manifest(document: Any, path: Path) -> Manifest:
    try:
        if document["format"] != _FORMAT:
            raise BackupError(f"{path} is no backup of Labmark")
        if document["version"] not in _VERSIONS:
            raise BackupError(
                f"{path} has version {document['version']} of the format; this Labmark reads "
                f"{' and '.join(map(str, _VERSIONS))}"
            )
        names = ("schema", "made_at", "labmark", "database")
        return Manifest(
            **{name: document[name] for name in names},
            tables=tuple(map(_entry, document["tables"])),
            objects=_entry(document["objects"]) if document.get("objects") else None,
            left_out=tuple(document.get("left_out", ())),
        )
    except (KeyError, TypeError) as error:
        raise BackupError(f"{path} has a manifest that is not to be understood: {error!r}") from error


def _entry(document: dict[str, Any]) -> TableEntry:
    return TableEntry(**{**document, "columns": tuple(document["columns"])})
