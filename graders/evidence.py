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
_ARRAY = "@"
_NPY_MAGIC = b"\x93NUMPY"

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
        return {_ARRAY: name}
    if isinstance(value, dict):
        # A jail chooses some keys: one that looks like the mark of an array is told apart by a second mark.
        marked = {key: _ARRAY + key if key.startswith(_ARRAY) else key for key in value}
        return {marked[key]: _pack(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _pack(getattr(value, name), arrays) for name in value.__dataclass_fields__}
    return value


def to_bytes(evidence: Evidence) -> bytes:
    """Self-contained bytes: a length, the compressed JSON document, then each array as .npy behind a length.

    Scores stay as they are: their mantissas are noise, and compressing 1.2 MB of them took 30 ms for 3 %.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    document = json.dumps(_pack(evidence, arrays)).encode()
    out = io.BytesIO()
    _write_block(out, zlib.compress(document, level=1))
    for array in arrays.values():
        file = io.BytesIO()
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
        data = file.getvalue()
        _write_block(out, data if array.dtype.kind == "f" else zlib.compress(data, level=1))
    return out.getvalue()


def _write_block(out: io.BytesIO, data: bytes) -> None:
    out.write(len(data).to_bytes(8, "big") + data)


def _blocks(data: bytes) -> list[bytes]:
    found, start = [], 0
    while start < len(data):
        end = start + 8 + int.from_bytes(data[start : start + 8], "big")
        found.append(data[start + 8 : end])
        start = end
    return found


def from_bytes(data: bytes) -> Evidence:
    """Inverse of `to_bytes`. Raises ValueError for a version this code does not know."""
    head, *blocks = _blocks(data)
    document = json.loads(zlib.decompress(head))
    if document["version"] != EVIDENCE_VERSION:
        raise ValueError(f"evidence has version {document['version']}, this code reads {EVIDENCE_VERSION}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    for number, block in enumerate(blocks):
        plain_block = block if block.startswith(_NPY_MAGIC) else zlib.decompress(block)
        arrays[f"a{number}"] = np.lib.format.read_array(io.BytesIO(plain_block), allow_pickle=False)

    def unpack(value: Any) -> Any:
        if isinstance(value, dict):
            if _ARRAY in value:
                return arrays[value[_ARRAY]]
            return {key.removeprefix(_ARRAY): unpack(item) for key, item in value.items()}
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
