"""One run from claim to grade. No transaction stays open while student code runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import structlog

from graders import evidence_format
from graders.grade import judge
from graders.measures import measure
from store import counters, events, repository
from store.counters import Happened
from store.engine import patiently, reading
from store.evidence import EvidenceReader
from store.regrading import judge_targets
from worker.lease import kept_alive
from worker.misread import first_misread
from worker.provenance import provenance
from worker.sandbox.client import Calls, SandboxUnavailableError
from worker.sandbox.pool import Pool
from worker.text import logs_of
from worker.timing import Stopwatch
from worker.training import Training

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from redis import Redis
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from graders.evidence import Evidence
    from graders.measures import Measures
    from graders.report import Report
    from store.evidence import ObjectStore
    from store.repository import Job
    from store.settings import Settings
    from worker.material import Materials

log = structlog.get_logger()


@dataclass(frozen=True)
class Pipeline:
    """Everything a worker process needs, built once by its composition root."""

    engine: Engine
    settings: Settings
    materials: Materials
    redis: Redis
    objects: ObjectStore | None = None

    def run(self, rung_for: str) -> None:
        """Claim who is served next, train, grade, record. Returns quietly when nobody waits any more.

        `rung_for` is the run whose doorbell called this worker; it may be another's turn.
        """
        lease_s = self.settings.lease_s
        claim = patiently(
            self.engine, lambda session: repository.claim_next(session, rung_for, lease_s=lease_s)
        )
        if claim is None:
            log.info("run.not_claimed", run_id=rung_for)
            return
        run_id = claim.run_id
        job = patiently(self.engine, lambda session: repository.load_job(session, run_id))
        # In every line from here on, also of the threads of its repeats.
        names = {"run_id": run_id, "submission_id": job.submission_id, "attempt": claim.attempt}
        with structlog.contextvars.bound_contextvars(**names):
            self._run(job, claim.attempt)

    def _run(self, job: Job, attempt: int) -> None:
        run_id, watch, calls = job.run_id, Stopwatch("preparing"), Calls()
        self._tell(job, "claimed", attempt)
        try:
            with self._heartbeat(run_id, attempt, calls):
                evidence = self._train(job, attempt, watch, calls)
                watch.enter("judging")
                ended = _judged(job, evidence, self.materials)
                if job.kind == "control":
                    self._measure_controlled(job)
        except SandboxUnavailableError as error:
            released = patiently(self.engine, lambda session: repository.release(session, run_id, attempt))
            log.warning("run.released" if released else "run.lost", reason=str(error))
            if released:
                self._tell(job, "queued", attempt)
            return
        except Exception as error:
            log.exception("run.broke")
            self._set_back(job, attempt, f"{type(error).__name__}: {error}")
            return
        watch.enter("recording")
        recorded = patiently(self.engine, lambda session: _record(session, job, attempt, ended))
        if recorded:
            self._tell(job, ended.outcome, attempt)
            counters.tell(self.redis, *_happened(job, attempt, ended, watch.stop()))
        log.info("run.finished", kind=job.kind, outcome=ended.outcome, recorded=recorded)

    def _measure_controlled(self, job: Job) -> None:
        """Where its evidence was moved to the evidence store after an older Labmark had measured it."""
        with reading(self.engine) as session:
            targets = repository.graded_targets(
                session, job.assignment_id, scope="one", submission_id=job.submission_id
            )
            moved = repository.moved_to_measure(session, targets)
        for _ in EvidenceReader(engine=self.engine, objects=self.objects).measure_moved(moved):
            pass

    def _set_back(self, job: Job, attempt: int, why: str) -> None:
        """Our fault: it is tried again, and waits for an operator when no attempt is left."""
        state = patiently(self.engine, lambda session: repository.set_back(session, job.run_id, attempt, why))
        if state is not None:
            self._tell(job, state, attempt)
        if state == "errored":
            log.error("run.errored", reason=why)
            counters.tell(self.redis, Happened(counter="run_ended", label="errored"))

    def _tell(self, job: Job, state: str, attempt: int) -> None:
        """After the transaction, and only of what it wrote: a worker that was fenced out has no news.

        A control run is nobody's news.
        """
        if job.kind == "graded":
            events.publish(self.redis, job.submission_id, "state", {"state": state, "attempt": attempt})

    def _heartbeat(self, run_id: str, attempt: int, calls: Calls) -> AbstractContextManager[None]:
        """What was cancelled, or is in other hands, stops at once: the calls are broken off."""
        return kept_alive(
            self.engine,
            lambda session: repository.heartbeat(session, run_id, attempt, lease_s=self.settings.lease_s),
            every_s=self.settings.heartbeat_s,
            on_loss=calls.break_off,
            run_id=run_id,
        )

    def _train(self, job: Job, attempt: int, watch: Stopwatch, calls: Calls) -> Evidence:
        training = Training(
            job=job,
            attempt=attempt,
            materials=self.materials,
            runner=Pool(self.settings.runner_socket),
            side_by_side=self.settings.jails_at_once,
            provenance=provenance(),
            tell_epoch=partial(events.publish, self.redis, job.submission_id, "epoch"),
            calls=calls,
        )

        def enter(phase: str) -> None:
            moved = patiently(
                self.engine,
                lambda session: repository.transition(session, job.run_id, attempt, phase),  # type: ignore[arg-type]
            )
            if not moved:
                calls.break_off()
                return
            watch.enter(phase)
            self._tell(job, phase, attempt)

        if job.kind == "control":
            enter("training")
            return training.controls()
        return training.repeats(enter)


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What a run leaves. A control run has no report of its own."""

    stored: bytes
    log: str
    measures: Measures | None = None
    report: Report | None = None
    misread: repository.Misread | None = None

    @property
    def outcome(self) -> Literal["graded", "failed"]:
        return self.report.outcome if self.report else "graded"


def _judged(job: Job, evidence: Evidence, materials: Materials) -> _Ended:
    stored, log_text = evidence_format.to_bytes(evidence), logs_of(evidence)
    if job.kind == "control":
        return _Ended(stored=stored, log=log_text)
    measures = measure(evidence)
    report = judge(job.spec, measures, spec_version=job.spec_version)
    split = materials.get(job.spec, secret_seed=job.secret_seed, repeat=0).split
    misread = first_misread(evidence, split.validation_x, split.validation_y)
    return _Ended(stored=stored, log=log_text, measures=measures, report=report, misread=misread)


def _record(session: Session, job: Job, attempt: int, ended: _Ended) -> bool:
    """Everything that a run ends with, in one transaction. False: fenced out."""
    recorded = repository.finish(
        session,
        job.run_id,
        attempt,
        outcome=ended.outcome,
        evidence=ended.stored,
        report=ended.report,
        measures=ended.measures,
        log=ended.log,
    )
    if not recorded:
        return False
    if ended.misread is not None:
        repository.put_misread(session, job.run_id, ended.misread)
    if job.kind == "control":
        _judge_controlled(session, job)
    elif ended.outcome == "graded" and job.spec.integrity.control_run:
        repository.add_run(
            session,
            submission_id=job.submission_id,
            spec_version=job.spec_version,
            kind="control",
            device=job.device,
            priority=repository.PRIORITY_REGRADE,
        )
    return True


def _happened(job: Job, attempt: int, ended: _Ended, seconds: dict[str, float]) -> list[Happened]:
    """For the metrics. A control run is counted as ended and not timed: no student waits for it."""
    found = [Happened(counter="run_ended", label=ended.outcome)]
    if job.kind == "control":
        return found
    if ended.outcome == "failed" and ended.report is not None and ended.report.failure is not None:
        found.append(Happened(counter="run_failed", label=ended.report.failure.code))
    if attempt == 1:
        # Later ones also waited for the lease of the one before to end.
        seconds = {"waiting": job.waited_s, **seconds}
    timed = [Happened(counter="run_phase", label=phase, seconds=took) for phase, took in seconds.items()]
    return found + timed


def _judge_controlled(session: Session, job: Job) -> None:
    """The controlled run's report again, now with what its controls say."""
    targets = repository.graded_targets(
        session, job.assignment_id, scope="one", submission_id=job.submission_id
    )
    for target in targets:
        version = target.spec_version
        spec = repository.spec_of_version(session, job.assignment_id, version)
        judged = judge_targets(session, [target], spec, spec_version=version)
        reports = [(target.run_id, report) for target, report in judged]
        repository.add_reports(session, reports, cause="control", author_id=None)
