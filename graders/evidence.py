"""What a run left behind: facts measured outside the jail, and what the jail claims of itself.

Evidence is stored whole, so a changed threshold regrades without training anything again.
`graders.evidence_format` brings it into bytes and back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

EVIDENCE_VERSION = 2

Scores = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ClassIds = npt.NDArray[np.integer[Any]]
ControlKind = Literal["permuted", "shuffled"]


@dataclass(frozen=True, kw_only=True)
class StudentFailure:
    """Why the student's code gave no model. `code` is one of the stable codes of the submission contract.

    `parameters` fills the sentence of the code (limits, names); `line` is 1-based in the student's file;
    `traceback` holds only the student's own frames.
    """

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    line: int | None = None
    traceback: str = ""


@dataclass(frozen=True, kw_only=True)
class PartEvidence:
    """Predictions on one part. `scores` float32 (n, classes), or None when only ids came;
    `predicted` int64 (n,) class ids; `labels` int64 (n,) the truth, which the jail never held.
    """

    labels: Labels
    predicted: Labels
    scores: Scores | None


@dataclass(frozen=True, kw_only=True)
class CurveEvidence:
    """Class ids predicted on the curve sample at every recorded epoch, and the truth.

    `*_labels` (n,) and (m,); `train_predicted` (epochs, n), `validation_predicted` (epochs, m). Integers of
    any width, since thousands of epochs may have been recorded: compare them, do not compute with them.
    """

    train_labels: ClassIds
    validation_labels: ClassIds
    train_predicted: ClassIds
    validation_predicted: ClassIds

    @property
    def n_epochs(self) -> int:
        return len(self.train_predicted)


@dataclass(frozen=True, kw_only=True)
class ProbeEvidence:
    """Scores float32 (triples, 3, classes) at (a, b, (a+b)/2) for one scale (times the data's spread)."""

    scale: float
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class AskedTwice:
    """Both answers to rows that lay twice among all others, at one scale of the probes.

    `answers`: scores float32 (rows, 2, classes), or class ids (rows, 2), integers of any width.
    """

    scale: float
    answers: Scores | ClassIds


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What the jail says of itself; a student can forge all of it. Shown, labelled so, never scored alone.
    `parameter_count` is -1 when unknown; `layer_outputs`: units of every layer with weights, as declared.
    """

    framework: str = "other"
    layers: tuple[str, ...] = ()
    parameter_count: int = -1
    layer_outputs: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RepeatEvidence:
    """One jail: one seed, one split. Parts are absent when the code failed before they were predicted.

    Times in seconds, measured outside the jail: `train_wall_s` from the start of the student's file to the
    return of `train`; `evaluation_wall_s` from handing over the evaluation inputs to the last score.
    `device`: cpu, or the name of the GPU, as the runner says.
    """

    seed: int
    split_id: str
    curve: CurveEvidence
    parts: dict[str, PartEvidence] = field(default_factory=dict)  # by the names of graders.spec.Part
    probes: tuple[ProbeEvidence, ...] = ()
    asked_twice: tuple[AskedTwice, ...] = ()  # none in what was stored before rows were asked twice
    claims: Claims = Claims()
    failure: StudentFailure | None = None
    train_wall_s: float = 0.0
    evaluation_wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    device: str = "cpu"
    threads: int = 1
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class ControlEvidence:
    """The same code trained on changed labels; `parts` hold the true labels and what it then predicted.

    `permuted`: a row of class c was shown as `permutation[c]`, which differs from c for every c.
    `shuffled`: the labels of the training rows were dealt out anew at random; `permutation` is empty.
    """

    kind: ControlKind
    permutation: tuple[int, ...] = ()
    parts: dict[str, PartEvidence] = field(default_factory=dict)
    failure: StudentFailure | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All repeats of one run, and what it was run with (package versions, commit, host).

    A control run leaves `controls` and no repeats; it is judged together with the evidence of its run.
    `planned_repeats`: how many the assignment asked for; fewer were made where the first ones all failed.
    `distinct_rows`: of each part, how many different rows all repeats together saw. A row that several of
    them saw is not several independent trials. Empty in version 1.
    """

    n_classes: int
    class_names: tuple[str, ...]
    repeats: tuple[RepeatEvidence, ...]
    controls: tuple[ControlEvidence, ...] = ()
    planned_repeats: int = 0
    distinct_rows: dict[str, int] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)
    version: int = EVIDENCE_VERSION
