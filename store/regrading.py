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
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from graders.report import Report
    from graders.spec import AssignmentSpec
    from store.repository import Target

# Enough for one fast statement, few enough that a lock on SQLite is soon given back.
CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a spec makes of one submission beside the report that stands: points, and verdicts that change.

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
class Regraded:
    """What the new report of one submission says; the report itself is written and gone."""

    target: Target
    outcome: str
    points: float
    max_points: float

    @property
    def changes(self) -> bool:
        return (self.points, self.outcome) != (self.target.points, self.target.outcome)


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
    session: Session, targets: Sequence[Target], spec: AssignmentSpec, *, spec_version: int, keep: bool = True
) -> Iterator[tuple[Target, Report]]:
    """In the order of `targets`. Nothing is saved but, with `keep`, measures that were missing."""
    measured = repository.measured_of(session, targets, keep=keep)
    for target, measures in zip(targets, measured, strict=True):
        yield target, judge(spec, measures, spec_version=spec_version)


def what_if(session: Session, targets: Sequence[Target], spec: AssignmentSpec) -> list[Change]:
    """Whose points or verdicts a regrade by `spec` would change. Saves nothing at all."""
    stand = repository.verdicts_of(session, targets)
    judged = judge_targets(session, targets, spec, spec_version=0, keep=False)
    changes = (_change(target, stand[target.run_id], report) for target, report in judged)
    return [change for change in changes if change.changes]


def regrade(
    session: Session,
    targets: Sequence[Target],
    spec: AssignmentSpec,
    *,
    spec_version: int,
    author_id: str | None,
) -> list[Regraded]:
    """Adds a report to each target; up to CHUNK of them, since the caller's transaction holds them all."""
    regraded: list[Regraded] = []

    def reports() -> Iterator[tuple[str, Report]]:
        for target, report in judge_targets(session, targets, spec, spec_version=spec_version):
            regraded.append(
                Regraded(
                    target=target, outcome=report.outcome, points=report.points, max_points=report.max_points
                )
            )
            yield target.run_id, report

    repository.add_reports(session, reports(), cause="regrade", author_id=author_id)
    return regraded


def _change(target: Target, was: Mapping[str, str], after: Report) -> Change:
    now: dict[str, str] = {result.id: result.verdict for result in after.criteria}
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
