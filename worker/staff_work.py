"""What staff asked for and takes long: regrades and similarity checks, which a crash does not lose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from graders.spec import run_digest
from store import regrading, repository
from store.engine import patiently, reading
from worker.similarity import Document, find_similar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.models import StaffJob
    from store.repository import Target
    from worker.similarity import SimilarPair

log = structlog.get_logger()

_NOTHING = {"regraded": 0, "changed": 0, "new_runs": 0, "need_new_runs": 0}


class _FencedOutError(Exception):
    """Somebody else has taken the job over: what this stretch did is rolled back."""


@dataclass(frozen=True, kw_only=True)
class StaffWork:
    engine: Engine

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
            work = _assignments_to_regrade(session, job)
            targets = [(assignment_id, target) for assignment_id, found in work for target in found]
        done, counts = job.done, {**_NOTHING, **(job.result or {})}
        while done < len(targets):
            assignment_id = targets[done][0]
            part = [target for own, target in targets[done : done + regrading.CHUNK] if own == assignment_id]
            end = done + len(part)
            stretch = _Stretch(assignment_id=assignment_id, targets=part, done=end, before=counts)
            counts = patiently(
                self.engine, partial(self._regrade_stretch, job=job, stretch=stretch, total=len(targets))
            )
            done = stretch.done
        ending = {"done": done, "total": len(targets), "result": counts, "finished": True}
        patiently(self.engine, lambda session: self._told(session, job, **ending))

    def _regrade_stretch(
        self, session: Session, *, job: StaffJob, stretch: _Stretch, total: int
    ) -> dict[str, int]:
        found = _regrade_targets(session, job, stretch.assignment_id, stretch.targets)
        counts = {name: stretch.before[name] + found[name] for name in _NOTHING}
        self._told(session, job, done=stretch.done, total=total, result=counts)
        return counts

    def _similarity(self, job: StaffJob) -> None:
        assert job.assignment_id is not None
        assignment_id = job.assignment_id
        with reading(self.engine) as session:
            handed_in = repository.sources_to_compare(session, assignment_id)
        documents = [
            Document(submission_id=source.submission_id, user_id=source.user_id, source=source.source)
            for source in handed_in
        ]
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
        patiently(
            self.engine,
            lambda s: self._told(s, job, done=total, total=total, result=result, finished=True),
        )

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


def _assignments_to_regrade(session: Session, job: StaffJob) -> list[tuple[str, list[Target]]]:
    scope = job.parameters["scope"]
    ids = (
        [job.assignment_id]
        if job.assignment_id
        else repository.assignment_ids_of_course(session, job.course_id)
    )
    return [(found, repository.graded_targets(session, found, scope=scope)) for found in ids]


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """Targets of one assignment; `done` counts those of the whole job when they are."""

    assignment_id: str
    targets: list[Target]
    done: int
    before: dict[str, int]


def _regrade_targets(
    session: Session, job: StaffJob, assignment_id: str, targets: list[Target]
) -> dict[str, int]:
    version = job.parameters.get("version") or repository.newest_version(session, assignment_id)
    spec = repository.spec_of_version(session, assignment_id, version)
    sort = regrading.sort_targets(session, assignment_id, targets, digest=run_digest(spec))
    changed = regrading.regrade(
        session, sort.judged, spec, spec_version=version, author_id=job.author_id
    )
    again = sort.to_run if job.parameters.get("new_runs") else ()
    for target in again:
        repository.add_run(
            session,
            submission_id=target.submission_id,
            spec_version=version,
            priority=repository.PRIORITY_REGRADE,
        )
    return {
        "regraded": len(sort.judged),
        "changed": changed,
        "new_runs": len(again),
        "need_new_runs": len(sort.to_run) - len(again),
    }
