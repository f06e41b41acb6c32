"""Moves evidence out of the database into the evidence store, and tidies up there. In a thread of beat.

Workers write evidence into the database, together with the grade: a store that is away costs nobody a grade,
what waits for it only takes room. An object is put, read back, and only then the database lets go of its own
bytes, if they are still the same. Whatever ends in between, both or the database's own are left.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from graders import evidence_format
from graders.measures import measured_json
from store import repository
from store.engine import reading, transaction
from store.evidence_objects import SHARDS, EvidenceError, place_of, run_of_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from store.evidence_objects import ObjectStore

_EVERY_S: Final = 10.0
# While the store is away: what waits does no harm for so long.
_AWAY_AGAIN_S: Final = 30.0
# 256 of them: all is tidied up in a day.
_TIDY_EVERY_S: Final = 330.0
# What was put is in nobody's row yet: for moments, or until a beat that crashed there is back.
ORPHAN_AFTER_S: Final = 24 * 3600.0
_AT_ONCE: Final = 100
_REFUSED_IN_A_ROW: Final = 3

_log = structlog.get_logger(__name__)


@dataclass
class Mover:
    engine: Engine
    objects: ObjectStore
    _shards: list[str] = field(default_factory=list)
    _home: str = ""

    @property
    def home(self) -> str:
        if not self._home:
            with transaction(self.engine) as session:
                self._home = repository.evidence_home(session)
        return self._home

    def move_all(self) -> int:
        """What is in the database now; how many were moved. Raises EvidenceError for what could not be.

        One that the store refuses does not hold up the others; several in a row are the store's fault.
        """
        moved, after, refused = 0, "", 0
        failed: EvidenceError | None = None
        while waiting := self._waiting(after):
            for run_id in waiting:
                try:
                    moved += self.move(run_id)
                    refused = 0
                except EvidenceError as error:
                    refused, failed = refused + 1, error
                    if refused == _REFUSED_IN_A_ROW:
                        raise
            after = waiting[-1]
        if failed is not None:
            raise failed
        return moved

    def _waiting(self, after: str) -> list[str]:
        with reading(self.engine) as session:
            return repository.evidence_to_move(session, after=after, limit=_AT_ONCE)

    def move(self, run_id: str) -> bool:
        """False: it is no longer in the database, or somebody else was quicker."""
        with reading(self.engine) as session:
            stored = repository.stored_evidence(session, run_id)
        if stored is None or stored.blob is None:
            return False
        place, sha256 = place_of(self.home, run_id, stored.blob)
        measures = None if stored.measured else _measures(run_id, stored.blob)
        self.objects.put(place, stored.blob)
        with transaction(self.engine) as session:
            return repository.mark_moved(
                session, run_id, stored.blob, place=place, sha256=sha256, measures=measures
            )

    def tidy_up(self, *, now: float | None = None) -> Iterator[int]:
        """Removes objects that are no run's any more; tells of each part of the store how many it removed."""
        for shard in SHARDS:
            yield self.tidy(shard, now=now)

    def tidy(self, shard: str, *, now: float | None = None) -> int:
        now = time.time() if now is None else now
        removed = 0
        found = self.objects.shard(self.home, shard)
        for start in range(0, len(found), _AT_ONCE):
            places = found[start : start + _AT_ONCE]
            named = [(run_of_place(place), place) for place in places]
            with reading(self.engine) as session:
                used = repository.evidence_in_use(session, named)
            for place in places:
                if place not in used and self.objects.written_at(place) < now - ORPHAN_AFTER_S:
                    self.objects.remove(place)
                    removed += 1
                    _log.info("evidence.orphan_removed", place=place, run_id=run_of_place(place))
        return removed

    def run(self, ended: threading.Event) -> None:
        """Until then. What goes wrong is logged, and tried again."""
        tidy_at, failing = time.monotonic() + _TIDY_EVERY_S, ""
        while not ended.is_set():
            wait_s = _EVERY_S
            try:
                if moved := self.move_all():
                    _log.info("evidence.moved", runs=moved)
                if time.monotonic() >= tidy_at:
                    tidy_at = time.monotonic() + _TIDY_EVERY_S
                    self.tidy(self._next_shard())
            except Exception as error:  # noqa: BLE001 - the database may be away, too; a thread that ends moves nothing
                wait_s, said = _AWAY_AGAIN_S, str(error)
                # Once in full: a store that is away for a night is not a thousand of them.
                known = isinstance(error, EvidenceError) or failing
                (_log.warning if known else _log.exception)("evidence.not_moved", error=said)
                failing = said
            else:
                failing = ""
            ended.wait(wait_s)

    def _next_shard(self) -> str:
        if not self._shards:
            self._shards = random.sample(SHARDS, len(SHARDS))
        return self._shards.pop()


def start_mover(engine: Engine, objects: ObjectStore, ended: threading.Event) -> threading.Thread:
    """Beat's own duties must not wait for a store that hangs."""
    thread = threading.Thread(target=Mover(engine, objects).run, args=(ended,), name="evidence", daemon=True)
    thread.start()
    return thread


def _measures(run_id: str, blob: bytes) -> str | None:
    """Kept with the move, so that no regrade of a later day has to fetch it. None: it cannot be read."""
    try:
        return measured_json(evidence_format.from_bytes(blob))
    except Exception as error:  # noqa: BLE001 - whatever it is, its bytes are what must be kept
        _log.warning("evidence.not_measured", run_id=run_id, error=str(error))
        return None
