"""Own data sets as files: read, described, kept; and whether a split fits a data set at all.

The one module of these that others import: `store.dataset_csv`, `store.dataset_npz` and
`store.dataset_model` stand behind it.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from store.dataset_csv import read_csv
from store.dataset_model import (
    MAX_FILE_BYTES,
    DatasetInvalidError,
    Fault,
    OwnDataset,
    refuse,
    warnings_of,
)
from store.dataset_npz import from_archive, read_npz, to_archive
from store.dataset_sentences import of_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graders.sentence import Sentence
    from graders.spec import AssignmentSpec

__all__ = [
    "BUILT_IN_FACTS",
    "MAX_FILE_BYTES",
    "NAME_PATTERN",
    "DatasetInvalidError",
    "Fault",
    "OwnDataset",
    "check_split",
    "from_archive",
    "read_dataset",
    "to_archive",
    "warnings_of",
]
NAME_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_IRIS_CLASSES: Final = {"setosa": 50, "versicolor": 50, "virginica": 50}
_MNIST_TRAINING: Final = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
_MNIST_TEST: Final = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)


def _counted(rows: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "rows": count} for name, count in rows.items()]


# As `OwnDataset.facts` tells an own one, as far as `check_split` asks. `test_classes`: rows that the data set
# itself keeps for testing.
BUILT_IN_FACTS: Final[dict[str, dict[str, Any]]] = {
    "iris": {"rows": 150, "input_shape": [4], "classes": _counted(_IRIS_CLASSES)},
    "mnist": {
        "rows": 60_000,
        "input_shape": [28, 28],
        "classes": _counted({str(digit): rows for digit, rows in enumerate(_MNIST_TRAINING)}),
        "test_classes": _counted({str(digit): rows for digit, rows in enumerate(_MNIST_TEST)}),
    },
}


def read_dataset(*, filename: str, content: bytes, label_column: str | None) -> OwnDataset:
    """By the file's ending. `label_column` names the labels of a CSV file; an .npz has them in `y`.

    Raises DatasetInvalidError.
    """
    ending = filename.lower().rpartition(".")[2]
    if len(content) > MAX_FILE_BYTES:
        raise refuse("file", of_dataset("file_too_large", size=len(content), most=MAX_FILE_BYTES))
    if ending == "npz":
        if label_column:
            raise refuse("label_column", of_dataset("label_column_in_npz"))
        return read_npz(content)
    if ending == "csv":
        if not label_column:
            raise refuse("label_column", of_dataset("label_column_missing"))
        return read_csv(content, label_column=label_column)
    raise refuse("file", of_dataset("unknown_ending"))


def check_split(spec: AssignmentSpec, facts: Mapping[str, Any]) -> list[Sentence]:
    """What of `spec.split` the data set cannot give; empty where it can give all.

    `facts`: of an own data set as stored, or one of `BUILT_IN_FACTS`. Every part must be able to hold every
    class, since what a part lacks is neither learnt nor measured.

    >>> from graders.labs import LABS
    >>> [check_split(lab, BUILT_IN_FACTS[lab.dataset]) for lab in LABS.values()]
    [[], [], [], []]
    """
    sizes = {part: size for part, size in spec.split.model_dump().items() if size > 0}
    kept = facts.get("test_classes")
    if kept is None:
        return _misfits(spec.dataset, sizes, facts["classes"])
    test = {"test": sizes.pop("test")}
    return [
        *_misfits(spec.dataset, sizes, facts["classes"]),
        *_misfits(of_dataset("test_rows_of", name=spec.dataset), test, kept),
    ]


def _misfits(
    source: Sentence | str, sizes: Mapping[str, int], classes: list[dict[str, Any]]
) -> list[Sentence]:
    there, asked = sum(each["rows"] for each in classes), sum(sizes.values())
    found = []
    if asked > there:
        each = [of_dataset("part", name=name, rows=size) for name, size in sizes.items()]
        told = {"asked": reduce(_sum, each), "source": source, "rows": there}
        several = of_dataset("too_many_asked", total=asked, **told)
        found.append(several if len(sizes) > 1 else of_dataset("too_many_asked_of_one", **told))
    found += [
        of_dataset("part_too_small", name=name, rows=size, classes=len(classes), source=source)
        for name, size in sizes.items()
        if size < len(classes)
    ]
    found += [
        of_dataset(
            "class_below_parts", label=repr(each["name"]), source=source, rows=each["rows"], parts=len(sizes)
        )
        for each in classes
        if each["rows"] < len(sizes)
    ]
    return found


def _sum(first: Sentence, following: Sentence) -> Sentence:
    return of_dataset("sum", first=first, next=following)
