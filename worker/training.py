"""Trains what one run asks for: its repeats side by side, or the controls of a control run."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from graders.evidence import Claims, ControlEvidence, Evidence, RepeatEvidence, StudentFailure
from worker.imported import zygote_framework
from worker.material import draw_control, draw_examination, generator
from worker.sandbox import client
from worker.text import plain_text
from worker.verdict import failure_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from graders.evidence import ControlKind
    from graders.spec import AssignmentSpec
    from store.job import Job
    from worker.material import Examination, Material, Materials

# What a run's device is for the student's code.
_LAB_DEVICES = {"cpu": "cpu", "gpu": "cuda"}
_CONTROLS: tuple[ControlKind, ...] = ("permuted", "shuffled")
_TELL_EVERY_S = 0.05
# Of all epochs of a run, however long it trains: `store.events` keeps more, and its states beside them.
EPOCHS_TOLD = 3500
_SILENT_S = 10.0


@dataclass
class Phases:
    """Counts what the repeats, each in a thread of its own, have reached; a run moves on once.

    `enter` is told "training" by the first repeat, and "evaluating" by the last.
    """

    repeats: int
    enter: Callable[[str], None]
    _reached: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, phase: str) -> None:
        with self._lock:
            self._reached[phase] = self._reached.get(phase, 0) + 1
            if self._reached[phase] == (1 if phase == "training" else self.repeats):
                self.enter(phase)


class Runner(Protocol):
    """What trains one job: the jails of `worker.sandbox.pool`, or a process of `worker.plain`."""

    def run(
        self,
        job: client.Job,
        evaluation_inputs: Callable[[], client.Sealed],
        *,
        on_phase: Callable[[str], None],
        on_epoch: Callable[[int, npt.NDArray[np.int16]], None],
        calls: client.Calls,
    ) -> client.Outcome: ...


def _tell_nobody(_epoch: dict[str, Any]) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Training:
    """One job of a worker. `side_by_side`: how many jails it may ask `runner` for at once, over `calls`.

    `tell_epoch` is told points of the curve, as `store.events` describes them, from the threads of the
    repeats; False says that nobody heard.
    """

    job: Job
    attempt: int
    materials: Materials
    runner: Runner
    side_by_side: int
    provenance: dict[str, str]
    tell_epoch: Callable[[dict[str, Any]], bool] = _tell_nobody
    calls: client.Calls = field(default_factory=client.Calls)

    def repeats(self, enter: Callable[[str], None]) -> Evidence:
        """Raises SandboxUnavailableError, and whatever else is our fault, once nothing runs any more."""
        spec = self.job.spec
        phases, made = Phases(spec.repeats, enter), _Made(give_up_after=self.side_by_side)

        def one(number: int) -> _Repeat | None:
            if made.hopeless:
                return None
            return made.note(self._repeat(number, phases))

        found = [repeat for repeat in self._side_by_side(one, spec.repeats) if repeat is not None]
        return self._evidence(
            repeats=tuple(repeat.evidence for repeat in found),
            rows=_distinct_rows(found),
            gpus=_gpus_of(found),
        )

    def controls(self) -> Evidence:
        """The same code on permuted and on shuffled labels, for `graders.integrity`."""
        found = self._side_by_side(lambda number: self._control(_CONTROLS[number]), len(_CONTROLS))
        return self._evidence(controls=tuple(found))

    def _side_by_side(self, one: Callable[[int], Any], count: int) -> list[Any]:
        with ThreadPoolExecutor(min(self.side_by_side, count)) as pool:
            # Each with the names that the run's lines carry.
            futures = [pool.submit(copy_context().run, one, number) for number in range(count)]
            try:
                return [future.result() for future in futures]
            except BaseException:
                # What has not begun is not begun any more; what runs ends by its own limits.
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _evidence(
        self,
        *,
        repeats: tuple[RepeatEvidence, ...] = (),
        controls: tuple[ControlEvidence, ...] = (),
        rows: dict[str, int] | None = None,
        gpus: dict[str, str] | None = None,
    ) -> Evidence:
        split = self._material(0).split
        return Evidence(
            n_classes=split.n_classes,
            class_names=split.class_names,
            repeats=repeats,
            controls=controls,
            planned_repeats=self.job.spec.repeats,
            distinct_rows=rows or {},
            provenance={**self.provenance, **(gpus or {})},
        )

    def _material(self, number: int) -> Material:
        return self.materials.get(self.job.spec, secret_seed=self.job.secret_seed, repeat=number)

    def _repeat(self, number: int, phases: Phases) -> _Repeat:
        material = self._material(number)
        rng = generator(self.job.secret_seed, f"{self.job.submission_id}:{number}")
        seed = int(rng.integers(2**31))
        every_s = _tell_every_s(self.job.spec)
        teller = _CurveTeller(self.tell_epoch, self.attempt, number, material, every_s)
        ran = self._run(material, seed, rng, name=str(number), on_phase=phases, on_epoch=teller)
        return _Repeat(
            evidence=ran.evidence(material, seed),
            material=material,
            examination=ran.examination,
            gpu=ran.outcome.ended.get("gpu"),
        )

    def _control(self, kind: ControlKind) -> ControlEvidence:
        material = self._material(0)
        rng = generator(self.job.secret_seed, f"{self.job.submission_id}:control:{kind}")
        changed, permutation = draw_control(material, kind, rng=rng)
        seed = int(rng.integers(2**31))
        ran = self._run(material, seed, rng, name=kind, train_y=changed)
        scores = ran.outcome.scores
        parts = {}
        if ran.failure is None and ran.examination is not None and scores is not None:
            parts = ran.examination.parts(material, scores)
        return ControlEvidence(
            kind=kind,
            permutation=permutation,
            parts={name: part for name, part in parts.items() if name in {"validation", "test"}},
            failure=ran.failure,
        )

    def _run(
        self,
        material: Material,
        seed: int,
        rng: np.random.Generator,
        *,
        name: str,
        train_y: client.Sealed | None = None,
        on_phase: Callable[[str], None] = lambda _phase: None,
        on_epoch: Callable[[int, npt.NDArray[np.int16]], None] = lambda _number, _ids: None,
    ) -> _Ran:
        """One jail from its start to its end. `name`: of this jail among those of the run."""
        spec, split = self.job.spec, material.split
        examinations: list[Examination] = []

        def inputs() -> client.Sealed:
            examinations.append(draw_examination(spec, material, rng=rng))
            return examinations[0].inputs

        request = client.Job(
            framework=zygote_framework(self.job.source, spec), source=self.job.source.encode(),
            train_x=material.train_x, train_y=train_y or material.train_y, curve_x=material.curve_x,
            lab={
                "n_classes": split.n_classes, "input_shape": list(split.input_shape),
                "seed": seed, "device": _LAB_DEVICES[self.job.device],
                "class_names": list(split.class_names), "feature_names": list(split.feature_names),
            },
            limits=spec.limits.model_dump(), device=self.job.device,
            name=f"{self.job.run_id}:{self.attempt}:{name}",
        )  # fmt: skip
        outcome = self.runner.run(request, inputs, on_phase=on_phase, on_epoch=on_epoch, calls=self.calls)
        failure = failure_of(outcome, spec.limits)
        examination = examinations[0] if examinations else None
        if failure is None and examination is not None and outcome.scores is not None:
            bad_rows = examination.rows_not_finite(outcome.scores)
            if bad_rows:
                failure = StudentFailure(code="predictions_not_finite", parameters={"bad_rows": bad_rows})
        return _Ran(outcome=outcome, failure=failure, examination=examination, threads=spec.limits.threads)


class _Made:
    """Whether going on makes sense: not when as many as run at once have failed and none has not."""

    def __init__(self, *, give_up_after: int) -> None:
        self._give_up_after = give_up_after
        self._failed = self._worked = 0

    @property
    def hopeless(self) -> bool:
        return not self._worked and self._failed >= self._give_up_after

    def note(self, repeat: _Repeat) -> _Repeat:
        if repeat.evidence.failure is None:
            self._worked += 1
        else:
            self._failed += 1
        return repeat


@dataclass(frozen=True, kw_only=True)
class _Repeat:
    evidence: RepeatEvidence
    material: Material
    examination: Examination | None
    gpu: dict[str, str] | None


@dataclass(frozen=True, kw_only=True)
class _Ran:
    outcome: client.Outcome
    failure: StudentFailure | None
    examination: Examination | None
    threads: int

    def evidence(self, material: Material, seed: int) -> RepeatEvidence:
        outcome, ended = self.outcome, self.outcome.ended
        answer = outcome.scores if self.failure is None else None
        exam = self.examination
        return RepeatEvidence(
            seed=seed,
            split_id=material.split.split_id,
            curve=material.curve(outcome.epochs),
            parts=exam.parts(material, answer) if exam is not None and answer is not None else {},
            probes=exam.probes(answer) if exam is not None and answer is not None else (),
            asked_twice=exam.asked_twice(answer) if exam is not None and answer is not None else (),
            claims=_claims(outcome.claims),
            failure=self.failure,
            train_wall_s=ended["train_wall_s"],
            evaluation_wall_s=ended["evaluation_wall_s"],
            cpu_s=ended.get("cpu_s", 0.0),
            peak_memory_bytes=ended.get("peak_memory_bytes", 0),
            device=ended["gpu"]["name"] if ended.get("gpu") else "cpu",
            threads=self.threads,
            log=_log(outcome),
        )


def _gpus_of(repeats: list[_Repeat]) -> dict[str, str]:
    """For the provenance: on another GPU, or under another driver, the same code gives other scores."""
    used = [repeat.gpu for repeat in repeats if repeat.gpu]
    told = {"gpu": {gpu["name"] for gpu in used}, "gpu_driver": {gpu["driver"] for gpu in used}}
    return {name: ", ".join(sorted(values)) for name, values in told.items() if values}


def _distinct_rows(repeats: list[_Repeat]) -> dict[str, int]:
    """Of each part, how many different rows the repeats that gave a model were asked about."""
    seen: dict[str, list[npt.NDArray[np.int64]]] = {}
    for repeat in repeats:
        if repeat.evidence.failure is not None or repeat.examination is None:
            continue
        rows = repeat.material.split.rows
        asked = {**rows, "train": rows["train"][repeat.examination.train_rows]}
        for part in repeat.evidence.parts:
            seen.setdefault(part, []).append(asked[part])
    return {part: len(np.unique(np.concatenate(rows))) for part, rows in seen.items()}


def _tell_every_s(spec: AssignmentSpec) -> float:
    return max(_TELL_EVERY_S, spec.repeats * spec.limits.wall_time_s / EPOCHS_TOLD)


@dataclass
class _CurveTeller:
    """Tells points of the curve while a model trains: seldom enough that a fast one loses no time to it."""

    tell: Callable[[dict[str, Any]], bool]
    attempt: int
    repeat: int
    material: Material
    every_s: float
    told_at: float = 0.0

    def __call__(self, number: int, ids: npt.NDArray[np.int16]) -> None:
        now = time.monotonic()
        if now - self.told_at < self.every_s:
            return
        self.told_at = now
        seen = self.material.curve([ids])
        train = (seen.train_predicted != seen.train_labels).mean()
        validation = (seen.validation_predicted != seen.validation_labels).mean()
        data = {
            "repeat": self.repeat, "epoch": number, "attempt": self.attempt,
            "train_error_percent": round(100 * float(train), 3),
            "validation_error_percent": round(100 * float(validation), 3),
        }  # fmt: skip
        if not self.tell(data):
            # A Redis that is away costs half a second a try, which the training would wait for.
            self.told_at = time.monotonic() + _SILENT_S


def _claims(said: dict[str, Any]) -> Claims:
    """Bounded and typed: it comes from beside student code."""
    layers, outputs = said.get("layers"), said.get("layer_outputs")
    return Claims(
        framework=plain_text(said.get("framework", "other"), 30),
        layers=tuple(plain_text(layer, 100) for layer in layers[:64]) if isinstance(layers, list) else (),
        parameter_count=_count(said.get("parameter_count")),
        layer_outputs=tuple(map(_count, outputs[:64])) if isinstance(outputs, list) else (),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 and value.bit_length() < 63 else -1


def _log(outcome: client.Outcome) -> str:
    head = outcome.log.decode("utf-8", "replace")
    tail = outcome.ended.get("log_tail", "")
    cut = outcome.ended["output_bytes"] - len(outcome.log) - len(tail.encode())
    middle = f"\n[... {cut} bytes left out ...]\n" if cut > 0 else ""
    text = head + middle + tail
    return plain_text(text)
