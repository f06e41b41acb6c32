"""Where the evidence of a run lies: its bytes in the database, or their place in the evidence store."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from graders.measures import MEASURES_VERSION
from store.json_text import JsonText
from store.models import EvidenceHome, EvidenceRecord

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

# Of the bytes, wherever they lie.
EVIDENCE_SIZE: Final = func.coalesce(EvidenceRecord.size_bytes, func.length(EvidenceRecord.blob))
_COLUMNS: Final = (
    EvidenceRecord.run_id,
    EvidenceRecord.blob,
    EvidenceRecord.place,
    EvidenceRecord.size_bytes,
    EvidenceRecord.sha256,
    EvidenceRecord.measures_version,
)


@dataclass(frozen=True, kw_only=True)
class StoredEvidence:
    """Its bytes are in `blob`, or at `place`, and then `size_bytes` and `sha256` are what they must be."""

    run_id: str
    blob: bytes | None
    place: str | None
    size_bytes: int | None
    sha256: str | None
    measured: bool  # and by this version of `graders.measures`


@dataclass(frozen=True, kw_only=True)
class EvidenceTotals:
    """Of all runs. `here`: in the database; `moved`: in the evidence store."""

    here_runs: int
    here_bytes: int
    moved_runs: int
    moved_bytes: int


def stored_evidence(session: Session, run_id: str) -> StoredEvidence | None:
    """None: it left none, or none is kept any more."""
    row = session.execute(select(*_COLUMNS).where(EvidenceRecord.run_id == run_id)).first()
    return None if row is None else _stored(row)


def moved_evidence(session: Session, *, after: str = "", limit: int = 500) -> list[StoredEvidence]:
    """What lies in the evidence store, in the order of its runs."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(EvidenceRecord.place.is_not(None), EvidenceRecord.run_id > after)
        .order_by(EvidenceRecord.run_id)
        .limit(limit)
    )
    return [_stored(row) for row in rows]


def evidence_to_move(session: Session, *, after: str = "", limit: int = 100) -> list[str]:
    """Ids of runs whose evidence is in the database, the oldest first."""
    return list(
        session.scalars(
            select(EvidenceRecord.run_id)
            .where(EvidenceRecord.place.is_(None), EvidenceRecord.run_id > after)
            .order_by(EvidenceRecord.run_id)
            .limit(limit)
        )
    )


def evidence_waiting(session: Session) -> tuple[int, int]:
    """(runs, bytes) whose evidence is in the database."""
    runs, size = session.execute(
        select(func.count(), func.sum(func.length(EvidenceRecord.blob))).where(EvidenceRecord.place.is_(None))
    ).one()
    return runs, int(size or 0)


def evidence_totals(session: Session) -> EvidenceTotals:
    here_runs, here_bytes = evidence_waiting(session)
    moved_runs, moved_bytes = session.execute(
        select(func.count(), func.sum(EvidenceRecord.size_bytes)).where(EvidenceRecord.place.is_not(None))
    ).one()
    return EvidenceTotals(
        here_runs=here_runs, here_bytes=here_bytes, moved_runs=moved_runs, moved_bytes=int(moved_bytes or 0)
    )


def mark_moved(
    session: Session, run_id: str, blob: bytes, *, place: str, sha256: str, measures: str | None
) -> bool:
    """These bytes lie at `place` now. False: they are no longer here, and nothing was changed.

    `measures`: as JSON, where they were missing or out of date; afterwards they cost a way to the store.
    """
    values: dict[str, Any] = {"blob": None, "place": place, "size_bytes": len(blob), "sha256": sha256}
    if measures is not None:
        values |= {"measures": JsonText(measures), "measures_version": MEASURES_VERSION}
    changed: Any = session.execute(
        update(EvidenceRecord)
        .where(EvidenceRecord.run_id == run_id, EvidenceRecord.blob == blob)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount)


def evidence_in_use(session: Session, places: Collection[tuple[str, str]]) -> set[str]:
    """Of these (run id, place) the places that are somebody's: the run's own, or soon to be."""
    runs = [run_id for run_id, _ in places]
    rows = session.execute(
        select(EvidenceRecord.run_id, EvidenceRecord.place).where(EvidenceRecord.run_id.in_(runs))
    )
    known: dict[str, str | None] = dict(rows.all())
    # Bytes that are still in the database are just being moved to that place, or will be.
    return {place for run_id, place in places if run_id in known and known[run_id] in (None, place)}


def evidence_home(session: Session) -> str:
    """The folder of this database in the evidence store, made where there is none yet."""
    found = session.scalar(select(EvidenceHome.name))
    if found is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        new = {"id": 1, "name": f"labmark-{secrets.token_hex(6)}"}
        session.execute(dialect.insert(EvidenceHome).values(new).on_conflict_do_nothing())
        found = session.scalars(select(EvidenceHome.name)).one()
    return found


def leave_evidence_home(session: Session) -> None:
    """A database that was restored is not the one that was backed up, which may still be in use."""
    session.execute(delete(EvidenceHome))


def _stored(row: Any) -> StoredEvidence:
    run_id, blob, place, size_bytes, sha256, measures_version = row
    return StoredEvidence(
        run_id=run_id,
        blob=None if blob is None else bytes(blob),
        place=place,
        size_bytes=size_bytes,
        sha256=sha256,
        measured=measures_version == MEASURES_VERSION,
    )
