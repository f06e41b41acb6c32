"""What a run left behind: facts measured outside the jail, and what the jail claims of itself.

Evidence is stored whole, so a changed threshold regrades without training anything again.
"""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

EVIDENCE_VERSION = 1

Scores = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


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
class EpochEvidence:
    """Class ids predicted on the curve sample at one recorded epoch, int64 (n,) each."""

    train_predicted: Labels
    validation_predicted: Labels


@dataclass(frozen=True, kw_only=True)
class ProbeEvidence:
    """Scores float32 (triples, 3, classes) at (a, b, (a+b)/2) for one scale (times the data's spread)."""

    scale: float
    scores: Scores


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What the jail says of itself; a student can forge all of it. Shown, labelled so, never scored alone.
    `parameter_count` is -1 when unknown.
    """

    framework: str = "other"
    layers: tuple[str, ...] = ()
    parameter_count: int = -1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RepeatEvidence:
    """One jail: one seed, one split. Parts are absent when the code failed before they were predicted.

    Times in seconds, measured outside the jail: `train_wall_s` from the start of the student's file to the
    return of `train`; `evaluation_wall_s` from handing over the evaluation inputs to the last score.
    """

    seed: int
    split_id: str
    curve_train_labels: Labels
    curve_validation_labels: Labels
    epochs: tuple[EpochEvidence, ...] = ()
    parts: dict[str, PartEvidence] = field(default_factory=dict)  # train | validation | test
    probes: tuple[ProbeEvidence, ...] = ()
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
class Evidence:
    """All repeats of one run, and what it was run with (package versions, commit, host)."""

    n_classes: int
    class_names: tuple[str, ...]
    repeats: tuple[RepeatEvidence, ...]
    provenance: dict[str, str] = field(default_factory=dict)
    version: int = EVIDENCE_VERSION


def _pack(value: Any, arrays: dict[str, npt.NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"__array__": name}
    if isinstance(value, dict):
        return {key: _pack(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _pack(getattr(value, name), arrays) for name in value.__dataclass_fields__}
    return value


def to_bytes(evidence: Evidence) -> bytes:
    """Self-contained compressed bytes: one line of JSON, then the arrays as .npy, in order."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    document = _pack(evidence, arrays)
    out = io.BytesIO()
    out.write(json.dumps(document).encode() + b"\n")
    for array in arrays.values():
        np.lib.format.write_array(out, np.ascontiguousarray(array), allow_pickle=False)
    return zlib.compress(out.getvalue(), level=1)


def from_bytes(data: bytes) -> Evidence:
    """Inverse of `to_bytes`. Raises ValueError for a version this code does not know."""
    stream = io.BytesIO(zlib.decompress(data))
    document = json.loads(stream.readline())
    if document["version"] != EVIDENCE_VERSION:
        raise ValueError(f"evidence has version {document['version']}, this code reads {EVIDENCE_VERSION}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    while stream.tell() < len(stream.getbuffer()):
        arrays[f"a{len(arrays)}"] = np.lib.format.read_array(stream, allow_pickle=False)

    def unpack(value: Any) -> Any:
        if isinstance(value, dict):
            if "__array__" in value:
                return arrays[value["__array__"]]
            return {key: unpack(item) for key, item in value.items()}
        if isinstance(value, list):
            return [unpack(item) for item in value]
        return value

    plain = unpack(document)
    repeats = tuple(_repeat(item) for item in plain.pop("repeats"))
    plain["class_names"] = tuple(plain["class_names"])
    return Evidence(repeats=repeats, **plain)


def _repeat(item: dict[str, Any]) -> RepeatEvidence:
    claims = item.pop("claims")
    failure = item.pop("failure")
    return RepeatEvidence(
        epochs=tuple(EpochEvidence(**epoch) for epoch in item.pop("epochs")),
        parts={name: PartEvidence(**part) for name, part in item.pop("parts").items()},
        probes=tuple(ProbeEvidence(**probe) for probe in item.pop("probes")),
        claims=Claims(
            **{**claims, "layers": tuple(claims["layers"]), "notes": tuple(claims["notes"])}
        ),
        failure=StudentFailure(**failure) if failure else None,
        **item,
    )
