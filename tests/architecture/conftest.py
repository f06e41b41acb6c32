"""The drawn models of all four frameworks, each family in a process of its own, two at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graders.architecture import Bend, measure_bend
from graders.evidence import AskedTwice, ProbeEvidence
from graders.variation import Variation, measure_variation

# Drawn models of each kind and output; the same for each rewriting. 1: 1,800 models, nearly two minutes on 2 cores.
EACH = int(os.environ.get("LABMARK_DRAWN_MODELS", "0"))
# Slowest first, so that the last one to end is a short one. What a rewriting makes of logits does not depend
# on who computed them: two frameworks draw those.
SHARES = {"keras": (EACH, 0), "tensorflow": (EACH, EACH), "pytorch": (2 * EACH, 2 * EACH), "lightning": (2 * EACH, 0)}
if EACH == 0:
    SHARES = {"keras": (0.5, 0), "tensorflow": (0.5, 0), "pytorch": (2, 2), "lightning": (2, 0)}
TIME_LIMIT_S = 900 * max(1, EACH)


@dataclass(frozen=True)
class Judged:
    facts: dict[str, Any]
    bend: Bend
    variation: Variation

    @property
    def is_false(self) -> bool:
        allowed = {"not_multi_layer": "single_layer"}.get(self.facts["truth"], self.facts["truth"])
        return self.bend.found not in {None, allowed}

    def __str__(self) -> str:
        return f"{self.facts} -> {self.bend}, {self.variation}"


def _run(framework: str, out: Path) -> list[Judged]:
    arguments = [framework, *map(str, SHARES[framework]), str(out)]
    script = Path(__file__).with_name("drawn_run.py")
    environment = os.environ | {
        "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, str(script), *arguments], env=environment, capture_output=True, text=True,
        timeout=TIME_LIMIT_S, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    with np.load(out) as archive:
        told = json.loads(archive["facts"].tobytes())
        return [
            _judge(facts, archive[f"scores{number}"], told)
            for number, facts in enumerate(told["models"])
        ]


def _judge(facts: dict[str, Any], answer: np.ndarray, told: dict[str, Any]) -> Judged:
    scales, triples, twice = told["scales"], told["triples"], told["twice"]
    scores = answer[: 3 * triples * len(scales)].reshape(len(scales), triples, 3, -1)
    probes = [ProbeEvidence(scale=scale, scores=z) for scale, z in zip(scales, scores, strict=True)]
    again = answer[scores.size // scores.shape[-1] :].reshape(-1, twice, scores.shape[-1])
    asked = [
        AskedTwice(scale=probe.scale, answers=np.stack([probe.scores.reshape(3 * triples, -1)[:twice], z], axis=1))
        for probe, z in zip(probes, again, strict=False)
    ]
    return Judged(facts, measure_bend(probes), measure_variation(probes, asked))


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> list[Judged]:
    folder = tmp_path_factory.mktemp("drawn")
    with ThreadPoolExecutor(max_workers=2) as pool:
        shares = pool.map(lambda framework: _run(framework, folder / f"{framework}.npz"), SHARES)
        return [judged for share in shares for judged in share]
