"""Judge stored evidence again: after a change of thresholds, points or visibility nothing is run.

Works on measures (`graders.measures`), which are stored beside the evidence and are made from it where they
are missing or out of date. Only a spec that runs something else (`graders.spec.run_digest`) needs new runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graders.grade import judge
from store import repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from graders.report import Report
    from graders.spec import AssignmentSpec
    from store.repository import Target

# Enough for one fast statement, few enough that a lock on SQLite is soon given back.
CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a spec makes of one submission: points before and after, and the criteria whose verdict changes.

    `criteria` holds (id, verdict before, verdict after); None stands for a criterion that was not there.
    """

    target: Target
    points_before: float
    points_after: float
    criteria: tuple[tuple[str, str | None, str | None], ...] = ()

    @property
    def changes(self) -> bool:
        return self.points_before != self.points_after or bool(self.criteria)


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """`judged`: can be judged from what is stored. `to_run`: ran something else, and need a new run."""

    judged: tuple[Target, ...]
    to_run: tuple[Target, ...]


def sort_targets(
    session: Session, assignment_id: str, targets: Sequence[Target], *, digest: str
) -> Sorted:
    """`digest` is that of the spec to judge by."""
    digests = repository.run_digests(session, assignment_id)
    same = [target for target in targets if digests.get(target.run_spec_version) == digest]
    other = [target for target in targets if digests.get(target.run_spec_version) != digest]
    return Sorted(judged=tuple(same), to_run=tuple(other))


def judge_targets(
    session: Session, targets: Sequence[Target], spec: AssignmentSpec, *, spec_version: int
) -> list[tuple[Target, Report]]:
    """Nothing is saved but measures that were missing."""
    measured = repository.measured_of(session, targets)
    return [
        (target, judge(spec, found.measures, spec_version=spec_version))
        for target, found in zip(targets, measured, strict=True)
    ]


def what_if(
    session: Session, targets: Sequence[Target], old_spec: AssignmentSpec, new_spec: AssignmentSpec
) -> list[Change]:
    """Whose points or verdicts `new_spec` would change, before anything is saved."""
    changes = []
    for start in range(0, len(targets), CHUNK):
        batch = targets[start : start + CHUNK]
        for target, found in zip(batch, repository.measured_of(session, batch), strict=True):
            before = judge(old_spec, found.measures)
            change = _change(target, before, judge(new_spec, found.measures))
            if change.changes:
                changes.append(change)
    return changes


def regrade(
    session: Session,
    targets: Sequence[Target],
    spec: AssignmentSpec,
    *,
    spec_version: int,
    author_id: str | None,
) -> int:
    """Adds a report to each of up to CHUNK targets; returns how many changed in points or outcome."""
    judged = judge_targets(session, targets, spec, spec_version=spec_version)
    repository.add_reports(
        session,
        [(target.run_id, report) for target, report in judged],
        cause="regrade",
        author_id=author_id,
    )
    return sum(
        (target.points, target.outcome) != (report.points, report.outcome) for target, report in judged
    )


def _change(target: Target, before: Report, after: Report) -> Change:
    was = {result.id: result.verdict for result in before.criteria}
    now = {result.id: result.verdict for result in after.criteria}
    return Change(
        target=target,
        points_before=target.points,
        points_after=after.points,
        criteria=tuple(
            (name, was.get(name), now.get(name))
            for name in dict.fromkeys([*was, *now])
            if was.get(name) != now.get(name)
        ),
    )
