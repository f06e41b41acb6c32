"""One framework's share of the drawn models: python drawn_run.py FRAMEWORK DRAWN_EACH REWRITTEN_EACH OUT.npz

In a process of its own, so that no two frameworks meet. What comes out is what a worker would get from a jail:
probe scores, through the harness's own prediction. Judging them is left to the test.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from hostile import DRAWN_OFTEN, REWRITES, Terms, far_terms, tiny_terms
from lessons import Lesson, lesson
from recipes import OUTPUTS, Recipe, draw_recipe, kinds_of

from worker.harness.models import predict_ids_or_scores

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILDERS = {
    "pytorch": "build_torch",
    "lightning": "build_torch",
    "tensorflow": "build_tensorflow",
    "keras": "build_keras",
}
SEEDS = {"pytorch": 1, "lightning": 2, "tensorflow": 3, "keras": 4}
# What rewritings are tried on; terms that should go unseen, only on models of one layer.
LINEAR_BASES = ("linear, scaled", "linear stack")
BENT_BASES = ("ReLU, scaled", "tanh, scaled", "leaky ReLU")

OFTEN = 6
AGAIN_AT_ONCE = 23

Scored = tuple[dict[str, Any], np.ndarray]


@dataclass(frozen=True)
class Workshop:
    """Draws, builds and asks the models of one framework on one data set."""

    framework: str
    builder: Any
    known: Lesson
    dataset: str
    rng: np.random.Generator

    def drawn(self, each: float) -> Iterator[Scored]:
        """Of each kind and output `each`; 0.5: of every second one."""
        pairs = [(kind, output) for kind in kinds_of(self.dataset) for output in OUTPUTS]
        for kind, output in pairs if each >= 1 else pairs[:: round(1 / each)]:
            for _ in range(max(1, int(each))):
                recipe = self._draw(kind, output)
                yield self._facts(recipe), self._ask(recipe)

    def rewritten(self, each: int) -> Iterator[Scored]:
        """Of each rewriting `each` linear models and as many bent ones, the bases in turn."""
        terms = Terms.of(self.known, self.rng)
        tiny, far = tiny_terms(terms), far_terms(terms)
        for bases, rewrites in ((LINEAR_BASES, REWRITES | tiny | far), (BENT_BASES, REWRITES)):
            for turn, (name, rewrite) in enumerate(rewrites.items()):
                for number in range(each * (OFTEN if name in DRAWN_OFTEN else 1)):
                    recipe = self._draw(bases[(turn + number) % len(bases)], "logits")
                    student_predict = partial(_student_predict, self.builder, rewrite, self.rng)
                    facts = self._facts(recipe) | {"rewriting": name}
                    if name in far:
                        facts["truth"] = "neither" if name.startswith("logits") else "not_multi_layer"
                    yield facts, self._ask(recipe, student_predict)

    def _draw(self, kind: str, output: str) -> Recipe:
        split = self.known.split
        return draw_recipe(
            self.rng, dataset=self.dataset, kind=kind, output=output,
            input_shape=split.input_shape, classes=split.n_classes,
        )  # fmt: skip

    def _facts(self, recipe: Recipe) -> dict[str, Any]:
        return {
            "framework": self.framework, "dataset": self.dataset, "kind": recipe.kind, "output": recipe.output,
            "truth": recipe.truth, "trained": recipe.learning_rate is not None, "rewriting": "",
        }  # fmt: skip

    def _ask(self, recipe: Recipe, student_predict: Any = None) -> np.ndarray:
        """float32 (probe rows and those asked again, classes), by the path that a jail takes.

        What is asked again comes a few rows at a time, as other batches sum in another order.
        """
        model = self.builder.build(self.framework, recipe, self.known)
        again = [self.known.again[start : start + AGAIN_AT_ONCE] for start in range(0, len(self.known.again), AGAIN_AT_ONCE)]
        answers = [
            predict_ids_or_scores(model, rows, n_classes=self.known.split.n_classes, student_predict=student_predict)
            for rows in (self.known.probe_rows, *again)
        ]
        return np.concatenate(answers)


def _student_predict(builder: Any, rewrite: Any, rng: np.random.Generator, model: Any, x: np.ndarray) -> np.ndarray:
    return rewrite(builder.logits(model, x), x, rng)


def main(framework: str, drawn_each: float, rewritten_each: int, out: Path) -> None:
    builder = importlib.import_module(BUILDERS[framework])
    rng = np.random.default_rng(SEEDS[framework])
    found: list[Scored] = []
    for dataset in ("iris", "mnist"):
        known = lesson(dataset, rng)
        workshop = Workshop(framework, builder, known, dataset, rng)
        found += workshop.drawn(drawn_each)
        found += workshop.rewritten(rewritten_each)
    arrays = {f"scores{number}": scores for number, (_, scores) in enumerate(found)}
    asked = {"scales": known.scales, "triples": known.triples, "twice": known.twice}
    facts = json.dumps(asked | {"models": [facts for facts, _ in found]})
    np.savez(out, facts=np.frombuffer(facts.encode(), np.uint8), **arrays)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
