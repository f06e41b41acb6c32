"""Evidence as hypothesis draws it, and what must hold of every judgement."""

from __future__ import annotations

import json
import re
from pathlib import Path

from evidence_samples import curve, evidence, part, repeat
from hypothesis import strategies as st

import graders
from graders.evidence import Claims, StudentFailure

ROWS = 30
missed = st.integers(0, ROWS)
epochs = st.lists(st.tuples(missed, missed), max_size=8)
FAILURE = StudentFailure(code="time_limit", parameters={"limit_s": 60.0, "epochs": 1, "phase": "training"})


@st.composite
def made(draw, curves=epochs):
    """A repeat that gave a model."""
    parts = {name: part(n=ROWS, wrong=draw(missed)) for name in ("train", "validation", "test")}
    return repeat(
        parts=parts,
        curve=curve(*draw(curves), rows=ROWS),
        train_wall_s=draw(st.floats(0, 3600)),
        evaluation_wall_s=draw(st.floats(0, 600)),
        claims=Claims(framework="pytorch", parameter_count=draw(st.integers(-1, 100_000))),
    )


@st.composite
def failed(draw):
    return repeat(parts={}, curve=curve(*draw(epochs), rows=ROWS), failure=FAILURE)


@st.composite
def runs(draw, *, least=1, may_fail=False):
    """Evidence of up to five repeats, at least one of which gave a model."""
    found = draw(st.lists(made(), min_size=least, max_size=5))
    if may_fail:
        found = draw(st.permutations(found + draw(st.lists(failed(), max_size=2))))
    return evidence(*found)


def is_sound(judgement):
    """Finite, JSON-able, and the verdict fits the share."""
    assert 0 <= judgement.share <= 1
    share = {"passed": {1.0}, "failed": {0.0}, "not_graded": {0.0}}
    assert judgement.verdict == "partial" or judgement.share in share[judgement.verdict]
    assert judgement.messages
    told = [judgement.measured, *(message.parameters for message in judgement.messages)]
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    return True


def codes_in(module, prefix):
    """Every message code that the module's source names."""
    source = (Path(graders.__file__).parent / f"{module}.py").read_text()
    return set(re.findall(rf'"({prefix}\.[a-z_]+)"', source))
