"""The evidence store: does it take, keep and give what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from server.doctor.finding import Part
from store import repository
from store.engine import reading, transaction
from store.evidence import EvidenceError, ObjectStore, bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.doctor.finding import Finding, Patient

_PART = Part("evidence")
_SAMPLE: Final = 20
_MUCH_BYTES: Final = 1024**3
_FOR_EVERYBODY: Final = "set LABMARK_EVIDENCE_STORE and its options alike for api, workers and beat"


def check_evidence(patient: Patient) -> Iterator[Finding]:
    if not patient.database_up:
        yield _PART.note("place", "not checked without the database")
        return
    objects = ObjectStore.of(patient.settings)
    with reading(patient.engine) as session:
        totals = repository.evidence_totals(session)
    moved = f"{totals.moved_runs:,} runs, {_mib(totals.moved_bytes)}"
    if objects is None:
        if totals.moved_runs:
            what = f"that of {moved} was moved to an evidence store, and none is set here"
            yield _PART.wrong("place", what, _FOR_EVERYBODY)
        else:
            here = f"{totals.here_runs:,} runs, {_mib(totals.here_bytes)}"
            yield _PART.note("place", f"in the database: {here}")
        return
    with transaction(patient.engine) as session:
        home = repository.evidence_home(session)
    try:
        objects.check(home)
    except EvidenceError as error:
        remedy = f"its address, credentials and network; {_FOR_EVERYBODY}. Grading goes on meanwhile"
        yield _PART.wrong("store", str(error), remedy)
        return
    yield _PART.ok("store", f"{objects.url}/{home} takes, keeps and gives; it holds {moved}")
    waiting = f"{totals.here_runs:,} runs, {_mib(totals.here_bytes)}, wait in the database to be moved"
    if totals.here_bytes > _MUCH_BYTES:
        yield _PART.warning("waiting", waiting, "the log of beat says why, as evidence.not_moved")
    else:
        yield _PART.note("waiting", waiting)
    yield from _sample(patient, objects)


def _sample(patient: Patient, objects: ObjectStore) -> Iterator[Finding]:
    """The oldest ones; all of them are read by `labmark-server evidence --verify`."""
    with reading(patient.engine) as session:
        sample = repository.moved_evidence(session, limit=_SAMPLE)
    faults = []
    for stored in sample:
        try:
            bytes_of(stored, objects)
        except EvidenceError as error:
            faults.append(str(error))
    if faults:
        what = f"of the {len(sample)} oldest, {len(faults)} cannot be had. {faults[0]}"
        yield _PART.wrong("objects", what, "labmark-server evidence --verify lists all")
    elif sample:
        yield _PART.ok("objects", f"the {len(sample)} oldest are there and have the right hashes")


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**2:,.1f} MiB"
