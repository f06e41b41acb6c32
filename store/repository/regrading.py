"""What a regrade reads and writes, many submissions at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Select, Text, case, cast, func, insert, null, or_, select, update

from graders import evidence_format
from graders.controls import ControlFigures, control_figures
from graders.measures import MEASURES_VERSION, ControlMeasures, Measures, measure
from graders.spec import AssignmentSpec, run_digest
from store.json_text import JsonText
from store.models import Assignment, AssignmentVersion, EvidenceRecord, ReportRecord, Run, Submission, User
from store.repository.results import put_results, result_of
from store.repository.states import ACTIVE_OR_QUEUED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import Subquery
    from sqlalchemy.orm import Session

    from graders.report import Report

Scope = Literal["one", "latest", "all"]
# Bound parameters of one statement: SQLite takes 32,766.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Target:
    """A submission that can be regraded: its newest graded run left evidence.

    `run_spec_version` is what the run was run with; `points`, `outcome` and `spec_version` are those of its
    newest report.
    """

    submission_id: str
    user_id: str
    student: str
    run_id: str
    run_spec_version: int
    spec_version: int
    outcome: str
    points: float


def graded_targets(
    session: Session, assignment_id: str, *, scope: Scope, submission_id: str | None = None
) -> list[Target]:
    """In the order of handing in. `latest`: the newest of each student that has evidence."""
    newest = (
        select(func.max(Run.id))
        .join(EvidenceRecord, EvidenceRecord.run_id == Run.id)
        .where(Run.submission_id == Submission.id, Run.kind == "graded")
        .correlate(Submission)
    ).scalar_subquery()
    newest_report = (
        select(func.max(ReportRecord.version)).where(ReportRecord.run_id == Run.id).correlate(Run)
    ).scalar_subquery()
    report: Any = ReportRecord.report
    query = (
        select(
            Submission.id,
            Submission.user_id,
            User.display_name,
            Run.id,
            Run.spec_version,
            ReportRecord.spec_version,
            report["outcome"].as_string(),
            report["points"].as_float(),
        )
        .join(User, User.id == Submission.user_id)
        .join(Run, Run.id == newest)
        .join(ReportRecord, (ReportRecord.run_id == Run.id) & (ReportRecord.version == newest_report))
        .where(Submission.assignment_id == assignment_id)
        .order_by(Submission.id)
    )
    if scope == "one":
        query = query.where(Submission.id == submission_id)
    names = tuple(Target.__dataclass_fields__)
    found = [Target(**dict[str, Any](zip(names, row, strict=True))) for row in session.execute(query)]
    if scope == "latest":
        newest_of = {target.user_id: target for target in found}
        found = [target for target in found if target is newest_of[target.user_id]]
    return found


def run_digests(session: Session, assignment_id: str) -> dict[int, str]:
    """Of each version of the assignment: what it runs. Equal digests judge the same evidence."""
    rows = session.execute(
        select(AssignmentVersion.version, AssignmentVersion.spec).where(
            AssignmentVersion.assignment_id == assignment_id
        )
    )
    return {version: run_digest(AssignmentSpec.model_validate(spec)) for version, spec in rows}


def waiting_for_version(session: Session, submission_ids: Sequence[str], spec_version: int) -> set[str]:
    """Those that have a run by this version on its way, so that nobody asks for a second one."""
    found: set[str] = set()
    for start in range(0, len(submission_ids), _AT_ONCE):
        found |= set(
            session.scalars(
                select(Run.submission_id).where(
                    Run.submission_id.in_(submission_ids[start : start + _AT_ONCE]),
                    Run.kind == "graded",
                    Run.spec_version == spec_version,
                    Run.state.in_(ACTIVE_OR_QUEUED),
                )
            )
        )
    return found


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


def verdicts_of(session: Session, targets: Sequence[Target]) -> dict[str, dict[str, str]]:
    """Run id -> criterion id -> verdict, as each run's newest report says."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(targets), _AT_ONCE):
        run_ids = [target.run_id for target in targets[start : start + _AT_ONCE]]
        newest = _newest_reports(run_ids).subquery()
        rows = session.execute(
            select(ReportRecord.run_id, ReportRecord.report["criteria"]).join(
                newest,
                (newest.c.run_id == ReportRecord.run_id) & (newest.c.version == ReportRecord.version),
            )
        )
        found |= {run_id: {each["id"]: each["verdict"] for each in criteria} for run_id, criteria in rows}
    return found


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


def add_reports(
    session: Session,
    reports: Iterable[tuple[str, Report]],
    *,
    cause: Literal["control", "regrade"],
    author_id: str | None,
    now: float | None = None,
) -> None:
    """One more report for each of these (run id, report), beside the earlier ones.

    Each is written as it comes and not kept. A chunk has four statements.
    """
    now = time.time() if now is None else now
    written: list[dict[str, Any]] = []
    results: list[tuple[str, dict[str, Any]]] = []
    for run_id, report in reports:
        row = {"run_id": run_id, "report": JsonText(report.model_dump_json()), "created_at": now}
        written.append(row | {"spec_version": report.spec_version, "cause": cause, "author_id": author_id})
        results.append((run_id, result_of(report)))
    for start in range(0, len(written), _AT_ONCE):
        batch = written[start : start + _AT_ONCE]
        reported = session.execute(_newest_reports([row["run_id"] for row in batch]))
        newest = dict(reported.all())
        session.execute(
            insert(ReportRecord), [row | {"version": newest.get(row["run_id"], 0) + 1} for row in batch]
        )
    put_results(session, results)


def _newest_reports(run_ids: Collection[str]) -> Select[str, int]:
    return (
        select(ReportRecord.run_id, func.max(ReportRecord.version).label("version"))
        .where(ReportRecord.run_id.in_(run_ids))
        .group_by(ReportRecord.run_id)
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """What one student's newest submission says, for a comparison."""

    submission_id: str
    user_id: str
    source: str


def sources_to_compare(session: Session, assignment_id: str) -> list[Source]:
    """The newest of each student."""
    newest = (
        select(func.max(Submission.id))
        .where(Submission.assignment_id == assignment_id)
        .group_by(Submission.user_id)
    )
    rows = session.execute(
        select(Submission.id, Submission.user_id, Submission.source)
        .where(Submission.id.in_(newest))
        .order_by(Submission.id)
    )
    return [Source(submission_id=i, user_id=user_id, source=source) for i, user_id, source in rows]


def assignment_ids_of_course(session: Session, course_id: str) -> list[str]:
    query = select(Assignment.id).where(Assignment.course_id == course_id).order_by(Assignment.id)
    return list(session.scalars(query))


def newest_version(session: Session, assignment_id: str) -> int:
    return session.scalars(
        select(func.max(AssignmentVersion.version)).where(AssignmentVersion.assignment_id == assignment_id)
    ).one()


def students_of(session: Session, submission_ids: Collection[str]) -> dict[str, str]:
    """Submission id -> the display name of who handed it in."""
    rows = session.execute(
        select(Submission.id, User.display_name)
        .join(User, User.id == Submission.user_id)
        .where(Submission.id.in_(submission_ids))
    )
    return dict(rows.all())
