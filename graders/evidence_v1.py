"""Reads evidence of version 1, which services stored before 0.2: nothing stored is ever unreadable.

A length, the compressed JSON document, then each array as .npy behind a length, some of them compressed. The
curve was a pair of arrays an epoch.
"""

from __future__ import annotations

import io
import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from graders.evidence import (
    Claims,
    CurveEvidence,
    Evidence,
    PartEvidence,
    ProbeEvidence,
    RepeatEvidence,
    StudentFailure,
)

_ARRAY = "@"
_NPY_MAGIC = b"\x93NUMPY"


def from_bytes(data: bytes) -> Evidence:
    """Raises ValueError for a version other than 1."""
    head, *blocks = _blocks(data)
    document = json.loads(zlib.decompress(head))
    if document["version"] != 1:
        raise ValueError(f"evidence has version {document['version']}, 1 was expected")
    arrays: dict[str, npt.NDArray[Any]] = {}
    for number, block in enumerate(blocks):
        plain_block = block if block.startswith(_NPY_MAGIC) else zlib.decompress(block)
        arrays[f"a{number}"] = np.lib.format.read_array(io.BytesIO(plain_block), allow_pickle=False)
    plain = unpack(document, arrays)
    repeats = tuple(_repeat(item) for item in plain["repeats"])
    return Evidence(
        n_classes=plain["n_classes"],
        class_names=tuple(plain["class_names"]),
        repeats=repeats,
        planned_repeats=len(repeats),
        provenance=plain["provenance"],
        version=1,
    )


def _blocks(data: bytes) -> list[bytes]:
    found, start = [], 0
    while start < len(data):
        end = start + 8 + int.from_bytes(data[start : start + 8], "big")
        found.append(data[start + 8 : end])
        start = end
    return found


def unpack(value: Any, arrays: Any) -> Any:
    """The document with its arrays in place: `arrays[key]` for each mark. Marks are the same in version 2."""
    if isinstance(value, dict):
        if _ARRAY in value:
            return arrays[value[_ARRAY]]
        return {key.removeprefix(_ARRAY): unpack(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [unpack(item, arrays) for item in value]
    return value


def _repeat(item: dict[str, Any]) -> RepeatEvidence:
    claims, failure, epochs = item.pop("claims"), item.pop("failure"), item.pop("epochs")
    labels = {part: item.pop(f"curve_{part}_labels") for part in ("train", "validation")}
    predicted = {part: [epoch[f"{part}_predicted"] for epoch in epochs] for part in labels}
    return RepeatEvidence(
        curve=CurveEvidence(
            train_labels=labels["train"],
            validation_labels=labels["validation"],
            train_predicted=_stacked(predicted["train"], labels["train"]),
            validation_predicted=_stacked(predicted["validation"], labels["validation"]),
        ),
        parts={name: PartEvidence(**part) for name, part in item.pop("parts").items()},
        probes=tuple(ProbeEvidence(**probe) for probe in item.pop("probes")),
        claims=Claims(
            framework=claims["framework"],
            layers=tuple(claims["layers"]),
            parameter_count=claims["parameter_count"],
        ),
        failure=StudentFailure(**failure) if failure else None,
        **item,
    )


def _stacked(epochs: list[npt.NDArray[Any]], labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.stack(epochs) if epochs else np.empty((0, len(labels)), np.int64)
