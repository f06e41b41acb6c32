"""A data set from CSV text: UTF-8, commas, a header row, one column of labels, all others numbers.

Rows are counted as a spreadsheet and an editor count them: the header is row 1.
"""

from __future__ import annotations

import csv
import io
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from store.dataset_model import (
    MAX_ROWS,
    MIB,
    Faults,
    OwnDataset,
    checked_dataset,
    class_order,
    clipped,
    fault_of_name,
    refuse,
)
from store.dataset_sentences import at_cell, at_column, at_row, of_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graders.sentence import Sentence

# Bounds the cells of one row before they are cut apart.
_MAX_LINE_CHARS: Final = MIB
_SEPARATORS = {b";": of_dataset("semicolons"), b"\t": of_dataset("tabs"), b"|": of_dataset("bars")}


def read_csv(content: bytes, *, label_column: str) -> OwnDataset:
    r"""Features in the file's order without the label column. Raises DatasetInvalidError.

    >>> rows = "".join(f"{i},{'odd' if i % 2 else 'even'}\n" for i in range(20))
    >>> read_csv(("size,kind\n" + rows).encode(), label_column="kind").class_names
    ('even', 'odd')
    """
    _require_utf8(content)
    _require_commas(content)
    faults = Faults()
    rows = _rows(content, faults)
    number, cells = next(rows, (1, []))
    faults.raise_any()
    header = _header(number, cells, label_column.strip())
    table = _Table(header=header, label_index=header.index(label_column.strip()), faults=faults)
    for number, cells in rows:
        table.add(number, cells)
    return table.dataset()


@dataclass(kw_only=True)
class _Table:
    """Fills with rows. Numbers stay packed: as Python objects they would take eight times the memory."""

    header: list[str]
    label_index: int
    faults: Faults
    values: array[float] = field(default_factory=lambda: array("f"))
    labels: list[str] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("L"))
    # column -> how many cells are empty, and the row of the first
    empty: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, number: int, cells: list[str]) -> None:
        if len(self.labels) == MAX_ROWS:
            raise refuse(at_row(number), of_dataset("too_many_lines", most=MAX_ROWS))
        if len(cells) != len(self.header):
            self.faults.add(
                at_row(number), of_dataset("cells", count=len(cells), columns=len(self.header))
            )
            return
        label = cells[self.label_index].strip()
        wrong = fault_of_name(label)
        if wrong is not None:
            place = at_cell(number, self.header[self.label_index])
            self.faults.add(place, of_dataset("label", wrong=wrong))
        numbers = _numbers(cells[: self.label_index] + cells[self.label_index + 1 :])
        if numbers is None:
            self._tell(number, cells)
            return
        self.values.extend(numbers)
        self.labels.append(label)
        self.numbers.append(number)

    def _tell(self, number: int, cells: list[str]) -> None:
        for column, cell in enumerate(cells):
            if column == self.label_index or _numbers([cell]) is not None:
                continue
            if not cell.strip():
                count, first = self.empty.get(column, (0, number))
                self.empty[column] = count + 1, first
                continue
            with_point = cell.strip().replace(",", ".", 1)
            said = of_dataset("not_number", cell=clipped(cell))
            if "," in cell and _numbers([with_point]) is not None:
                said = of_dataset("not_number_but", cell=clipped(cell), better=with_point)
            self.faults.add(at_cell(number, self.header[column]), said)

    def dataset(self) -> OwnDataset:
        """Raises DatasetInvalidError with all that was wrong."""
        for column, (count, first) in sorted(self.empty.items()):
            said = of_dataset("cells_empty", count=count, row=str(first))
            self.faults.add(at_column(self.header[column]), said)
        self.faults.raise_any()
        if not self.labels:
            raise refuse("file", of_dataset("no_rows"))
        features = [name for i, name in enumerate(self.header) if i != self.label_index]
        class_names = class_order(self.labels)
        class_id = {name: i for i, name in enumerate(class_names)}
        return checked_dataset(
            x=np.frombuffer(self.values, np.float32).reshape(len(self.labels), len(features)),
            y=np.array([class_id[label] for label in self.labels], np.int64),
            class_names=class_names,
            feature_names=features,
            labels_at=at_column(self.header[self.label_index]),
            value_at=lambda index: at_cell(self.numbers[index[0]], features[index[1]]),
        )


def _require_utf8(content: bytes) -> None:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise refuse("file", of_dataset("utf16"))
    if b"\x00" in content:
        raise refuse("file", of_dataset("nul"))
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise refuse(at_row(row), of_dataset("not_utf8")) from None


def _require_commas(content: bytes) -> None:
    # Before anything is cut: a quoted name before a semicolon would be called bad quoting.
    first = content[:_MAX_LINE_CHARS].lstrip().splitlines()[:1]
    for separator, name in _SEPARATORS.items():
        if first and separator in first[0] and b"," not in first[0]:
            raise refuse(at_row(1), of_dataset("separated", separator=name))


def _rows(content: bytes, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    """(row, cells) of the rows that have any; what cannot be cut into cells becomes a fault."""
    # No cell may hold a line break, so each line is read by itself: one lost quote spoils one row.
    for number, line in enumerate(
        io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), start=1
    ):
        if len(line) > _MAX_LINE_CHARS:
            faults.add(at_row(number), of_dataset("line_too_long", count=len(line), most=_MAX_LINE_CHARS))
            continue
        try:
            cells = next(csv.reader([line], strict=True, skipinitialspace=True), [])
        except csv.Error as error:
            faults.add(at_row(number), of_dataset("not_csv", said=str(error)))
            continue
        # Spreadsheets write rows of nothing but commas below the last one.
        if any(cells):
            yield number, cells


def _header(number: int, cells: list[str], label_column: str) -> list[str]:
    names, where = [cell.strip() for cell in cells], at_row(number)
    if not names:
        raise refuse("file", of_dataset("file_empty"))
    if label_column not in names:
        raise refuse(where, _no_label_column(names, label_column))
    faults, seen = Faults(), set[str]()
    for column, name in enumerate(names, start=1):
        wrong = fault_of_name(name)
        if wrong is not None:
            told = {"column": str(column), "wrong": wrong}
            first = of_dataset("column_name_of_index", **told)
            faults.add(where, first if column == 1 else of_dataset("column_name", **told))
        elif name in seen:
            faults.add(where, of_dataset("column_twice", name=name))
        seen.add(name)
    if len(names) == 1:
        faults.add(where, of_dataset("no_features", name=label_column))
    faults.raise_any()
    return names


def _no_label_column(names: list[str], label_column: str) -> Sentence:
    shown = ", ".join(clipped(name) for name in names[:10]) + (", ..." if len(names) > 10 else "")
    told = {"label": clipped(label_column), "names": shown}
    if any(_numbers([name]) is not None for name in names):
        return of_dataset("no_header", **told)
    return of_dataset("no_label_column", **told)


def _numbers(cells: list[str]) -> list[float] | None:
    """None where one is not a number. Infinities and NaN are numbers here; they are told of together."""
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return None
    # float() reads 1_000 as Python writes it, which in a table is a slip.
    return None if "_" in "".join(cells) else numbers
