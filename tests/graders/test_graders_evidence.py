from __future__ import annotations

import dataclasses
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

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
from graders.evidence_format import EvidenceFormatError, from_bytes, to_bytes
from graders.grade import grade

labels = arrays.arrays(np.int64, st.integers(0, 6), elements=st.integers(0, 9))
scores = arrays.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3)))
triples = arrays.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3), st.just(3)))
pairs = arrays.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(2), st.just(3))) | arrays.arrays(
    np.int64, st.tuples(st.integers(0, 4), st.just(2)), elements=st.integers(0, 9)
)
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
part = st.builds(PartEvidence, labels=labels, predicted=labels, scores=st.none() | scores)
failure = st.builds(
    StudentFailure,
    code=st.text(),
    parameters=st.dictionaries(st.text(), plain | st.lists(plain)),
    line=st.none() | st.integers(),
    traceback=st.text(),
)


@st.composite
def curves(draw):
    epochs, n, m = draw(st.integers(0, 3)), draw(st.integers(0, 5)), draw(st.integers(0, 5))
    # Each width that class ids are stored in.
    ids = st.integers(0, draw(st.sampled_from([9, 300, 70_000])))

    def drawn(*shape):
        return draw(arrays.arrays(np.int64, shape, elements=ids))

    return CurveEvidence(
        train_labels=drawn(n),
        validation_labels=drawn(m),
        train_predicted=drawn(epochs, n),
        validation_predicted=drawn(epochs, m),
    )


parts = st.dictionaries(st.sampled_from(["train", "validation", "test", "board"]), part)
repeats = st.builds(
    RepeatEvidence,
    seed=st.integers(),
    split_id=st.text(),
    curve=curves(),
    parts=parts,
    probes=st.lists(st.builds(ProbeEvidence, scale=st.floats(1, 16), scores=triples), max_size=3).map(tuple),
    asked_twice=st.lists(st.builds(AskedTwice, scale=st.floats(1, 16), answers=pairs), max_size=2).map(tuple),
    claims=st.builds(
        Claims,
        framework=st.text(),
        layers=st.lists(st.text()).map(tuple),
        layer_outputs=st.lists(st.integers()).map(tuple),
    ),
    failure=st.none() | failure,
    log=st.text(),
)
controls = st.builds(
    ControlEvidence,
    kind=st.sampled_from(["permuted", "shuffled"]),
    permutation=st.lists(st.integers(0, 9)).map(tuple),
    parts=parts,
    failure=st.none() | failure,
)
runs = st.builds(
    Evidence,
    n_classes=st.just(3),
    class_names=st.just(("a", "b", "c")),
    repeats=st.lists(repeats, max_size=2).map(tuple),
    controls=st.lists(controls, max_size=2).map(tuple),
    planned_repeats=st.integers(0, 20),
    distinct_rows=st.dictionaries(st.text(), st.integers(0, 99)),
    provenance=st.dictionaries(st.text(), st.text()),
)


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert (a.dtype.kind, a.shape) == (b.dtype.kind.replace("u", "i"), b.shape)
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
    same(evidence, from_bytes(to_bytes(evidence)))


def damaged(header):
    packed = zlib.compress(json.dumps(header).encode())
    return b"LME2" + len(packed).to_bytes(8, "big") + bytes(8) + packed + zlib.compress(b"")


def test_unknown_version_is_refused():
    with pytest.raises(EvidenceFormatError, match="version 99"):
        from_bytes(b"LME2" + damaged({"version": 99})[4:12] + len(zlib.compress(b"")).to_bytes(8, "big") + damaged({"version": 99})[20:])


def test_an_array_of_objects_is_refused():
    data = to_bytes(Evidence(n_classes=2, class_names=("a", "b"), repeats=()))
    length = int.from_bytes(data[4:12], "big")
    header = json.loads(zlib.decompress(data[20 : 20 + length]))
    header["arrays"] = [["|O", [1]]]
    packed = zlib.compress(json.dumps(header).encode())
    with pytest.raises(EvidenceFormatError, match="O"):
        from_bytes(data[:4] + len(packed).to_bytes(8, "big") + data[12:20] + packed + data[20 + length :])


def test_damaged_bytes_are_told_as_such():
    data = bytearray(to_bytes(Evidence(n_classes=2, class_names=("a", "b"), repeats=())))
    data[24] ^= 0xFF
    with pytest.raises(EvidenceFormatError, match="damaged"):
        from_bytes(bytes(data))


def test_evidence_of_version_1_is_still_read_and_graded():
    """evidence_v1.bin was written by the code that stored version 1."""
    from evidence_samples import spec

    found = from_bytes((Path(__file__).parent / "evidence_v1.bin").read_bytes())
    assert (found.version, EVIDENCE_VERSION) == (1, 2)
    assert [len(found.repeats), found.planned_repeats] == [2, 2]
    trained, failed = found.repeats
    assert trained.curve.train_predicted.shape == (3, 6)
    assert trained.curve.validation_predicted.shape == (3, 4)
    assert failed.curve.train_predicted.shape == (0, 6)
    assert (failed.failure.code, failed.failure.parameters, failed.failure.line) == ("raised", {"@x": 1}, 3)
    assert trained.parts["test"].scores is None
    np.testing.assert_array_equal(trained.parts["train"].scores.argmax(1), trained.parts["train"].predicted)
    assert trained.claims.layers == ("Linear(4, 3)",)
    assert grade(spec(), found).evidence_version == 1


def test_evidence_stored_before_rows_were_asked_twice_is_still_read_and_graded():
    """evidence_v2.bin was written by the code that stored version 2 without `asked_twice`."""
    from evidence_samples import criterion, spec

    found = from_bytes((Path(__file__).parent / "evidence_v2.bin").read_bytes())
    assert found.version == EVIDENCE_VERSION == 2
    trained, failed = found.repeats
    assert (trained.asked_twice, failed.asked_twice) == ((), ())
    assert [probe.scores.shape for probe in trained.probes] == [(16, 3, 3)] * 3
    assert found.controls[0].permutation == (1, 2, 0)
    asked = spec(criterion("architecture", expected="single_layer"), criterion("resources", max_seconds=2.4))
    report = grade(asked, found)
    assert [result.verdict for result in report.criteria] == ["passed", "failed"]
    assert "integrity.answers_vary" not in {flag.code for flag in report.flags}
