"""What is let go after a time that the operator has set, and what never is.

Reports, overrides and students' files always stay. Logs go by age alone: no grade rests on one, and the
evidence of a run has its own copy of what its code printed. Evidence goes where no grade rests on it:

- of a run that a newer one of the same submission has replaced;
- of a submission that does not count, where the assignment has closed that long ago.

Whoever is in no list of students keeps the newest of each submission, and so does everybody in an assignment
without a due date, which never closes. While a run of the submission is under way, or staff work in the
course, nothing of it goes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog

from graders.final_grade import closes_at_s
from store import repository
from store.engine import reading, transaction
from store.grading import grade_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.repository import AssignmentDetails, StoredRun
    from store.settings import Settings

DAY_S: Final = 24 * 3600.0
# Of one transaction: on SQLite nobody else writes meanwhile.
_AT_ONCE: Final = 200
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Days for which something is kept after its time; None: for ever."""

    logs_days: float | None = None
    evidence_days: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        return cls(logs_days=settings.retain_logs_days, evidence_days=settings.retain_evidence_days)

    @property
    def keeps_everything(self) -> bool:
        return self.logs_days is None and self.evidence_days is None


@dataclass(frozen=True, kw_only=True)
class MayGo:
    """Of one assignment. `blocked`: why nothing may go now."""

    assignment: AssignmentDetails
    evidence: tuple[StoredRun, ...] = ()
    logs: tuple[str, ...] = ()
    blocked: str = ""

    @property
    def evidence_bytes(self) -> int:
        return sum(run.evidence_bytes for run in self.evidence)


def what_may_go(engine: Engine, policy: Policy, *, now: float | None = None) -> list[MayGo]:
    """By assignment, those of which something may go or that are blocked. Removes nothing."""
    now = time.time() if now is None else now
    with reading(engine) as session:
        found = [_of(session, each, policy, now) for each in repository.every_assignment(session)]
    return [each for each in found if each.evidence or each.logs or each.blocked]


def let_go(engine: Engine, policy: Policy, *, now: float | None = None) -> Iterator[MayGo]:
    """Removes it bit by bit: what was removed is told after each transaction, which has its audit entries."""
    now = time.time() if now is None else now
    with reading(engine) as session:
        assignments = repository.every_assignment(session)
    for assignment in assignments:
        while True:
            with transaction(engine) as session:
                # Looked at again in the transaction that removes: what counts may have changed.
                found = _of(session, assignment, policy, now)
                going = MayGo(
                    assignment=assignment, evidence=found.evidence[:_AT_ONCE], logs=found.logs[:_AT_ONCE]
                )
                if not going.evidence and not going.logs:
                    break
                _remove(session, going, policy, now)
            _log.info(
                "retention.removed",
                assignment=assignment.slug,
                evidence=len(going.evidence),
                logs=len(going.logs),
            )
            yield going


def _remove(session: Session, going: MayGo, policy: Policy, now: float) -> None:
    assignment = going.assignment
    if going.evidence:
        repository.remove_evidence(session, [run.run_id for run in going.evidence])
        told = {
            "runs": len(going.evidence),
            "bytes": going.evidence_bytes,
            "older_than_days": policy.evidence_days,
        }
        _audit(session, assignment, "retention.evidence_removed", told, now)
    if going.logs:
        repository.remove_logs(session, going.logs)
        told = {"runs": len(going.logs), "older_than_days": policy.logs_days}
        _audit(session, assignment, "retention.logs_removed", told, now)


def _audit(
    session: Session, assignment: AssignmentDetails, action: str, detail: dict[str, Any], now: float
) -> None:
    repository.audit(
        session,
        actor_id=None,
        action=action,
        subject=assignment.id,
        course_id=assignment.course_id,
        detail=detail,
        now=now,
    )


def _of(session: Session, assignment: AssignmentDetails, policy: Policy, now: float) -> MayGo:
    if repository.staff_work_under_way(session, assignment.course_id):
        return MayGo(assignment=assignment, blocked="staff work in this course is under way")
    logs: tuple[str, ...] = ()
    if policy.logs_days is not None:
        before = now - policy.logs_days * DAY_S
        logs = tuple(repository.old_logs(session, assignment.id, before=before))
    evidence: tuple[StoredRun, ...] = ()
    if policy.evidence_days is not None:
        before = now - policy.evidence_days * DAY_S
        evidence = tuple(_evidence_to_go(session, assignment, before=before))
    return MayGo(assignment=assignment, evidence=evidence, logs=logs)


def _evidence_to_go(session: Session, assignment: AssignmentDetails, *, before: float) -> list[StoredRun]:
    by_submission: dict[str, _Stored] = {}
    for run in repository.stored_runs(session, assignment.id):
        by_submission.setdefault(run.submission_id, _Stored()).add(run)
    for submission_id in repository.submissions_under_way(session, assignment.id):
        by_submission.pop(submission_id, None)
    let_go_whole = _not_counting(session, assignment, before=before)
    going: list[StoredRun] = []
    for submission_id, stored in by_submission.items():
        everything = [*stored.needed, *stored.replaced]
        # All of it or only what is replaced: an older run must never be what is left of a submission.
        if submission_id in let_go_whole and all(run.finished_at < before for run in everything):
            going += everything
        else:
            going += [run for run in stored.replaced if run.finished_at < before]
    return going


@dataclass
class _Stored:
    """The runs of one submission. Needed: the newest that left a report, and the newest control run."""

    _newest: dict[str, StoredRun] = field(default_factory=dict)
    replaced: list[StoredRun] = field(default_factory=list)

    def add(self, run: StoredRun) -> None:
        """The oldest first."""
        if run.kind == "graded" and not run.reported:
            return
        earlier = self._newest.get(run.kind)
        if earlier is not None:
            self.replaced.append(earlier)
        self._newest[run.kind] = run

    @property
    def needed(self) -> list[StoredRun]:
        return list(self._newest.values())


def _not_counting(session: Session, assignment: AssignmentDetails, *, before: float) -> set[str]:
    """Submissions of students for whom it had closed by then, without the one that counts and the chosen."""
    found: set[str] = set()
    for row in repository.gradebook(session, assignment.id):
        closes_at = closes_at_s(
            due_at_s=assignment.due_at, extended_to_s=row.extended_to, late=assignment.spec.late
        )
        if closes_at is None or closes_at >= before:
            continue
        counts = grade_row(row, assignment).counts
        kept = {row.chosen, None if counts is None else counts.id}
        found |= {each.handed_in.id for each in row.submissions} - kept
    return found
