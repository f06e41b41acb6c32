"""What staff asked for and takes long: regrades and similarity checks, which a crash does not lose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from graders.spec import run_digest
from store import regrading, repository
from store.engine import patiently, reading
from store.evidence import EvidenceReader
from worker.lease import kept_alive
from worker.similarity import Document, find_similar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from graders.spec import AssignmentSpec
    from store.evidence import ObjectStore
    from store.models import StaffJob
    from store.regrading import Sorted
    from store.repository import Target
    from worker.similarity import SimilarPair

log = structlog.get_logger()

_RENEW_EVERY_S = 15.0
_NOTHING = {"regraded": 0, "changed": 0, "new_runs": 0, "need_new_runs": 0}
# Of an unfinished regrade's result: [assignment id, submission id] up to which it has come.
_AFTER = "after"


class _FencedOutError(Exception):
    """Somebody else has taken the job over: what this stretch did is rolled back."""


@dataclass(frozen=True, kw_only=True)
class StaffWork:
    engine: Engine
    objects: ObjectStore | None = None

    def run(self, job_id: str) -> None:
        """Returns quietly when the job is done or somebody else's."""
        job = patiently(self.engine, lambda session: repository.claim_staff_job(session, job_id))
        if job is None:
            return
        kinds: dict[str, Callable[[StaffJob], None]] = {
            "regrade": self._regrade,
            "similarity": self._similarity,
        }
        try:
            kinds[job.kind](job)
        except _FencedOutError:
            log.warning("staff_job.fenced_out", job_id=job_id, attempt=job.attempt)
        except Exception as error:
            log.exception("staff_job.errored", job_id=job_id)
            why = f"{type(error).__name__}: {error}"
            attempt = job.attempt
            patiently(self.engine, lambda s: repository.fail_staff_job(s, job_id, attempt, why))

    def _regrade(self, job: StaffJob) -> None:
        """A stretch a transaction: reports, counts and place are written together, so none is done twice."""
        with reading(self.engine) as session:
            left = _left_to_regrade(session, job)
        done, total, result = job.done, job.done + len(left), {**_NOTHING, **(job.result or {})}
        while left:
            assignment_id = left[0][0]
            targets = [target for own, target in left[: regrading.CHUNK] if own == assignment_id]
            left = left[len(targets) :]
            stretch = _Stretch(assignment_id=assignment_id, targets=targets, done=done, before=result)
            self._measure_missing(job, stretch, total=total)
            result = patiently(
                self.engine, partial(self._regrade_stretch, job=job, stretch=stretch, total=total)
            )
            done += len(targets)
        counts = {name: result[name] for name in _NOTHING}
        ending = {"done_before": done, "done": done, "total": total, "result": counts, "finished": True}
        patiently(self.engine, lambda session: self._told(session, job, **ending))

    def _measure_missing(self, job: StaffJob, stretch: _Stretch, *, total: int) -> None:
        """Each in a transaction of its own: the stretch's would hold SQLite's only lock for half a minute."""
        with reading(self.engine) as session:
            _, _, sort = _sorted(session, job, stretch)
            missing = repository.runs_to_measure(session, [target.run_id for target in sort.judged])
            missing += [
                run_id
                for run_id in repository.moved_to_measure(session, sort.judged)
                if run_id not in set(missing)
            ]
        reader = EvidenceReader(engine=self.engine, objects=self.objects)
        for run_id in missing:
            measures = reader.measure(run_id)
            if measures is None:
                continue
            keep = partial(self._keep, run_id=run_id, measures=measures)
            patiently(self.engine, partial(keep, job=job, stretch=stretch, total=total))

    def _keep(
        self,
        session: Session,
        *,
        job: StaffJob,
        stretch: _Stretch,
        total: int,
        run_id: str,
        measures: str,
    ) -> None:
        """And go on with the lease."""
        repository.keep_measures(session, run_id, measures)
        place = {"done_before": stretch.done, "done": stretch.done, "total": total, "result": stretch.before}
        self._told(session, job, **place)

    def _regrade_stretch(
        self, session: Session, *, job: StaffJob, stretch: _Stretch, total: int
    ) -> dict[str, Any]:
        found = _regrade_targets(session, job, stretch)
        result: dict[str, Any] = {name: stretch.before[name] + found[name] for name in _NOTHING}
        result[_AFTER] = [stretch.assignment_id, stretch.targets[-1].submission_id]
        done = stretch.done + len(stretch.targets)
        self._told(session, job, done_before=stretch.done, done=done, total=total, result=result)
        return result

    def _similarity(self, job: StaffJob) -> None:
        assert job.assignment_id is not None
        assignment_id = job.assignment_id
        with reading(self.engine) as session:
            handed_in = repository.sources_to_compare(session, assignment_id)
        documents = [
            Document(submission_id=source.submission_id, user_id=source.user_id, source=source.source)
            for source in handed_in
        ]
        # 300 submissions may take longer than a lease lasts.
        renew = partial(repository.renew_staff_job, job_id=job.id, attempt=job.attempt)
        with kept_alive(self.engine, renew, every_s=_RENEW_EVERY_S, job_id=job.id):
            found = find_similar(
                documents=documents,
                boilerplate=job.parameters["boilerplate"],
                threshold=job.parameters["threshold"],
            )
        total = len(documents)
        result = {
            "compared": total - len(found.skipped),
            "pairs": [_pair(pair) for pair in found.pairs],
            "skipped": [
                {"submission": skipped.document.submission_id, "reason": skipped.reason}
                for skipped in found.skipped
            ],
        }
        ending = {"done_before": 0, "done": total, "total": total, "result": result, "finished": True}
        patiently(self.engine, lambda session: self._told(session, job, **ending))

    def _told(self, session: Session, job: StaffJob, **progress: Any) -> None:
        if not repository.progress_staff_job(session, job.id, job.attempt, **progress):
            raise _FencedOutError


def _pair(pair: SimilarPair) -> dict[str, Any]:
    return {
        "first": pair.first.submission_id,
        "second": pair.second.submission_id,
        "share_first": pair.share_first,
        "share_second": pair.share_second,
        "spans": [list(span) for span in pair.spans],
    }


def _left_to_regrade(session: Session, job: StaffJob) -> list[tuple[str, Target]]:
    """(assignment id, target) in the order of the ids. By place, not by count: in between people hand in."""
    ids = (
        [job.assignment_id]
        if job.assignment_id
        else repository.assignment_ids_of_course(session, job.course_id)
    )
    after = tuple((job.result or {}).get(_AFTER, ()))
    return [
        (assignment_id, target)
        for assignment_id in ids
        for target in repository.graded_targets(session, assignment_id, scope=job.parameters["scope"])
        if (assignment_id, target.submission_id) > after
    ]


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """Targets of one assignment; `done` and `before` are the count and the result of the job before them."""

    assignment_id: str
    targets: list[Target]
    done: int
    before: dict[str, Any]


def _sorted(session: Session, job: StaffJob, stretch: _Stretch) -> tuple[int, AssignmentSpec, Sorted]:
    """The version to judge by, its spec, and what of the stretch can be judged by it."""
    version = job.parameters.get("version") or repository.newest_version(session, stretch.assignment_id)
    spec = repository.spec_of_version(session, stretch.assignment_id, version)
    sort = regrading.sort_targets(session, stretch.assignment_id, stretch.targets, digest=run_digest(spec))
    return version, spec, sort


def _regrade_targets(session: Session, job: StaffJob, stretch: _Stretch) -> dict[str, int]:
    version, spec, sort = _sorted(session, job, stretch)
    regraded = regrading.regrade(session, sort.judged, spec, spec_version=version, author_id=job.author_id)
    to_run = [target.submission_id for target in sort.to_run]
    waiting = repository.waiting_for_version(session, to_run, version)
    to_run = [submission_id for submission_id in to_run if submission_id not in waiting]
    again = to_run if job.parameters.get("new_runs") else []
    # Nobody waits for these: what any device will do for keeps no GPU from a student.
    device = repository.device_for(spec.device, gpu_is_there=False)
    for submission_id in again:
        repository.add_run(
            session,
            submission_id=submission_id,
            spec_version=version,
            priority=repository.PRIORITY_REGRADE,
            device=device,
        )
    return {
        "regraded": len(regraded),
        "changed": sum(each.changes for each in regraded),
        "new_runs": len(again),
        "need_new_runs": len(to_run) - len(again),
    }
