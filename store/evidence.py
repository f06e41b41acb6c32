"""Evidence as its readers have it: from the database or from the evidence store, and measured where needed.

No transaction is open while the store is asked, which may take as long as a network does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graders import evidence_format
from graders.measures import measured_json
from store import repository
from store.engine import patiently, reading
from store.evidence_objects import EvidenceError, ObjectStore, bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.repository import Target

__all__ = ["EvidenceError", "EvidenceReader", "ObjectStore", "bytes_of"]

# Under which a session of a request holds the reader, for what is measured in the middle of reading.
SESSION_KEY = "evidence"


@dataclass(frozen=True, kw_only=True)
class EvidenceReader:
    """`objects` None: this process was told of no evidence store."""

    engine: Engine
    objects: ObjectStore | None = None

    def read(self, run_id: str) -> bytes | None:
        """None: there is none, or none any more. Raises EvidenceError. The caller has no transaction open."""
        with reading(self.engine) as session:
            stored = repository.stored_evidence(session, run_id)
        if stored is None:
            return None
        try:
            return bytes_of(stored, self.objects)
        except EvidenceError:
            with reading(self.engine) as session:
                if repository.stored_evidence(session, run_id) is None:
                    return None  # it was let go meanwhile
            raise

    def measure(self, run_id: str) -> str | None:
        """What is kept beside the evidence, as JSON; None where there is none any more. As `read`."""
        blob = self.read(run_id)
        return None if blob is None else measured_json(evidence_format.from_bytes(blob))

    def measure_moved(self, run_ids: Sequence[str]) -> Iterator[str]:
        """Measures each and keeps that; tells each that is done. As `read`."""
        for run_id in run_ids:
            measures = self.measure(run_id)
            if measures is not None:
                self.keep(run_id, measures)
            yield run_id

    def keep(self, run_id: str, measures: str) -> None:
        patiently(self.engine, lambda session: repository.keep_measures(session, run_id, measures))


def measure_before(session: Session, targets: Sequence[Target]) -> None:
    """What a judgement of these would have to fetch from the evidence store, before it begins.

    Where that is anything, the session's transaction ends first, and its next one sees what was measured.
    Raises EvidenceError.
    """
    away = repository.moved_to_measure(session, targets)
    if away:
        session.rollback()
        reader: EvidenceReader = session.info[SESSION_KEY]
        for _ in reader.measure_moved(away):
            pass
