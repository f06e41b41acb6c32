"""Each run of a submission on its own, and what it left: its reports and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from graders.report import Report
from store.models import EvidenceRecord, ReportRecord, Run, User
from store.repository.evidence import EVIDENCE_SIZE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """`reports`: how many there are; `evidence_bytes`: None where there is none, or none any more."""

    id: str
    submission_id: str
    kind: str  # graded | control
    state: str
    spec_version: int
    device: str
    is_background: bool
    attempt: int
    attempts_allowed: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    error: str | None
    reports: int
    evidence_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """`author`: the name of who asked for the regrade; None: it came with the run."""

    version: int
    cause: str  # run | control | regrade
    spec_version: int
    author: str | None
    created_at: float
    report: Report


@dataclass(frozen=True, kw_only=True)
class EvidenceFacts:
    version: int
    size_bytes: int
    measures_version: int | None
    measures: dict[str, Any] | None


def run_record(session: Session, run_id: str) -> RunRecord | None:
    row = session.execute(_runs().where(Run.id == run_id)).first()
    return None if row is None else _run(row)


def runs_of_submission(
    session: Session,
    submission_id: str,
    *,
    controls: bool,
    before: str | None = None,
    limit: int = 100,
) -> list[RunRecord]:
    """The newest first. `controls`: with those on changed labels, which only flags rest on."""
    query = _runs().where(Run.submission_id == submission_id).order_by(Run.id.desc()).limit(limit)
    if not controls:
        query = query.where(Run.kind == "graded")
    if before is not None:
        query = query.where(Run.id < before)
    return [_run(row) for row in session.execute(query)]


def reports_of_run(
    session: Session,
    run_id: str,
    *,
    version: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[ReportRow]:
    """The newest first; or only the one of that version."""
    query = (
        select(ReportRecord, User.name)
        .outerjoin(User, User.id == ReportRecord.author_id)
        .where(ReportRecord.run_id == run_id)
        .order_by(ReportRecord.version.desc())
        .limit(limit)
    )
    if version is not None:
        query = query.where(ReportRecord.version == version)
    if before is not None:
        query = query.where(ReportRecord.version < before)
    return [
        ReportRow(
            version=record.version,
            cause=record.cause,
            spec_version=record.spec_version,
            author=author,
            created_at=record.created_at,
            report=Report.model_validate(record.report),
        )
        for record, author in session.execute(query)
    ]


def evidence_facts(session: Session, run_id: str) -> EvidenceFacts | None:
    """Without its bytes, which are up to megabytes: see `evidence_bytes`."""
    row = session.execute(
        select(
            EvidenceRecord.version,
            EVIDENCE_SIZE,
            EvidenceRecord.measures_version,
            EvidenceRecord.measures,
        ).where(EvidenceRecord.run_id == run_id)
    ).first()
    if row is None:
        return None
    version, size_bytes, measures_version, measures = row
    return EvidenceFacts(
        version=version, size_bytes=size_bytes, measures_version=measures_version, measures=measures
    )


def _runs() -> Select[*tuple[Any, ...]]:
    reports = select(func.count()).where(ReportRecord.run_id == Run.id).scalar_subquery()
    size = select(EVIDENCE_SIZE).where(EvidenceRecord.run_id == Run.id).scalar_subquery()
    return select(Run, reports, size)


def _run(row: Any) -> RunRecord:
    run, reports, size = row
    return RunRecord(
        id=run.id,
        submission_id=run.submission_id,
        kind=run.kind,
        state=run.state,
        spec_version=run.spec_version,
        device=run.device,
        is_background=run.is_background,
        attempt=run.attempt,
        attempts_allowed=run.attempts_allowed,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=run.error,
        reports=reports,
        evidence_bytes=size,
    )
