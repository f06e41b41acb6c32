"""Evidence as bytes: one header, all class ids compressed together, all scores as they are.

    b"LME2" | header length, 8 bytes big-endian | zlib(JSON header) | zlib(ids) | scores

The header holds the document, in which an array is a number, and of each array its dtype, shape and block.
Scores are left alone: their mantissas are noise, and compressing 1.2 MB of them took 30 ms for 3 %. One block
each, because a regrade opens thousands of these: a stream per array took ten times as long.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from graders import evidence_v1
from graders.evidence import (
    EVIDENCE_VERSION,
    AskedTwice,
    Claims,
    ControlEvidence,
    CurveEvidence,
    Evidence,
    PartEvidence,
    ProbeEvidence,
    RepeatEvidence,
    StudentFailure,
)

_MAGIC: Final = b"LME2"
_LENGTH_BYTES: Final = 8
_ARRAY: Final = "@"
# Nothing else is ever written, so nothing else is ever read.
_IDS: Final = ("|u1", "<u2", "<i8")
_SCORES: Final = ("<f4",)

Array = npt.NDArray[Any]


class EvidenceFormatError(ValueError):
    """These bytes are no evidence that this code can read."""


def to_bytes(evidence: Evidence) -> bytes:
    arrays: list[Array] = []
    document = _pack(evidence, arrays)
    ids, scores, described = bytearray(), bytearray(), []
    for array in map(_compact, arrays):
        block = scores if array.dtype.str in _SCORES else ids
        described.append([array.dtype.str, list(array.shape)])
        block += array.tobytes()
    header = json.dumps({"version": EVIDENCE_VERSION, "document": document, "arrays": described}).encode()
    packed_header, packed_ids = zlib.compress(header, level=1), zlib.compress(bytes(ids), level=1)
    lengths = b"".join(len(part).to_bytes(_LENGTH_BYTES, "big") for part in (packed_header, packed_ids))
    return _MAGIC + lengths + packed_header + packed_ids + bytes(scores)


def from_bytes(data: bytes) -> Evidence:
    """Inverse of `to_bytes`, for evidence of every version so far. Class ids of parts come as int64.

    Raises EvidenceFormatError for a version that this code does not know, and for bytes that are none.
    """
    if not data.startswith(_MAGIC):
        return evidence_v1.from_bytes(data)
    header_at = len(_MAGIC) + 2 * _LENGTH_BYTES
    ids_at = header_at + int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + _LENGTH_BYTES], "big")
    scores_at = ids_at + int.from_bytes(data[len(_MAGIC) + _LENGTH_BYTES : header_at], "big")
    try:
        header = json.loads(zlib.decompress(data[header_at:ids_at]))
        ids = zlib.decompress(data[ids_at:scores_at])
    except (zlib.error, ValueError) as error:
        raise EvidenceFormatError(f"the evidence is damaged: {error}") from error
    if header["version"] != EVIDENCE_VERSION:
        raise EvidenceFormatError(
            f"evidence has version {header['version']}, this code reads up to {EVIDENCE_VERSION}"
        )
    arrays = _arrays(header["arrays"], ids, memoryview(data)[scores_at:])
    return _evidence(evidence_v1.unpack(header["document"], arrays))


def _compact(array: Array) -> Array:
    """Class ids in the fewest bytes that hold them; scores as little-endian float32."""
    array = np.ascontiguousarray(array)
    if array.dtype.kind == "f":
        return array.astype("<f4", copy=False)
    if array.size == 0 or (array.min() >= 0 and array.max() <= 0xFF):
        return array.astype("|u1", copy=False)
    if array.min() >= 0 and array.max() <= 0xFFFF:
        return array.astype("<u2", copy=False)
    return array.astype("<i8", copy=False)


def _arrays(described: list[Any], ids: bytes, scores: memoryview) -> list[Array]:
    at = {"ids": 0, "scores": 0}
    found = []
    for dtype, shape in described:
        if dtype not in (*_IDS, *_SCORES):
            raise EvidenceFormatError(f"evidence holds an array of {dtype!r}")
        block, where = (scores, "scores") if dtype in _SCORES else (ids, "ids")
        count = int(np.prod(shape, dtype=np.int64))
        found.append(np.frombuffer(block, dtype=dtype, count=count, offset=at[where]).reshape(shape))
        at[where] += count * np.dtype(dtype).itemsize
    return found


def _pack(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if isinstance(value, dict):
        # A jail chooses some keys: one that looks like the mark of an array is told apart by a second mark.
        marked = {key: _ARRAY + key if key.startswith(_ARRAY) else key for key in value}
        return {marked[key]: _pack(item, arrays) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _pack(getattr(value, name), arrays) for name in value.__dataclass_fields__}
    return value


def _evidence(plain: dict[str, Any]) -> Evidence:
    plain.pop("version")
    return Evidence(
        repeats=tuple(_repeat(item) for item in plain.pop("repeats")),
        controls=tuple(_control(item) for item in plain.pop("controls")),
        class_names=tuple(plain.pop("class_names")),
        **plain,
    )


def _repeat(item: dict[str, Any]) -> RepeatEvidence:
    claims = item.pop("claims")
    return RepeatEvidence(
        curve=CurveEvidence(**item.pop("curve")),
        parts=_parts(item.pop("parts")),
        probes=tuple(ProbeEvidence(**probe) for probe in item.pop("probes")),
        asked_twice=tuple(AskedTwice(**asked) for asked in item.pop("asked_twice", ())),
        claims=Claims(
            framework=claims["framework"],
            layers=tuple(claims["layers"]),
            parameter_count=claims["parameter_count"],
            layer_outputs=tuple(claims["layer_outputs"]),
        ),
        failure=_failure(item.pop("failure")),
        **item,
    )


def _control(item: dict[str, Any]) -> ControlEvidence:
    return ControlEvidence(
        kind=item["kind"],
        permutation=tuple(item["permutation"]),
        parts=_parts(item["parts"]),
        failure=_failure(item["failure"]),
    )


def _parts(items: dict[str, Any]) -> dict[str, PartEvidence]:
    return {
        name: PartEvidence(
            labels=part["labels"].astype(np.int64),
            predicted=part["predicted"].astype(np.int64),
            scores=part["scores"],
        )
        for name, part in items.items()
    }


def _failure(item: dict[str, Any] | None) -> StudentFailure | None:
    return StudentFailure(**item) if item else None
