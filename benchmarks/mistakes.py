"""The mistakes of tests/mistakes, run in the real jail and graded, and the page of what is said of them.

    python -m benchmarks.mistakes [--run]

Without `--run`, docs/mistakes.md is written from what the last runs told (`told.json` beside each mistake);
with it they are run first, which needs the rights that the sandbox needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.messages import render_code
from benchmarks import mistakes_page
from graders.advice import advise
from graders.grade import grade
from graders.labs import LABS
from store.repository import Job
from worker.material import Materials
from worker.sandbox.pool import Pool
from worker.training import Training

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.language import Language
    from graders.report import Report
    from graders.spec import AssignmentSpec

ROOT = Path(__file__).resolve().parents[1]
MISTAKES = ROOT / "tests" / "mistakes"
PAGE = ROOT / "docs" / "mistakes.md"
_FIGURES = 4  # digits of what is kept


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """`code`: of the failure, or of the diagnosis of a run that was graded. `advice`: its code, or empty
    where the first sentence says it all. `line`: where it points, or else the failure does.
    """

    name: str
    source: str
    what: str
    lab: str
    code: str
    line: int | None
    advice: str
    words: dict[str, list[str]]
    wall_time_s: int | None


@dataclass(frozen=True, kw_only=True)
class Told:
    """A sentence for the student: a code with parameters, and the line that it points at."""

    code: str
    parameters: dict[str, Any]
    line: int | None

    def in_words(self, language: Language) -> str:
        return render_code(self.code, self.parameters, language)


def load_mistakes() -> list[Mistake]:
    found = []
    for path in sorted(MISTAKES.glob("*/expected.toml")):
        expected = tomllib.loads(path.read_text())
        found.append(
            Mistake(
                name=path.parent.name,
                source=(path.parent / "submission.py").read_text(),
                what=expected["what"],
                lab=expected.get("lab", "iris-multi-layer"),
                code=expected["code"],
                line=expected.get("line"),
                advice=expected.get("advice", ""),
                words={"en": expected["en"], "ro": expected["ro"]},
                wall_time_s=expected.get("wall_time_s"),
            )
        )
    return found


def run(mistake: Mistake, *, runner_socket: Path, materials: Materials) -> Report:
    """One repeat, always the same: seed and split come of the mistake's name."""
    spec = LABS[mistake.lab].model_copy(update={"repeats": 1})
    if mistake.wall_time_s is not None:
        limits = spec.limits.model_copy(update={"wall_time_s": mistake.wall_time_s})
        spec = spec.model_copy(update={"limits": limits})
    return run_source(
        mistake.source, spec, name=mistake.name, runner_socket=runner_socket, materials=materials
    )


def run_source(
    source: str, spec: AssignmentSpec, *, name: str, runner_socket: Path, materials: Materials
) -> Report:
    job = Job(
        run_id="", kind="graded", submission_id=name, assignment_id="", source=source,
        filename="submission.py", source_kind="py", spec=spec, spec_version=1, secret_seed=b"mistakes",
    )  # fmt: skip
    training = Training(
        job=job, attempt=1, materials=materials, runner=Pool(runner_socket),
        side_by_side=1, provenance={},
    )  # fmt: skip
    return grade(spec, training.repeats(lambda _phase: None))


def told_of(report: Report, source: str) -> list[Told]:
    """The failure or the diagnosis, and then the advice, in the order in which the student reads them."""
    found = []
    if report.failure is not None:
        parameters = dict(report.failure.parameters)
        found.append(Told(code=report.failure.code, parameters=parameters, line=report.failure.line))
    elif report.diagnosis is not None:
        found += [Told(code=m.code, parameters=m.parameters, line=None) for m in report.diagnosis.messages]
    found += [Told(code=a.code, parameters=a.parameters, line=a.line) for a in advise(report, source)]
    return found


def write_told(mistake: Mistake, told: list[Told]) -> None:
    kept = [{"code": t.code, "parameters": _rounded(t.parameters), "line": t.line} for t in told]
    (MISTAKES / mistake.name / "told.json").write_text(json.dumps(kept, indent=2) + "\n")


def read_told(mistake: Mistake) -> list[Told]:
    return [Told(**kept) for kept in json.loads((MISTAKES / mistake.name / "told.json").read_text())]


def _rounded(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _FIGURES) if isinstance(value, float) else value
        for name, value in parameters.items()
    }


def page() -> str:
    """docs/mistakes.md."""
    return mistakes_page.page((mistake, read_told(mistake)) for mistake in load_mistakes())


@contextmanager
def _a_runner() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="labmark-mistakes-") as folder:
        socket_path, log = Path(folder) / "runner.sock", Path(folder) / "runner.log"
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": folder}
        with log.open("wb") as out:
            command = [sys.executable, "-m", "worker.sandbox.runner", str(socket_path), "1"]
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=out)
        try:
            while "runner.ready" not in log.read_text(errors="replace"):
                if process.poll() is not None:
                    raise SystemExit(log.read_text(errors="replace"))
                time.sleep(0.1)
            yield socket_path
        finally:
            process.terminate()
            process.wait(20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", action="store_true", help="run the mistakes first")
    if parser.parse_args().run:
        materials = Materials(ROOT / "var")
        with _a_runner() as runner_socket:
            for mistake in load_mistakes():
                report = run(mistake, runner_socket=runner_socket, materials=materials)
                write_told(mistake, told_of(report, mistake.source))
    PAGE.write_text(page())
    print(f"{PAGE.relative_to(ROOT)}: {len(load_mistakes())} mistakes")


if __name__ == "__main__":
    main()
