"""One run from claim to grade. No transaction stays open while student code runs."""

from __future__ import annotations

import contextlib
import platform
import re
import threading
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import structlog

from graders import evidence as evidence_format
from graders.evidence import Claims, Evidence, RepeatEvidence
from graders.grade import grade
from store import events, repository
from store.engine import patiently, transaction
from worker.material import Materials, draw_examination, generator
from worker.sandbox import client
from worker.sandbox.client import SandboxUnavailableError
from worker.verdict import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    from redis import Redis
    from sqlalchemy import Engine

    from graders.spec import AssignmentSpec
    from store.repository import Job
    from store.settings import Settings
    from worker.material import Examination, Material

log = structlog.get_logger()

_IMPORTS = (
    ("lightning", re.compile(r"^\s*(?:import|from)\s+(?:lightning|pytorch_lightning)\b", re.MULTILINE)),
    ("pytorch", re.compile(r"^\s*(?:import|from)\s+torch\b", re.MULTILINE)),
    ("keras", re.compile(r"^\s*(?:import|from)\s+keras\b", re.MULTILINE)),
    ("tensorflow", re.compile(r"^\s*(?:import|from)\s+tensorflow\b", re.MULTILINE)),
)
_SYSTEMS = {"lightning": "torch", "pytorch": "torch", "keras": "tensorflow", "tensorflow": "tensorflow"}
_TELL_EVERY_S = 0.05
_PACKAGES = ("labmark", "torch", "lightning", "tensorflow-cpu", "keras", "numpy")


def zygote_framework(source: str, spec: AssignmentSpec) -> str:
    """The framework whose zygote runs this file: the one it imports; both systems or none: the spec's first.

    Read by pattern, not by parsing: a hostile file could crash the parser of the worker.
    """
    found = [name for name, pattern in _IMPORTS if pattern.search(source)]
    systems = {_SYSTEMS[name] for name in found}
    return found[0] if len(systems) == 1 else spec.frameworks[0]


@dataclass(frozen=True)
class Pipeline:
    """Everything a worker process needs, built once by its composition root."""

    engine: Engine
    settings: Settings
    materials: Materials
    redis: Redis

    def run(self, run_id: str) -> None:
        """Claim, train every repeat, grade, record. Returns quietly when it is somebody else's or done."""
        claim = patiently(
            self.engine, lambda session: repository.claim(session, run_id, lease_s=self.settings.lease_s)
        )
        if claim is None:
            log.info("run.not_claimed", run_id=run_id)
            return
        job = patiently(self.engine, lambda session: repository.load_job(session, run_id))
        attempt = claim.attempt
        self._tell(job.submission_id, "claimed", attempt)
        try:
            with self._heartbeat(run_id, attempt):
                evidence = self._collect(job, attempt)
                report = grade(job.spec, evidence, spec_version=job.spec_version)
        except SandboxUnavailableError as error:
            log.warning("run.released", run_id=run_id, reason=str(error))
            patiently(self.engine, lambda session: repository.release(session, run_id, attempt))
            self._tell(job.submission_id, "queued", attempt)
            return
        except Exception as error:
            log.exception("run.errored", run_id=run_id)
            why = f"{type(error).__name__}: {error}"
            patiently(self.engine, lambda session: repository.mark_errored(session, run_id, attempt, why))
            self._tell(job.submission_id, "errored", attempt)
            return
        logs = "\n".join(
            f"--- repeat {number} ---\n{repeat.log}" if len(evidence.repeats) > 1 else repeat.log
            for number, repeat in enumerate(evidence.repeats, start=1)
        )
        found = evidence_format.to_bytes(evidence)
        recorded = patiently(
            self.engine,
            lambda session: repository.finish(
                session, run_id, attempt, outcome=report.outcome, evidence=found, report=report, log=logs
            ),
        )
        if recorded:
            self._tell(job.submission_id, report.outcome, attempt)
        log.info(
            "run.finished", run_id=run_id, outcome=report.outcome, points=report.points, recorded=recorded
        )

    def _tell(self, submission_id: str, state: str, attempt: int) -> None:
        """After the transaction: who is told looks into the database."""
        events.publish(self.redis, submission_id, "state", {"state": state, "attempt": attempt})

    @contextlib.contextmanager
    def _heartbeat(self, run_id: str, attempt: int) -> Iterator[None]:
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(self.settings.heartbeat_s):
                try:
                    with transaction(self.engine) as session:
                        repository.heartbeat(session, run_id, attempt, lease_s=self.settings.lease_s)
                except Exception:
                    log.exception("run.heartbeat_failed", run_id=run_id)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()

    def _collect(self, job: Job, attempt: int) -> Evidence:
        repeats: list[RepeatEvidence] = []
        phases: set[str] = set()

        def enter(phase: str) -> None:
            # Only the first repeat moves the state: a run goes training -> evaluating once.
            if phase in phases or (phase == "evaluating" and len(repeats) < job.spec.repeats - 1):
                return
            phases.add(phase)
            patiently(
                self.engine,
                lambda session: repository.transition(session, job.run_id, attempt, phase),  # type: ignore[arg-type]
            )
            self._tell(job.submission_id, phase, attempt)

        for number in range(job.spec.repeats):
            material = self.materials.get(job.spec, secret_seed=job.secret_seed, repeat=number)
            repeat = self._one_repeat(job, attempt, material, number, enter)
            repeats.append(repeat)
            if repeat.failure is not None:
                break
        split = material.split
        return Evidence(
            n_classes=split.n_classes, class_names=split.class_names, repeats=tuple(repeats),
            provenance=provenance(),
        )  # fmt: skip

    def _one_repeat(
        self, job: Job, attempt: int, material: Material, number: int, enter: Any
    ) -> RepeatEvidence:
        spec, split = job.spec, material.split
        rng = generator(job.secret_seed, f"{job.submission_id}:{number}")
        seed = int(rng.integers(2**31))
        examinations: list[Examination] = []

        def inputs() -> client.Sealed:
            examinations.append(draw_examination(spec, material, rng=rng))
            return examinations[0].inputs

        request = client.Job(
            framework=zygote_framework(job.source, spec), source=job.source.encode(),
            train_x=material.train_x, train_y=material.train_y, curve_x=material.curve_x,
            lab={
                "n_classes": split.n_classes, "input_shape": list(split.input_shape),
                "seed": seed, "device": "cpu",
                "class_names": list(split.class_names), "feature_names": list(split.feature_names),
            },
            limits=spec.limits.model_dump(),
        )  # fmt: skip
        outcome = client.run(
            self.settings.runner_socket, request, inputs, on_phase=enter,
            on_epoch=_CurveTeller(self.redis, job.submission_id, attempt, number, material),
        )  # fmt: skip
        failure = failure_of(outcome, spec.limits)
        ended = outcome.ended
        scored = failure is None and outcome.scores is not None
        return RepeatEvidence(
            seed=seed,
            split_id=split.split_id,
            curve_train_labels=material.curve_train_labels,
            curve_validation_labels=material.curve_validation_labels,
            epochs=tuple(material.epoch(ids) for ids in outcome.epochs),
            parts=examinations[0].parts(material, outcome.scores) if scored else {},  # type: ignore[arg-type]
            probes=examinations[0].probes(outcome.scores) if scored else (),  # type: ignore[arg-type]
            claims=_claims(outcome.claims),
            failure=failure,
            train_wall_s=ended["train_wall_s"],
            evaluation_wall_s=ended["evaluation_wall_s"],
            cpu_s=ended.get("cpu_s", 0.0),
            peak_memory_bytes=ended.get("peak_memory_bytes", 0),
            threads=spec.limits.threads,
            log=_log(outcome),
        )


@dataclass
class _CurveTeller:
    """Tells points of the curve while a model trains: seldom enough that a fast one loses no time to it."""

    redis: Redis
    submission_id: str
    attempt: int
    repeat: int
    material: Material
    told_at: float = 0.0

    def __call__(self, number: int, ids: npt.NDArray[np.int16]) -> None:
        now = time.monotonic()
        if now - self.told_at < _TELL_EVERY_S:
            return
        self.told_at = now
        seen = self.material.epoch(ids)
        train = (seen.train_predicted != self.material.curve_train_labels).mean()
        validation = (seen.validation_predicted != self.material.curve_validation_labels).mean()
        data = {
            "repeat": self.repeat, "epoch": number, "attempt": self.attempt,
            "train_error_percent": round(100 * float(train), 3),
            "validation_error_percent": round(100 * float(validation), 3),
        }  # fmt: skip
        events.publish(self.redis, self.submission_id, "epoch", data)


def _claims(said: dict[str, Any]) -> Claims:
    """Bounded and typed: it comes from beside student code."""
    layers, count = said.get("layers"), said.get("parameter_count")
    return Claims(
        framework=str(said.get("framework", "other"))[:30],
        layers=tuple(str(layer)[:100] for layer in layers[:64]) if isinstance(layers, list) else (),
        parameter_count=count if isinstance(count, int) and count.bit_length() < 63 else -1,
    )


def _log(outcome: client.Outcome) -> str:
    head = outcome.log.decode("utf-8", "replace")
    tail = outcome.ended.get("log_tail", "")
    cut = outcome.ended["output_bytes"] - len(outcome.log) - len(tail.encode())
    middle = f"\n[... {cut} bytes left out ...]\n" if cut > 0 else ""
    text = head + middle + tail
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


@cache
def provenance() -> dict[str, str]:
    """Versions of what trained and judged. Looked up once a process: reading them takes 3 ms."""
    found = {"python": platform.python_version(), "kernel": platform.release()}
    for package in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
