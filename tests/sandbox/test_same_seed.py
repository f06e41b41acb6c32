"""The same file, data, seed and one thread: the same curve and the same scores, to the last bit, in every framework.

Each solution draws weights and shuffles or drops out, so that a source of chance that is not seeded would show.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graders.spec import MIB, Limits
from worker.sandbox import client
from worker.verdict import failure_of

ROOT = Path(__file__).resolve().parents[2]
HONEST = Path(__file__).parent / "honest"
LIMITS = Limits(wall_time_s=60, memory_bytes=1500 * MIB, threads=1)
SOLUTIONS = {
    "pytorch": HONEST / "pytorch_best_kept.py",
    "lightning": HONEST / "lightning_checkpoints.py",
    "tensorflow": ROOT / "examples" / "iris-multi-layer" / "tensorflow" / "submission.py",
    "keras": HONEST / "keras_callbacks.py",
}


def trained(jail, framework, seed):
    """What the jail said, as bytes: (scores, every recorded epoch)."""
    job = jail.job(SOLUTIONS[framework].read_text(), framework, LIMITS)
    job = replace(job, lab={**job.lab, "seed": seed})
    outcome = client.run(jail.socket_path, job, lambda: client.Sealed("e", jail.x))
    assert failure_of(outcome, LIMITS) is None, outcome.log.decode("utf-8", "replace")
    assert outcome.epochs
    return outcome.scores.tobytes(), [ids.tobytes() for ids in outcome.epochs]


@pytest.mark.parametrize("framework", SOLUTIONS)
def test_the_seed_decides_every_bit(jail, framework):
    first = trained(jail, framework, 11)
    assert trained(jail, framework, 11) == first
    assert trained(jail, framework, 12)[0] != first[0]
