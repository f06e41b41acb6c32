"""An instructor's own data set: what it may be, what is wrong with one, and what is told of it.

The limits keep one upload, its copy in the database and its copy in a jail's memory within what a small
machine has. `store.dataset_files` reads the files; here are values only.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from store.dataset_sentences import of_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

    from graders.sentence import Sentence

MIB: Final = 1024 * 1024
MAX_FILE_BYTES: Final = 64 * MIB
MAX_ROWS: Final = 200_000
MAX_VALUES: Final = 64 * MIB  # numbers in x: 256 MiB as float32
MIN_CLASSES: Final = 2
MAX_CLASSES: Final = 100
MIN_ROWS_PER_CLASS: Final = 10
MAX_NAME_CHARS: Final = 100  # of a class or a feature
WARNED_IMBALANCE: Final = 10  # largest class / smallest class
# Who repairs a file repairs these and sends it again; a wrong file has one fault in every row.
MAX_FAULTS: Final = 20
# More features than this are described together, as pixels are.
_MAX_DESCRIBED_FEATURES: Final = 500


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`location`: "row 17, column petal_length" of a CSV file, "x[16, 2]" of an .npz, a field of the form."""

    location: Sentence | str
    said: Sentence

    def __str__(self) -> str:
        return f"{self.location}: {self.said}"


class DatasetInvalidError(Exception):
    """The file cannot be used; `faults` says where and why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


class Faults:
    """Keeps the first `MAX_FAULTS` and counts the others."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._left_out = 0

    def add(self, location: Sentence | str, said: Sentence) -> None:
        if len(self._kept) < MAX_FAULTS:
            self._kept.append(Fault(location=location, said=said))
        else:
            self._left_out += 1

    def count(self, more: int) -> None:
        """Faults beyond those kept, which nobody looked at one by one."""
        self._left_out += more

    def raise_any(self) -> None:
        if self._left_out:
            more = Fault(location="file", said=of_dataset("more", count=self._left_out))
            raise DatasetInvalidError([*self._kept, more])
        if self._kept:
            raise DatasetInvalidError(self._kept)


def refuse(location: Sentence | str, said: Sentence) -> DatasetInvalidError:
    """The one fault behind which nothing can be read: to be raised."""
    return DatasetInvalidError([Fault(location=location, said=said)])


@dataclass(frozen=True, kw_only=True)
class OwnDataset:
    """`x` float32 (n, *input_shape), finite; `y` int64 (n,) in 0..n_classes-1, every class present."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes of x, then of y: C order, little-endian."""
        digest = hashlib.sha256(np.ascontiguousarray(self.x, dtype="<f4").data)
        digest.update(np.ascontiguousarray(self.y, dtype="<i8").data)
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """What is told of the data, as JSON: rows, classes with their shares, ranges, repeated rows.

        `duplicates`: rows that equal an earlier one in all features; `contradictions`: those of them that
        carry another label than the first of their kind.

        >>> x = np.array([[0.0], [0.0], [2.0]], np.float32)
        >>> few = OwnDataset(x=x, y=np.array([0, 1, 1]), class_names=("no", "yes"), feature_names=("size",))
        >>> few.facts()["features"], few.facts()["contradictions"]
        ([{'name': 'size', 'min': 0.0, 'max': 2.0, 'mean': 0.6666667}], 1)
        """
        counts = np.bincount(self.y, minlength=len(self.class_names))
        duplicates, contradictions = self._repeated_rows()
        return {
            "rows": len(self.y),
            "input_shape": [int(size) for size in self.x.shape[1:]],
            "classes": [
                {"name": name, "rows": int(rows), "share": _short(rows / len(self.y))}
                for name, rows in zip(self.class_names, counts, strict=True)
            ],
            "values": _described(self.x),
            "features": self._features(),
            "duplicates": duplicates,
            "contradictions": contradictions,
        }

    def _features(self) -> list[dict[str, Any]]:
        if self.x.ndim != 2 or self.x.shape[1] > _MAX_DESCRIBED_FEATURES:
            return []
        names = self.feature_names or tuple(f"x[:, {column}]" for column in range(self.x.shape[1]))
        return [{"name": name, **_described(self.x[:, i])} for i, name in enumerate(names)]

    def _repeated_rows(self) -> tuple[int, int]:
        first_label: dict[bytes, int] = {}
        duplicates = contradictions = 0
        for row, label in zip(self.x, self.y.tolist(), strict=True):
            # Adding zero makes -0.0 the same bytes as 0.0.
            digest = hashlib.blake2b((row + np.float32(0)).tobytes(), digest_size=16).digest()
            if digest in first_label:
                duplicates += 1
                contradictions += first_label[digest] != label
            else:
                first_label[digest] = label
        return duplicates, contradictions


def checked_dataset(
    *,
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.int64],
    class_names: Sequence[str],
    feature_names: Sequence[str] = (),
    labels_at: Sentence | str,
    value_at: Callable[[tuple[int, ...]], Sentence | str],
) -> OwnDataset:
    """The data set, where its values can be trained on. Raises DatasetInvalidError.

    x float32 (n, *shape) and y int64 (n,), as `OwnDataset` has them; `labels_at` and `value_at` say where
    the labels, and the value at an index of x, stand in the file.
    """
    faults = Faults()
    wrong_values = np.flatnonzero(~np.isfinite(x))
    for flat in wrong_values[:MAX_FAULTS]:
        place = tuple(int(i) for i in np.unravel_index(flat, x.shape))
        faults.add(value_at(place), of_dataset("not_finite", value=str(x[place])))
    faults.count(max(len(wrong_values) - MAX_FAULTS, 0))
    if not MIN_CLASSES <= len(class_names) <= MAX_CLASSES:
        shown = [*map(clipped, class_names[:3]), *(["..."] if len(class_names) > 3 else [])]
        bounds = {"least": MIN_CLASSES, "most": MAX_CLASSES}
        faults.add(
            labels_at,
            of_dataset("class_count", count=len(class_names), labels=", ".join(shown), **bounds),
        )
        faults.raise_any()
    for name, rows in zip(class_names, np.bincount(y, minlength=len(class_names)), strict=True):
        wrong = fault_of_name(name)
        if wrong is not None:
            faults.add(labels_at, of_dataset("label_called", label=clipped(name), wrong=wrong))
        if rows < MIN_ROWS_PER_CLASS:
            counts = {"rows": int(rows), "least": MIN_ROWS_PER_CLASS}
            faults.add(labels_at, of_dataset("class_too_small", label=clipped(name), **counts))
    faults.raise_any()
    return OwnDataset(x=x, y=y, class_names=tuple(class_names), feature_names=tuple(feature_names))


def warnings_of(facts: dict[str, Any]) -> list[Sentence]:
    """What an instructor should know before students train on it. Nothing here forbids it."""
    found = []
    classes = sorted(facts["classes"], key=lambda c: (c["rows"], c["name"]))
    smallest, largest = classes[0], classes[-1]
    if largest["rows"] > WARNED_IMBALANCE * smallest["rows"]:
        found.append(
            of_dataset(
                "out_of_balance",
                largest=repr(largest["name"]),
                many=largest["rows"],
                smallest=repr(smallest["name"]),
                few=smallest["rows"],
                percent=round(100 * largest["share"]),
            )
        )
    if facts["contradictions"]:
        found.append(of_dataset("contradictions", rows=facts["contradictions"]))
    return found


def class_order(labels: Iterable[str]) -> list[str]:
    """Each label once: by value where all are integers, else by text.

    >>> class_order(["10", "9", "10"]), class_order(["b", "10", "9"])
    (['9', '10'], ['10', '9', 'b'])
    """
    found = set(labels)
    if all(re.fullmatch(r"[+-]?[0-9]{1,18}", label) for label in found):
        return sorted(found, key=lambda label: (int(label), label))
    return sorted(found)


def fault_of_name(name: str) -> Sentence | None:
    """Names are shown on pages and given to student code: short, and printable."""
    if not name.strip():
        return of_dataset("name_empty")
    if len(name) > MAX_NAME_CHARS:
        return of_dataset("name_too_long", count=len(name), most=MAX_NAME_CHARS)
    return None if name.isprintable() else of_dataset("name_unprintable")


def clipped(text: str) -> str:
    """As a literal, so that nothing in it acts on who reads it, and short."""
    return repr(text) if len(text) <= 40 else repr(text[:37]) + "..."


def _described(values: npt.NDArray[np.float32]) -> dict[str, float]:
    mean = float(values.mean(dtype=np.float64))
    return {"min": _short(float(values.min())), "max": _short(float(values.max())), "mean": _short(mean)}


def _short(value: float) -> float:
    """The seven digits that float32 has: 5.1, not 5.099999904632568."""
    return float(f"{value:.7g}")
