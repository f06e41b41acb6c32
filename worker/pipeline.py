"""One run from claim to grade. No transaction stays open while student code runs."""

from __future__ import annotations

import contextlib
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

import structlog

from graders import evidence_format
from graders.grade import judge
from graders.measures import measure
from store import events, repository
from store.engine import patiently
from store.regrading import judge_targets
from worker.lease import kept_alive
from worker.sandbox.client import SandboxUnavailableError
from worker.training import Training

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from redis import Redis
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from graders.evidence import Evidence
    from graders.measures import Measures
    from graders.report import Report
    from store.repository import Job
    from store.settings import Settings
    from worker.material import Materials

log = structlog.get_logger()

_PACKAGES = ("labmark", "torch", "lightning", "tensorflow-cpu", "keras", "numpy")


@dataclass(frozen=True)
class Pipeline:
    """Everything a worker process needs, built once by its composition root."""

    engine: Engine
    settings: Settings
    materials: Materials
    redis: Redis

    def run(self, run_id: str) -> None:
        """Claim, train, grade, record. Returns quietly when it is somebody else's or done."""
        claim = patiently(
            self.engine, lambda session: repository.claim(session, run_id, lease_s=self.settings.lease_s)
        )
        if claim is None:
            log.info("run.not_claimed", run_id=run_id)
            return
        job = patiently(self.engine, lambda session: repository.load_job(session, run_id))
        attempt = claim.attempt
        self._tell(job, "claimed", attempt)
        try:
            with self._heartbeat(run_id, attempt):
                evidence = self._train(job, attempt)
                ended = _judged(job, evidence)
        except SandboxUnavailableError as error:
            log.warning("run.released", run_id=run_id, reason=str(error))
            patiently(self.engine, lambda session: repository.release(session, run_id, attempt))
            self._tell(job, "queued", attempt)
            return
        except Exception as error:
            log.exception("run.errored", run_id=run_id)
            why = f"{type(error).__name__}: {error}"
            patiently(self.engine, lambda session: repository.mark_errored(session, run_id, attempt, why))
            self._tell(job, "errored", attempt)
            return
        recorded = patiently(self.engine, lambda session: _record(session, job, attempt, ended))
        if recorded:
            self._tell(job, ended.outcome, attempt)
        log.info("run.finished", run_id=run_id, kind=job.kind, outcome=ended.outcome, recorded=recorded)

    def _tell(self, job: Job, state: str, attempt: int) -> None:
        """After the transaction: who is told looks into the database. A control run is nobody's news."""
        if job.kind == "graded":
            events.publish(self.redis, job.submission_id, "state", {"state": state, "attempt": attempt})

    def _heartbeat(self, run_id: str, attempt: int) -> AbstractContextManager[None]:
        return kept_alive(
            self.engine,
            lambda session: repository.heartbeat(session, run_id, attempt, lease_s=self.settings.lease_s),
            every_s=self.settings.heartbeat_s,
            run_id=run_id,
        )

    def _train(self, job: Job, attempt: int) -> Evidence:
        training = Training(
            job=job,
            attempt=attempt,
            materials=self.materials,
            runner_socket=self.settings.runner_socket,
            redis=self.redis,
            side_by_side=self.settings.jails_at_once,
            provenance=provenance(),
        )

        def enter(phase: str) -> None:
            patiently(
                self.engine,
                lambda session: repository.transition(session, job.run_id, attempt, phase),  # type: ignore[arg-type]
            )
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

    @property
    def outcome(self) -> Literal["graded", "failed"]:
        return self.report.outcome if self.report else "graded"


def _judged(job: Job, evidence: Evidence) -> _Ended:
    stored, log_text = evidence_format.to_bytes(evidence), _logs(evidence)
    if job.kind == "control":
        return _Ended(stored=stored, log=log_text)
    measures = measure(evidence)
    report = judge(job.spec, measures, spec_version=job.spec_version)
    return _Ended(stored=stored, log=log_text, measures=measures, report=report)


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


def _logs(evidence: Evidence) -> str:
    if len(evidence.repeats) == 1:
        return evidence.repeats[0].log
    return "\n".join(
        f"--- repeat {number} ---\n{repeat.log}" for number, repeat in enumerate(evidence.repeats, start=1)
    )


@cache
def provenance() -> dict[str, str]:
    """Versions of what trained and judged. Looked up once a process: reading them takes 3 ms."""
    found = {"python": platform.python_version(), "kernel": platform.release()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
