from __future__ import annotations

import dataclasses
import json
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from graders.evidence import (
    Claims,
    EpochEvidence,
    Evidence,
    PartEvidence,
    ProbeEvidence,
    RepeatEvidence,
    StudentFailure,
    from_bytes,
    to_bytes,
)

labels = arrays.arrays(np.int64, st.integers(0, 6), elements=st.integers(0, 9))
scores = arrays.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3)))
triples = arrays.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3), st.just(3)))
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
part = st.builds(PartEvidence, labels=labels, predicted=labels, scores=st.none() | scores)
failure = st.builds(
    StudentFailure,
    code=st.text(),
    parameters=st.dictionaries(st.text(), plain | st.lists(plain)),
    line=st.none() | st.integers(),
    traceback=st.text(),
)
repeats = st.builds(
    RepeatEvidence,
    seed=st.integers(),
    split_id=st.text(),
    curve_train_labels=labels,
    curve_validation_labels=labels,
    epochs=st.lists(
        st.builds(EpochEvidence, train_predicted=labels, validation_predicted=labels), max_size=3
    ).map(tuple),
    parts=st.dictionaries(st.sampled_from(["train", "validation", "test"]), part),
    probes=st.lists(st.builds(ProbeEvidence, scale=st.floats(1, 16), scores=triples), max_size=3).map(tuple),
    claims=st.builds(Claims, framework=st.text(), layers=st.lists(st.text()).map(tuple)),
    failure=st.none() | failure,
    log=st.text(),
)
runs = st.builds(
    Evidence,
    n_classes=st.just(3),
    class_names=st.just(("a", "b", "c")),
    repeats=st.lists(repeats, max_size=2).map(tuple),
    provenance=st.dictionaries(st.text(), st.text()),
    version=st.just(1),
)


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif dataclasses.is_dataclass(a):
        for field in dataclasses.fields(a):
            same(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, tuple | list):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            same(one, other)
    else:
        assert a == b


@given(runs)
@example(Evidence(n_classes=2, class_names=(), repeats=(), provenance={"@": "a0", "@@": "a0", "__array__": ""}))
def test_evidence_survives_storage(evidence):
    same(from_bytes(to_bytes(evidence)), evidence)


def test_unknown_version_is_refused():
    head = zlib.compress(json.dumps({"version": 99}).encode())
    with pytest.raises(ValueError, match="version 99"):
        from_bytes(len(head).to_bytes(8, "big") + head)
