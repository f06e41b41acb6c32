"""The ways to have one submission graded without Labmark: each prepared once, as its documentation says."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from benchmarks.common import bench_folder, cold_command, one_thread
from benchmarks.peers import environments
from benchmarks.peers.notebooks import assignment_notebook, submitted_notebook
from benchmarks.peers.work import POINTS, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_SECONDS = 300.0


class Way(Protocol):
    """`slot`: the ways run in several slots at once, each with folders of its own."""

    name: str
    what: str

    def prepare(self, works: Sequence[Work], *, slots: int, students: int) -> None:
        """All works in slot 0, the first one in every slot."""

    def grade(self, work: Work) -> None:
        """One submission, from the command line to the stored points. Raises RuntimeError without these."""

    def grade_several(self, work: Work, slot: int) -> int:
        """As many as it is quickest to grade in one process; how many these were."""


def seconds_of(way: Way, work: Work) -> float:
    started = time.perf_counter()
    way.grade(work)
    return time.perf_counter() - started


def _run(command: Sequence[str], folder: Path) -> None:
    """As in an activated environment. Raises RuntimeError with what it said."""
    own = Path(command[0]).parent
    environment = {**one_thread(), "PATH": f"{own}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_MOST_SECONDS,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stdout + done.stderr)[-3000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode} in {folder}:\n{said}")


class Cold:
    """Trains, and asks nothing of the result."""

    name = "cold python"
    what = "`python` with the file, from its start to its end; nothing is judged"

    def prepare(self, works: Sequence[Work], *, slots: int, students: int) -> None:  # noqa: ARG002
        self._commands = {work.name: cold_command(work.spec, work.submission) for work in works}

    def grade(self, work: Work) -> None:
        _run(self._commands[work.name], bench_folder())

    def grade_several(self, work: Work, slot: int) -> int:  # noqa: ARG002
        self.grade(work)
        return 1


_NBGRADER_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "bench"
"""


class Nbgrader:
    """A course for each slot: its gradebook is one SQLite file, which two commands would wait for."""

    name = "nbgrader autograde"
    what = "`nbgrader autograde ASSIGNMENT --student STUDENT --force` in a prepared course"

    def prepare(self, works: Sequence[Work], *, slots: int, students: int) -> None:
        self._program, self._students = str(environments.make("nbgrader") / "nbgrader"), students
        for slot in range(slots):
            course = self._course(slot)
            course.mkdir(parents=True)
            (course / "nbgrader_config.py").write_text(_NBGRADER_CONFIG)
            for work in works if slot == 0 else works[:1]:
                _write(course / "source" / work.name / f"{work.name}.ipynb", assignment_notebook(work))
                _run([self._program, "generate_assignment", work.name], course)
                for student in range(students):
                    released = course / "release" / work.name / f"{work.name}.ipynb"
                    path = course / "submitted" / f"student-{student}" / work.name / f"{work.name}.ipynb"
                    _write(path, submitted_notebook(work, released.read_text()))

    def grade(self, work: Work) -> None:
        self._grade(work, slot=0, options=("--student", "student-0"), students=1)

    def grade_several(self, work: Work, slot: int) -> int:
        """All students in one command: it then starts once."""
        self._grade(work, slot=slot, options=(), students=self._students)
        return self._students

    def _grade(self, work: Work, *, slot: int, options: tuple[str, ...], students: int) -> None:
        course = self._course(slot)
        began = time.time()
        _run([self._program, "autograde", work.name, *options, "--force"], course)
        graded = course.glob(f"autograded/*/{work.name}/{work.name}.ipynb")
        fresh = sum(path.stat().st_mtime >= began for path in graded)
        with sqlite3.connect(f"file:{course}/gradebook.db?mode=ro", uri=True) as connection:
            (full,) = connection.execute(
                "SELECT count(*) FROM grade JOIN base_cell ON base_cell.id = grade.cell_id "
                "JOIN notebook ON notebook.id = base_cell.notebook_id "
                "WHERE notebook.name = ? AND grade.auto_score = ?",
                (work.name, POINTS),
            ).fetchone()
        if fresh != students or full < students:
            raise RuntimeError(f"{course}: {fresh} of {students} notebooks graded, {full} full marks given")

    def _course(self, slot: int) -> Path:
        return bench_folder() / "peers" / "nbgrader" / f"course-{slot}"


_OTTER_TEST = """
from otter.test_files import test_case

OK_FORMAT = False
name = "accuracy"
points = {points}


@test_case(points={points})
def test_accuracy(train):
{body}
"""
# The documented function for one submission without a container; the process that calls it starts once.
_OTTER_SEVERAL = """
import sys
from otter.api import grade_submission

for path in sys.argv[2:]:
    results = grade_submission(path, sys.argv[1], quiet=True)
    assert results.total == results.possible, results
"""


class Otter:
    name = "otter run"
    what = "`otter run SUBMISSION -a autograder.zip`, no container"

    def prepare(self, works: Sequence[Work], *, slots: int, students: int) -> None:
        self._bin, self._students = environments.make("otter"), students
        for work in works:
            folder = self._folder(work)
            body = textwrap.indent(work.lab_lines() + work.judge_lines(), "    ")
            _write(folder / "tests" / "accuracy.py", _OTTER_TEST.format(points=POINTS, body=body))
            nothing_else = ("--no-config", "--no-requirements", "--no-environment")
            command = [str(self._bin / "otter"), "generate", "-t", "tests", "-o", "autograder.zip"]
            _run([*command, *nothing_else], folder)
            for slot in range(slots):
                for student in range(students):
                    path = self._submission(work, slot, student)
                    path.parent.mkdir(parents=True)
                    shutil.copy(work.submission, path)
            _write(folder / "several.py", _OTTER_SEVERAL)

    def grade(self, work: Work) -> None:
        folder = self._folder(work)
        results = folder / "results.json"
        results.unlink(missing_ok=True)
        options = ("-a", "autograder.zip", "-o", ".", "--no-logo")
        _run([str(self._bin / "otter"), "run", str(self._submission(work, 0, 0)), *options], folder)
        told = json.loads(results.read_text())
        scores = [test["score"] for test in told["tests"] if "score" in test]
        if sum(scores) != POINTS:
            raise RuntimeError(f"otter gave {scores} points: {told}")

    def grade_several(self, work: Work, slot: int) -> int:
        folder = self._folder(work)
        paths = [str(self._submission(work, slot, student)) for student in range(self._students)]
        _run([str(self._bin / "python"), "several.py", "autograder.zip", *paths], folder)
        return self._students

    def _folder(self, work: Work) -> Path:
        return bench_folder() / "peers" / "otter" / work.name

    def _submission(self, work: Work, slot: int, student: int) -> Path:
        return self._folder(work) / f"slot-{slot}" / f"student-{student}" / "submission.py"


WAYS: tuple[Way, ...] = (Cold(), Nbgrader(), Otter())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
