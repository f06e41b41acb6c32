"""What runs are judged by, kept beside their evidence, and made from it where it is missing or too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Text, case, cast, func, null, or_, select, update

from graders import evidence_format
from graders.controls import ControlFigures, control_figures
from graders.measures import MEASURES_VERSION, ControlMeasures, Measures, measure
from store.json_text import JsonText
from store.models import EvidenceRecord, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Subquery
    from sqlalchemy.orm import Session

    from store.repository.regrading import Target

# Bound parameters of one statement: SQLite takes 32,766.
_AT_ONCE = 500


def measured_of(session: Session, targets: Sequence[Target], *, keep: bool) -> Iterator[Measures]:
    """Measures of these runs, with the figures of their newest control runs, in the order of `targets`.

    Where none are stored, or they are out of date, they are made from the evidence; `keep` stores those. Of
    evidence that was moved out of the database they must be there: see `moved_to_measure`. One at a time:
    what has been judged may be forgotten, which spares the garbage collector half of its work.
    """
    for start in range(0, len(targets), _AT_ONCE):
        batch = targets[start : start + _AT_ONCE]
        stored = _stored_measures(session, [target.run_id for target in batch])
        controls = _controls(session, [target.submission_id for target in batch])
        for target in batch:
            text = stored.get(target.run_id)
            if text is None:
                measures = _measure_here(session, target.run_id)
                if keep:
                    keep_measures(session, target.run_id, measures.model_dump_json())
            else:
                measures = Measures.model_validate_json(text)
            found = controls.get(target.submission_id)
            yield measures if found is None else measures.model_copy(update={"controls": found})


def _stored_measures(session: Session, run_ids: list[str]) -> dict[str, str]:
    """As JSON: pydantic reads it in half the time that a dict on the way would take."""
    rows = session.execute(
        select(EvidenceRecord.run_id, cast(EvidenceRecord.measures, Text)).where(
            EvidenceRecord.run_id.in_(run_ids), EvidenceRecord.measures_version == MEASURES_VERSION
        )
    )
    return dict(rows.all())


def runs_to_measure(session: Session, run_ids: Sequence[str]) -> list[str]:
    """Those whose measures are missing or out of date."""
    missing: list[str] = []
    for start in range(0, len(run_ids), _AT_ONCE):
        batch = run_ids[start : start + _AT_ONCE]
        known = set(
            session.scalars(
                select(EvidenceRecord.run_id).where(
                    EvidenceRecord.run_id.in_(batch), EvidenceRecord.measures_version == MEASURES_VERSION
                )
            )
        )
        missing += [run_id for run_id in batch if run_id not in known]
    return missing


def moved_to_measure(session: Session, targets: Sequence[Target]) -> list[str]:
    """Of these and of their newest control runs, those that cannot be judged without the evidence store.

    Their evidence was moved there, and what is kept beside it is missing or out of date.
    """
    found: list[str] = []
    for start in range(0, len(targets), _AT_ONCE):
        batch = targets[start : start + _AT_ONCE]
        controls = _newest_controls([target.submission_id for target in batch])
        which = (
            EvidenceRecord.run_id.in_([target.run_id for target in batch]),
            EvidenceRecord.run_id.in_(select(controls.c.run_id)),
        )
        found += session.scalars(
            select(EvidenceRecord.run_id).where(
                or_(*which),
                EvidenceRecord.place.is_not(None),
                func.coalesce(EvidenceRecord.measures_version, 0) != MEASURES_VERSION,
            )
        )
    return found


def _measure_here(session: Session, run_id: str) -> Measures:
    return measure(evidence_format.from_bytes(_here(session, run_id)))


def _here(session: Session, run_id: str) -> bytes:
    """In the database. Raises LookupError where it was moved: nobody fetches it within a transaction."""
    blob = session.scalars(select(EvidenceRecord.blob).where(EvidenceRecord.run_id == run_id)).one()
    if blob is None:
        raise LookupError(f"the evidence of run {run_id} was moved to its store without measuring it")
    return blob


def keep_measures(session: Session, run_id: str, measures: str) -> None:
    """As JSON, beside the evidence they were made from."""
    session.execute(
        update(EvidenceRecord)
        .where(EvidenceRecord.run_id == run_id)
        .values(measures=JsonText(measures), measures_version=MEASURES_VERSION)
        .execution_options(synchronize_session=False)
    )


def _controls(session: Session, submission_ids: list[str]) -> dict[str, tuple[ControlFigures, ...]]:
    newest = _newest_controls(submission_ids)
    kept = EvidenceRecord.measures_version == MEASURES_VERSION
    rows = session.execute(
        select(
            newest.c.submission_id,
            EvidenceRecord.run_id,
            case((kept, cast(EvidenceRecord.measures, Text)), else_=null()),
            # Megabytes that need not be read where their figures are known.
            case((kept, null()), else_=EvidenceRecord.blob),
        ).join(newest, newest.c.run_id == EvidenceRecord.run_id)
    )
    return {submission_id: _figures(session, *found) for submission_id, *found in rows}


def _figures(
    session: Session, run_id: str, kept: str | None, blob: bytes | None
) -> tuple[ControlFigures, ...]:
    if kept is not None:
        return ControlMeasures.model_validate_json(kept).controls
    found = evidence_format.from_bytes(_here(session, run_id) if blob is None else blob)
    return tuple(map(control_figures, found.controls))


def _newest_controls(submission_ids: list[str]) -> Subquery:
    """(submission id, run id)"""
    return (
        select(Run.submission_id, func.max(Run.id).label("run_id"))
        .join(EvidenceRecord, EvidenceRecord.run_id == Run.id)
        .where(Run.kind == "control", Run.submission_id.in_(submission_ids))
        .group_by(Run.submission_id)
        .subquery()
    )
