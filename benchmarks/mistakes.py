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
from graders.advice import advise
from graders.grade import grade
from graders.labs import LABS
from store.repository import Job
from worker.material import Materials
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
_LINES_AROUND = 1
_HEAD = """# What goes wrong, and what is said of it

{count} mistakes that beginners make, each handed in as a beginner would write it, run in the real sandbox and
graded. `tests/mistakes` holds them, and asserts what their authors are told, in English and in Romanian; this
page is written from the same runs by `python -m benchmarks.mistakes --run`.

Under "What to try" a student reads three kinds of advice:

- on an **exception** that is recognised by its type and words (`graders/advice/exceptions.py`), added to the
  exception's own message and the line that raised it;
- on **figures** of a graded run (`graders/advice/figures.py`): what was measured, then what it often comes
  from;
- on what stands out in the **source** (`graders/advice/hints.py`), beside a failed or weak result only, since
  it may be meant so.

Advice gives and takes no points, and is made anew whenever a report is read.

"""


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
        job=job, attempt=1, materials=materials, runner_socket=runner_socket,
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


def table(mistakes: list[Mistake], told: dict[str, list[Told]]) -> str:
    """Mistake, code, what the student reads first."""
    rows = ["| mistake | code | advice | what the student reads |", "| --- | --- | --- | --- |"]
    for mistake in mistakes:
        first, *advice = told[mistake.name]
        shown = next((a for a in advice if a.code == mistake.advice), first)
        words = _cell(shown.in_words("en"))
        rows.append(
            f"| [{mistake.what}](#{mistake.name}) | `{first.code}` | {_code_of(mistake)} | {words} |"
        )
    return "\n".join(rows)


def _code_of(mistake: Mistake) -> str:
    return f"`{mistake.advice}`" if mistake.advice else ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def page() -> str:
    """docs/mistakes.md."""
    mistakes = load_mistakes()
    told = {mistake.name: read_told(mistake) for mistake in mistakes}
    sections = "\n".join(_section(mistake, told[mistake.name]) for mistake in mistakes)
    return f"{_HEAD.format(count=len(mistakes))}{table(mistakes, told)}\n\n{sections}"


def _section(mistake: Mistake, told: list[Told]) -> str:
    parts = [f"## {mistake.name}\n\n{mistake.what}.\n"]
    shown = [t.line for t in told if t.code in {mistake.advice, mistake.code} and t.line is not None]
    place = shown[0] if shown else None
    if place is not None:
        lines = mistake.source.split("\n")
        first = max(1, place - _LINES_AROUND)
        listing = [
            f"{'>' if number == place else ' '} {number:>2} | {lines[number - 1]}".rstrip()
            for number in range(first, min(len(lines), place + _LINES_AROUND) + 1)
        ]
        parts.append("```text\n" + "\n".join(listing) + "\n```\n")
    for sentence in told:
        at = f" (line {sentence.line})" if sentence.line is not None else ""
        english, romanian = (_cell(sentence.in_words(language)) for language in ("en", "ro"))
        parts.append(f"- `{sentence.code}`{at}: {english}\n  *{romanian}*")
    return "\n".join(parts) + "\n"


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
