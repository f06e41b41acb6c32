"""What instructors do with assignments: create, publish a new version, move the due date. Each is audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from graders.spec_places import Fault, shown
from store.dataset_files import BUILT_IN_FACTS, check_split
from store.dataset_sentences import of_dataset
from store.models import Assignment, ReportRecord, Run, Submission
from store.repository.assignments import (
    add_assignment_version,
    assignment_by_slug,
    assignment_versions,
    create_assignment,
    spec_of_version,
)
from store.repository.audit import audit
from store.repository.datasets import dataset_by_name, datasets_for
from store.repository.regrading import newest_version
from store.repository.submissions import newest_graded_run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from graders.spec import AssignmentSpec


class SlugTakenError(Exception):
    """An assignment's slug is unique in the whole service: addresses name no course."""


class VersionConflictError(Exception):
    """Somebody published since this one was read. `newest`: the version that is there."""

    def __init__(self, newest: int) -> None:
        super().__init__(f"the newest version is {newest}")
        self.newest = newest


@dataclass(frozen=True, kw_only=True)
class OlderGrades:
    """Submissions whose newest report is by an older version: what must be done to judge them by the newest.

    `regrade_suffices`: their runs measured what the newest version asks; the others need new runs.
    """

    regrade_suffices: int
    need_new_runs: int


def data_faults(
    session: Session, *, course_ids: Collection[str], spec: AssignmentSpec, hold: bool = False
) -> list[Fault]:
    """What the data cannot give: a data set that no course of these has, more rows than there are.

    `hold`: for whoever is about to store the spec; until they commit, nobody deletes the data set.
    """
    facts = BUILT_IN_FACTS.get(spec.dataset)
    if facts is None:
        own = dataset_by_name(session, spec.dataset, hold=hold)
        facts = None if own is None or own.course_id not in course_ids else own.facts
    if facts is None:
        known = [*BUILT_IN_FACTS, *(own.name for own in datasets_for(session, course_ids))]
        missing = of_dataset("no_dataset", name=shown(spec.dataset))
        return [Fault(path="dataset", said=missing, allowed=", ".join(known))]
    return [Fault(path="split", said=said) for said in check_split(spec, facts)]


def author_assignment(
    session: Session,
    *,
    course_id: str,
    spec: AssignmentSpec,
    author_id: str | None,
    due_at: float | None = None,
    note: str | None = None,
) -> Assignment:
    """`create_assignment` by a person. Raises SlugTakenError."""
    if assignment_by_slug(session, spec.slug) is not None:
        raise SlugTakenError(spec.slug)
    try:
        assignment = create_assignment(
            session, course_id=course_id, spec=spec, due_at=due_at, author_id=author_id, note=note
        )
    except IntegrityError as error:
        # Another transaction took the slug since it was looked for.
        raise SlugTakenError(spec.slug) from error
    audit(
        session,
        actor_id=author_id,
        action="assignment.created",
        subject=assignment.id,
        course_id=course_id,
        detail={"slug": spec.slug, "version": 1, "due_at": due_at, "note": note},
    )
    return assignment


def publish_version(
    session: Session,
    *,
    assignment_id: str,
    spec: AssignmentSpec,
    author_id: str | None,
    made_from: Collection[int] | None = None,
    note: str | None = None,
) -> int:
    """The number of the version that asks `spec`: a new one, or the newest where it asks just that.

    `made_from`: the versions that the author has seen; None: any. Raises VersionConflictError when the newest
    is none of them. No stored grade changes: that is a regrade's, or a new run's.
    """
    # Two authors at once: the second waits here, then sees what the first has published.
    assignment = session.scalars(
        select(Assignment).where(Assignment.id == assignment_id).with_for_update()
    ).one()
    newest = newest_version(session, assignment_id)
    if made_from is not None and newest not in made_from:
        raise VersionConflictError(newest)
    if spec_of_version(session, assignment_id, newest) == spec:
        return newest
    version = add_assignment_version(
        session, assignment_id=assignment_id, spec=spec, author_id=author_id, note=note
    )
    audit(
        session,
        actor_id=author_id,
        action="assignment.published",
        subject=assignment_id,
        course_id=assignment.course_id,
        detail={"slug": assignment.slug, "from": newest, "to": version, "note": note},
    )
    return version


def move_due_date(
    session: Session, *, assignment_id: str, due_at: float | None, author_id: str | None
) -> None:
    """None: no due date. Grades are reckoned from it when they are read, so it counts at once."""
    assignment = session.scalars(
        select(Assignment).where(Assignment.id == assignment_id).with_for_update()
    ).one()
    if assignment.due_at == due_at:
        return
    detail = {"slug": assignment.slug, "from": assignment.due_at, "to": due_at}
    assignment.due_at = due_at
    audit(
        session,
        actor_id=author_id,
        action="assignment.due_moved",
        subject=assignment_id,
        course_id=assignment.course_id,
        detail=detail,
    )


def older_grades(session: Session, assignment_id: str) -> OlderGrades:
    """By the newest report of each submission's newest graded run."""
    digests = {row.version: row.digest for row in assignment_versions(session, assignment_id)}
    newest = max(digests)
    if len(digests) == 1:
        # Of a large class the question takes longer than all else on its page.
        return OlderGrades(regrade_suffices=0, need_new_runs=0)
    newest_report = (
        select(func.max(ReportRecord.version)).where(ReportRecord.run_id == Run.id).correlate(Run)
    ).scalar_subquery()
    rows = session.execute(
        select(Run.spec_version, func.count().label("submissions"))
        .select_from(Submission)
        .join(Run, Run.id == newest_graded_run())
        .join(ReportRecord, (ReportRecord.run_id == Run.id) & (ReportRecord.version == newest_report))
        .where(Submission.assignment_id == assignment_id, ReportRecord.spec_version < newest)
        .group_by(Run.spec_version)
    )
    counts = {row.spec_version: int(row.submissions) for row in rows}
    same = sum(count for version, count in counts.items() if digests[version] == digests[newest])
    return OlderGrades(regrade_suffices=same, need_new_runs=sum(counts.values()) - same)
