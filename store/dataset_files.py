"""Own data sets as files: read, described, kept; and whether a split fits a data set at all.

The one module of these that others import: `store.dataset_csv`, `store.dataset_npz` and
`store.dataset_model` stand behind it.
"""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        raise refuse("file", f"has {len(content):,} bytes; at most {MAX_FILE_BYTES:,} are taken")
    if ending == "npz":
        if label_column:
            raise refuse("label_column", "is for CSV files; an .npz has its labels in the array y")
        return read_npz(content)
    if ending == "csv":
        if not label_column:
            raise refuse("label_column", "must name the column that holds the labels")
        return read_csv(content, label_column=label_column)
    raise refuse("file", "its name must end in .csv or .npz")


def check_split(spec: AssignmentSpec, facts: Mapping[str, Any]) -> list[str]:
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
        *_misfits(f"the test part of {spec.dataset}", test, kept),
    ]


def _misfits(source: str, sizes: Mapping[str, int], classes: list[dict[str, Any]]) -> list[str]:
    there, asked = sum(each["rows"] for each in classes), sum(sizes.values())
    found = []
    if asked > there:
        sum_of = " + ".join(f"{part} {size:,}" for part, size in sizes.items())
        total = f" = {asked:,}" if len(sizes) > 1 else ""
        found.append(f"{sum_of}{total} rows are asked for; {source} has {there:,}")
    found += [
        f"{part} has {size} rows, fewer than the {len(classes)} classes of {source}"
        for part, size in sizes.items()
        if size < len(classes)
    ]
    found += [
        f"the class {each['name']!r} of {source} has {each['rows']} rows, fewer than the {len(sizes)} parts"
        for each in classes
        if each["rows"] < len(sizes)
    ]
    return found
