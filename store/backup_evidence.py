"""Evidence that lies in the evidence store, into an archive and out of it: a backup rests on no store."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import LargeBinary, String, column, delete, table, update

from store.backup_format import BackupError
from store.evidence_objects import ObjectLostError, StoreAwayError, bytes_of
from store.repository import StoredEvidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from store.backup_format import ArchiveReader, Row
    from store.evidence_objects import ObjectStore

OBJECTS: Final = "evidence.objects"
# As the schema of the archive has it, which may be older than the models.
_EVIDENCE: Final = table(
    "evidence",
    column("run_id", String),
    column("blob", LargeBinary),
    column("place", String),
    column("size_bytes"),
    column("sha256", String),
)


class MovedEvidence:
    """What a snapshot of the table says lies in the store. On disk: it may be a million runs.

    `lost`: runs whose bytes could not be had, once `rows` has ended.
    """

    COLUMNS: Final = ("run_id", "blob")

    def __init__(self) -> None:
        self._noted = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it ends with this object
        self.count = 0
        self.lost: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._noted.close()

    def noting(self, name: str, columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Row]:
        """The rows as they are."""
        if name != "evidence" or "place" not in columns:
            yield from rows
            return
        for row in rows:
            found: dict[str, Any] = dict(zip(columns, row, strict=True))
            if found["place"] is not None:
                kept = [found[name] for name in ("run_id", "place", "size_bytes", "sha256")]
                self._noted.write(json.dumps(kept) + "\n")
                self.count += 1
            yield row

    def rows(self, objects: ObjectStore | None) -> Iterator[Row]:
        """(run id, bytes) of each. Raises BackupError when the store is away: a backup is whole or none."""
        self._noted.seek(0)
        for line in self._noted:
            run_id, place, size_bytes, sha256 = json.loads(line)
            stored = StoredEvidence(
                run_id=run_id, blob=None, place=place, size_bytes=size_bytes, sha256=sha256, measured=True
            )
            try:
                blob = bytes_of(stored, objects)
            except StoreAwayError as error:
                raise BackupError(str(error)) from error
            except ObjectLostError:
                self.lost.append(run_id)
            else:
                yield [run_id, blob]


def put_back(connection: Connection, reader: ArchiveReader) -> None:
    """Into the rows that were restored; those whose bytes were lost go. Raises BackupError."""
    entry = reader.manifest.objects
    if entry is None:
        return
    here = {"place": None, "size_bytes": None, "sha256": None}
    for run_id, blob in reader.rows(entry):
        which = update(_EVIDENCE).where(_EVIDENCE.c.run_id == run_id, _EVIDENCE.c.place.is_not(None))
        if connection.execute(which.values(blob=blob, **here)).rowcount != 1:
            raise BackupError(f"the archive has evidence of run {run_id}, and no row for it")
    gone = connection.execute(delete(_EVIDENCE).where(_EVIDENCE.c.place.is_not(None))).rowcount
    if gone != len(reader.manifest.left_out):
        raise BackupError(f"the archive lacks the evidence of {gone} runs")
