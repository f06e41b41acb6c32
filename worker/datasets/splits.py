"""Stratified parts, drawn from a secret: the same secret gives the same rows on any machine."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from graders.spec import AssignmentSpec, SplitSizes
    from worker.datasets.model import Dataset

Indices = npt.NDArray[np.int64]


class SplitError(Exception):
    """The data set has too few rows for the parts asked."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """The parts of one repeat. `*_x` float32 (n, *input_shape); `*_y` int64 (n,) in 0..n_classes-1."""

    split_id: str
    train_x: npt.NDArray[np.float32]
    train_y: npt.NDArray[np.int64]
    validation_x: npt.NDArray[np.float32]
    validation_y: npt.NDArray[np.int64]
    test_x: npt.NDArray[np.float32]
    test_y: npt.NDArray[np.int64]
    board_x: npt.NDArray[np.float32]
    board_y: npt.NDArray[np.int64]
    # Which rows of the data set each part is, so that a row in the parts of two repeats is known as one.
    rows: dict[str, Indices]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    input_shape: tuple[int, ...]
    n_classes: int

    @cached_property
    def train_centre(self) -> npt.NDArray[np.float32]:
        """Mean of the training rows, (*input_shape)."""
        centre: npt.NDArray[np.float32] = self.train_x.mean(axis=0, dtype=np.float64).astype(np.float32)
        return centre


def draw(dataset: Dataset, spec: AssignmentSpec, *, secret_seed: bytes, repeat: int) -> Split:
    """Draws the parts of `spec.split` for one repeat (0-based). Raises SplitError."""
    sizes = spec.split
    key = hmac.new(secret_seed, f"{dataset.sha256}:{repeat}".encode(), hashlib.sha256).digest()
    if dataset.test_x is None or dataset.test_y is None:
        train, validation, test, board = draw_indices(
            labels=dataset.y, sizes=(sizes.train, sizes.validation, sizes.test, sizes.board), key=key
        )
        test_x, test_y = dataset.x, dataset.y
    else:
        train, validation, board = draw_indices(
            labels=dataset.y, sizes=(sizes.train, sizes.validation, sizes.board), key=key
        )
        (test,) = draw_indices(labels=dataset.test_y, sizes=(sizes.test,), key=_derive(key, "test"))
        test_x, test_y = dataset.test_x, dataset.test_y
    return Split(
        split_id=_split_id(key, sizes),
        train_x=_values(dataset, dataset.x, train),
        train_y=dataset.y[train],
        validation_x=_values(dataset, dataset.x, validation),
        validation_y=dataset.y[validation],
        test_x=_values(dataset, test_x, test),
        test_y=test_y[test],
        board_x=_values(dataset, dataset.x, board),
        board_y=dataset.y[board],
        rows={"train": train, "validation": validation, "test": test, "board": board},
        class_names=dataset.class_names,
        feature_names=dataset.feature_names,
        input_shape=dataset.input_shape,
        n_classes=dataset.n_classes,
    )


def draw_indices(*, labels: Indices, sizes: tuple[int, ...], key: bytes) -> list[Indices]:
    """Disjoint row numbers for each size, each class in its share (to within one row), in random order.

    `labels` int64 (n,); `key` 32 bytes. Raises SplitError where the sizes sum to more than n.
    """
    if sum(sizes) > len(labels):
        raise SplitError(f"the parts need {sum(sizes)} rows, the data set has {len(labels)}")
    keys = _random_keys(key, len(labels))
    of_class = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    waiting = [rows[np.argsort(keys[rows], kind="stable")] for rows in of_class]
    second = _random_keys(_derive(key, "order"), len(labels))
    parts: list[Indices] = []
    for size in sizes:
        counts = _shares(np.array([len(rows) for rows in waiting]), size)
        rows = np.concatenate([queue[:count] for queue, count in zip(waiting, counts, strict=True)])
        waiting = [queue[count:] for queue, count in zip(waiting, counts, strict=True)]
        parts.append(rows[np.argsort(second[rows], kind="stable")].astype(np.int64))
    return parts


def _shares(available: Indices, size: int) -> Indices:
    """`size` rows over the classes in proportion to what is left of each (largest remainder)."""
    # Integers throughout, so that no rounding depends on the machine.
    counts, remainders = np.divmod(available * size, max(int(available.sum()), 1))
    short = size - int(counts.sum())
    counts[np.argsort(-remainders, kind="stable")[:short]] += 1
    return counts


def _random_keys(key: bytes, n: int) -> npt.NDArray[np.uint64]:
    # numpy promises the raw stream of a bit generator for ever, not what Generator.permutation makes of it.
    return np.random.PCG64(int.from_bytes(key, "big")).random_raw(n)


def _derive(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def _split_id(key: bytes, sizes: SplitSizes) -> str:
    """Names the split in reports; tells nothing of the secret."""
    board = f":{sizes.board}" if sizes.board else ""
    return _derive(key, f"split_id:{sizes.train}:{sizes.validation}:{sizes.test}{board}").hex()[:16]


def _values(dataset: Dataset, x: npt.NDArray[Any], rows: Indices) -> npt.NDArray[np.float32]:
    values = x[rows].astype(np.float32)
    return values if dataset.scale == 1 else values * np.float32(dataset.scale)
