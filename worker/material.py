"""What one repeat hands to its jail, and the labels that stay here to judge what comes out."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graders.architecture import NEAR_DATA
from graders.evidence import AskedTwice, CurveEvidence, PartEvidence, ProbeEvidence
from worker.datasets import registry
from worker.datasets.model import WrongDataError
from worker.datasets.own import dataset_of
from worker.datasets.probes import draw_probes
from worker.datasets.splits import Split, draw
from worker.sandbox.client import Sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from graders.evidence import ControlKind
    from graders.spec import AssignmentSpec
    from worker.datasets.model import Dataset
    from worker.datasets.registry import Loader

_KEPT_MATERIALS = 8
# Of each scale near the data, where bends count. Noise in one answer of 20 stays unseen once in 700 repeats.
_ASKED_TWICE = 32
# An instructor's own may take 256 MiB; MNIST stays on disk.
_KEPT_DATASETS = 4


@dataclass(frozen=True, kw_only=True)
class Material:
    """One split, sealed for jails. `curve_order` and `*_rows` index rows; the jail sees none of them."""

    split: Split
    train_x: Sealed
    train_y: Sealed
    curve_x: Sealed
    curve_order: npt.NDArray[np.int64]
    curve_train_rows: npt.NDArray[np.int64]
    curve_validation_rows: npt.NDArray[np.int64]

    def curve(self, epochs: Sequence[npt.NDArray[Any]]) -> CurveEvidence:
        """Undo the shuffle of curve answers, int16 (curve rows,) each."""
        straight = np.empty((len(epochs), len(self.curve_order)), np.int16)
        straight[:, self.curve_order] = np.stack(epochs) if epochs else straight
        n = len(self.curve_train_rows)
        return CurveEvidence(
            train_labels=self.split.train_y[self.curve_train_rows],
            validation_labels=self.split.validation_y[self.curve_validation_rows],
            train_predicted=straight[:, :n],
            validation_predicted=straight[:, n:],
        )


@dataclass(frozen=True, kw_only=True)
class Examination:
    """The evaluation inputs of one run in an order of its own; `train_rows`: the training rows among them.

    With that order undone, `data_rows` rows of the parts come first. By scale, `probe_places` (triples, 3)
    says where the rows of each triple lie, and `twice_places` (rows, 2) where what was asked twice lies.
    """

    inputs: Sealed
    order: npt.NDArray[np.int64]
    train_rows: npt.NDArray[np.int64]
    data_rows: int
    probe_places: dict[float, npt.NDArray[np.int64]]
    twice_places: dict[float, npt.NDArray[np.int64]]

    def parts(self, material: Material, answer: npt.NDArray[Any]) -> dict[str, PartEvidence]:
        split, straight = material.split, self._straight(answer)
        truths = {
            "train": split.train_y[self.train_rows],
            "validation": split.validation_y,
            "test": split.test_y,
            **({"board": split.board_y} if len(split.board_y) else {}),
        }
        found, start = {}, 0
        for name, labels in truths.items():
            rows = straight[start : start + len(labels)]
            start += len(labels)
            scores = rows.astype(np.float32) if rows.ndim > 1 else None
            predicted = rows.argmax(axis=1) if rows.ndim > 1 else rows
            found[name] = PartEvidence(labels=labels, predicted=predicted.astype(np.int64), scores=scores)
        return found

    def rows_not_finite(self, answer: npt.NDArray[Any]) -> int:
        """Rows of the data, probes left out, with a score that is NaN or infinite."""
        if answer.ndim == 1:
            return 0
        data = self._straight(answer)[: self.data_rows]
        return int((~np.isfinite(data)).any(axis=1).sum())

    def probes(self, answer: npt.NDArray[Any]) -> tuple[ProbeEvidence, ...]:
        """Empty when only class ids came back: behaviour between rows cannot be seen from those."""
        if answer.ndim == 1:
            return ()
        straight = self._straight(answer).astype(np.float32, copy=False)
        return tuple(
            ProbeEvidence(scale=scale, scores=straight[places]) for scale, places in self.probe_places.items()
        )

    def asked_twice(self, answer: npt.NDArray[Any]) -> tuple[AskedTwice, ...]:
        straight = self._straight(answer)
        return tuple(
            AskedTwice(scale=scale, answers=straight[places]) for scale, places in self.twice_places.items()
        )

    def _straight(self, answer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        straight = np.empty_like(answer)
        straight[self.order] = answer
        return straight


class Materials:
    """Splits drawn and sealed once, then shared by all jails; the least used are dropped."""

    def __init__(
        self,
        data_dir: Path,
        *,
        own: Callable[[str], tuple[str, bytes] | None] = lambda _name: None,
        built_in: Mapping[str, Loader] = registry.DATASETS,
    ) -> None:
        """`own`: sha256 and archive of an instructor's data set by its name, None where there is none."""
        self._data_dir, self._own, self._built_in = data_dir, own, built_in
        self._datasets: OrderedDict[str, Dataset] = OrderedDict()
        self._kept: OrderedDict[tuple[str, str, int], Material] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, spec: AssignmentSpec, *, secret_seed: bytes, repeat: int) -> Material:
        """Raises what the data set's loader raises when it has not been fetched."""
        facts = f"{spec.dataset}:{spec.split!r}:{spec.curve_rows_per_part}"
        key = (facts, hashlib.sha256(secret_seed).hexdigest(), repeat)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._prepare(spec, secret_seed=secret_seed, repeat=repeat)
                while len(self._kept) > _KEPT_MATERIALS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _load(self, name: str) -> Dataset:
        load = self._built_in.get(name)
        if load is not None:
            return load(self._data_dir)
        found = self._own(name)
        if found is None:
            raise WrongDataError(f"{name}: there is no such data set")
        sha256, archive = found
        return dataset_of(archive, name=name, sha256=sha256)

    def _prepare(self, spec: AssignmentSpec, *, secret_seed: bytes, repeat: int) -> Material:
        if spec.dataset not in self._datasets:
            self._datasets[spec.dataset] = self._load(spec.dataset)
            while len(self._datasets) > _KEPT_DATASETS:
                self._datasets.popitem(last=False)
        split = draw(self._datasets[spec.dataset], spec, secret_seed=secret_seed, repeat=repeat)
        rng = generator(secret_seed, f"curve:{split.split_id}")
        train_rows = _sample(rng, len(split.train_y), spec.curve_rows_per_part)
        validation_rows = _sample(rng, len(split.validation_y), spec.curve_rows_per_part)
        curve = np.concatenate([split.train_x[train_rows], split.validation_x[validation_rows]])
        order = rng.permutation(len(curve))
        return Material(
            split=split,
            train_x=Sealed("train_x", split.train_x).gather(),
            train_y=Sealed("train_y", split.train_y),
            curve_x=Sealed("curve_x", curve[order]),
            curve_order=order,
            curve_train_rows=train_rows,
            curve_validation_rows=validation_rows,
        )


def generator(secret_seed: bytes, purpose: str) -> np.random.Generator:
    """Random numbers that only the holder of the secret can foresee."""
    digest = hmac.new(secret_seed, purpose.encode(), hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _sample(rng: np.random.Generator, rows: int, wanted: int) -> npt.NDArray[np.int64]:
    return np.sort(rng.permutation(rows)[:wanted]).astype(np.int64)


def draw_control(
    material: Material, kind: ControlKind, *, rng: np.random.Generator
) -> tuple[Sealed, tuple[int, ...]]:
    """Changed training labels, and the permutation of the classes (empty for shuffled ones).

    The permutation is a cycle through all classes, so that none keeps its name.
    """
    labels = material.split.train_y
    if kind == "shuffled":
        return Sealed("train_y", rng.permutation(labels)), ()
    cycle = rng.permutation(material.split.n_classes)
    permutation = np.empty_like(cycle)
    permutation[cycle] = np.roll(cycle, -1)
    return Sealed("train_y", permutation[labels].astype(np.int64)), tuple(int(c) for c in permutation)


def draw_examination(spec: AssignmentSpec, material: Material, *, rng: np.random.Generator) -> Examination:
    """Training, validation, test, board and probe rows, some twice, mixed. float32 (rows, *input_shape)."""
    split = material.split
    train_rows = _sample(rng, len(split.train_y), spec.evaluated_train_rows)
    rows = [split.train_x[train_rows], split.validation_x, split.test_x, split.board_x]
    data_rows = at = sum(map(len, rows))
    probe_places: dict[float, npt.NDArray[np.int64]] = {}
    twice_places: dict[float, npt.NDArray[np.int64]] = {}
    for probes in draw_probes(split, rng=rng):
        places = probes.places(start=at, held_out_start=len(train_rows))
        rows.append(probes.rows_to_ask)
        at += len(rows[-1])
        probe_places[probes.scale] = places
        if probes.scale <= NEAR_DATA:
            # Ends and middles alike, the answers that a bend is read from.
            again = rng.choice(places.size, size=_ASKED_TWICE, replace=False)
            rows.append(probes.triples.reshape(-1, *split.input_shape)[again])
            second = np.arange(at, at + len(again))
            twice_places[probes.scale] = np.column_stack([places.reshape(-1)[again], second])
            at += len(again)
    order = rng.permutation(at)
    return Examination(
        inputs=Sealed.scattered("evaluation", rows, np.argsort(order), dtype="<f4"),
        order=order,
        train_rows=train_rows,
        data_rows=data_rows,
        probe_places=probe_places,
        twice_places=twice_places,
    )
