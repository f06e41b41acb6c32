"""What can be wrong with a data set, or is doubted in one, and where: by code, in English."""

from __future__ import annotations

from typing import Any, Final

from graders.sentence import Sentence

ENGLISH: Final[dict[str, str]] = {
    # Places. Rows are text: 1,234 is no number that an editor shows.
    "at_row": "row {row}",
    "at_cell": "row {row}, column {column}",
    "at_column": "column {column}",
    # Of any file.
    "file_too_large": "has {size} bytes; at most {most} are taken",
    "label_column_in_npz": "is for CSV files; an .npz has its labels in the array y",
    "label_column_missing": "must name the column that holds the labels",
    "unknown_ending": "its name must end in .csv or .npz",
    "more": "{count} more {count:fault|faults} like these",
    # Of values, labels and names.
    "not_finite": "must be a finite number of 32 bits, is {value}",
    "class_count": "{count} different labels ({labels}); a data set has {least} to {most} classes",
    "class_too_small": "the class {label} has {rows} {rows:row|rows}; every class needs {least}",
    "label": "the label {wrong}",
    "label_called": "the label {label} {wrong}",
    "name_empty": "is empty",
    "name_too_long": "has {count} characters; at most {most} are taken",
    "name_unprintable": "holds characters that cannot be shown",
    # Of CSV.
    "utf16": "is UTF-16; save it as CSV with the encoding UTF-8",
    "nul": "holds NUL bytes, so it is not CSV text",
    "not_utf8": "is not UTF-8; save the file as CSV with the encoding UTF-8",
    "separated": "the columns are separated by {separator}; save the file with commas",
    "semicolons": "semicolons",
    "tabs": "tabs",
    "bars": "bars",
    "line_too_long": "has {count} characters; at most {most} are taken",
    "not_csv": "cannot be read as CSV: {said}",
    "file_empty": "is empty",
    "no_rows": "has no rows below its header",
    "too_many_lines": "more than {most} rows of data; no more are taken",
    "no_label_column": "no column is called {label}; there are {names}",
    "no_header": (
        "no column is called {label}; there are {names}. It looks like data: "
        "the first row must name the columns"
    ),
    "column_name": "the name of column {column} {wrong}",
    "column_name_of_index": (
        "the name of column {column} {wrong}; pandas leaves its index out with to_csv(..., index=False)"
    ),
    "column_twice": "two columns are called {name}",
    "no_features": "{name} is the only column; there are no features",
    "cells": "has {count} {count:cell|cells}, the header has {columns} {columns:column|columns}",
    "cells_empty": (
        "{count} {count:cell is empty,|cells are empty, the first} in row {row}; "
        "leave such rows out, or fill them in"
    ),
    "not_number": "{cell} is not a number",
    "not_number_but": "{cell} is not a number; write {better}",
    # Of .npz.
    "npz_damaged": "is damaged, or not an .npz: {said}",
    "npz_too_short": "is too short to be an .npz",
    "not_npz": "is not an .npz as numpy writes it (np.savez, np.savez_compressed)",
    "too_many_arrays": "holds too many arrays; at most {most} are taken",
    "arrays_twice": "holds too many arrays, or two of one name; at most {most} are taken",
    "no_array": "has no array {name} but {names}; write np.savez(file, x=x, y=y)",
    "no_arrays": "has no array {name} but nothing; write np.savez(file, x=x, y=y)",
    "too_large_unpacked": (
        "has {size} MiB when unpacked; at most {most} are taken. "
        "Save x as float32, or as uint8 where its values allow it"
    ),
    "packed_otherwise": "is encrypted, or packed in a way that numpy does not write",
    "array_empty": "is empty: its shape is {shape}, its dtype {dtype}",
    "array_cut": "does not have the number of bytes that its shape needs",
    "no_such_characters": "holds characters that do not exist",
    "not_array": "is not an array as numpy writes it",
    "not_plain": "is not a plain array of numbers or text with at least one dimension",
    "unknown_dtype": "has an unknown dtype {dtype}",
    "objects": "holds Python objects (a pickle), which are never loaded; save numbers, or text as dtype str",
    "x_dtype": "has dtype {dtype}; it must hold real numbers",
    "y_dtype": "has dtype {dtype}; labels are integers or text: y.astype('int64'), or y.astype(str)",
    "names_dtype": "has dtype {dtype}; it must hold text: np.array([...], dtype=str)",
    "x_shape": "has shape {shape}; it needs rows and 1 to {most} dimensions of features",
    "y_shape": "has shape {shape}; it needs one dimension, a label a row",
    "names_shape": "has shape {shape}; it needs one dimension",
    "unequal": "has {labels} {labels:label|labels}, x has {rows} {rows:row|rows}",
    "too_many_rows": "has {count} rows; at most {most} are taken",
    "too_many_values": "has {count} values; at most {most} are taken",
    "names_beside_text": "are for a y of integers; y holds the names itself",
    "label_outside": "is {label}; with {count} class_names the labels are 0 to {last}",
    "feature_count": "names {count} {count:feature|features}; x has shape {shape}",
    "name_twice": "has the same name twice",
    # What an assignment asks of it.
    "no_dataset": "there is no data set {name}",
    "test_rows_of": "the test part of {name}",
    "part": "{name} {rows}",
    "sum": "{first} + {next}",
    "too_many_asked": "{asked} = {total} rows are asked for; {source} has {rows}",
    "too_many_asked_of_one": "{asked} rows are asked for; {source} has {rows}",
    "part_too_small": (
        "{name} has {rows} {rows:row|rows}, fewer than the {classes} {classes:class|classes} of {source}"
    ),
    "class_below_parts": (
        "the class {label} of {source} has {rows} {rows:row|rows}, fewer than the {parts} {parts:part|parts}"
    ),
    # What may be, but should be known.
    "out_of_balance": (
        "The classes are out of balance: {largest} has {many} {many:row|rows}, {smallest} has {few}. "
        "Always answering {largest} would be right in {percent} % of the rows."
    ),
    "contradictions": (
        "{rows} {rows:row repeats|rows repeat} an earlier row with a different label: "
        "no model can have both right."
    ),
}


def of_dataset(code: str, /, **parameters: Any) -> Sentence:
    """Of data sets.

    >>> print(of_dataset("at_cell", row="17", column="width"))
    row 17, column width
    """
    return Sentence(code=f"dataset.{code}", english=ENGLISH[code], parameters=parameters)


def at_row(row: int) -> Sentence:
    return of_dataset("at_row", row=str(row))


def at_cell(row: int, column: str) -> Sentence:
    return of_dataset("at_cell", row=str(row), column=column)


def at_column(column: str) -> Sentence:
    return of_dataset("at_column", column=column)
