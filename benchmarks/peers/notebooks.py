"""The assignment as nbgrader wants it: a notebook with the instructor's lines, the student's cell, tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.peers.work import POINTS

if TYPE_CHECKING:
    from benchmarks.peers.work import Work

_STUDENTS_CELL = "student"
_KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def assignment_notebook(work: Work) -> str:
    """The instructor's version; nbgrader cuts the solution out of it."""
    cells = [
        _cell("lab", work.lab_lines(), locked=True),
        _cell(_STUDENTS_CELL, "### BEGIN SOLUTION\n### END SOLUTION", solution=True),
        _cell("accuracy", work.judge_lines(), locked=True, points=POINTS),
    ]
    return json.dumps({"cells": cells, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5})


def submitted_notebook(work: Work, released: str) -> str:
    """The released version with the submission in the student's cell."""
    notebook = json.loads(released)
    (cell,) = [
        cell for cell in notebook["cells"] if cell["metadata"]["nbgrader"]["grade_id"] == _STUDENTS_CELL
    ]
    cell["source"] = work.submission.read_text()
    return json.dumps(notebook)


def _cell(
    name: str, source: str, *, locked: bool = False, solution: bool = False, points: int | None = None
) -> dict[str, Any]:
    marks = {
        "schema_version": 3, "grade_id": name, "locked": locked, "solution": solution, "task": False,
        "grade": points is not None, **({} if points is None else {"points": points}),
    }  # fmt: skip
    return {
        "cell_type": "code", "id": name, "execution_count": None, "outputs": [], "source": source,
        "metadata": {"nbgrader": marks},
    }  # fmt: skip
