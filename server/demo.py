"""`make demo`: a service of its own, every example submitted over HTTP, a table of what became of each."""

from __future__ import annotations

import os
import socket
import sys
import time
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import httpx
from rich.console import Console
from rich.table import Table

from server.assets import fetch_assets
from server.demo_course import INSTRUCTOR, PEOPLE, STUDENT, author_of, create_demo_course
from server.supervisor import StartError, Supervisor
from store.migrate import upgrade
from store.settings import Settings
from worker.datasets.fetch import fetch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
_DEADLINE_S = 1500.0
_ASKED_A_SECOND = 15.0  # a service lets a person ask twenty times a second for long
# Off a terminal rich assumes 80 columns and would cut the table.
_console = Console(width=None if sys.stdout.isatty() else 100)


@dataclass(frozen=True)
class Example:
    """One folder under examples/: a submission and what must become of it."""

    assignment: str
    name: str
    source: str
    expected: dict[str, Any]


@dataclass(frozen=True)
class Result:
    example: Example
    submission: dict[str, Any]
    report: dict[str, Any] | None

    def problems(self) -> list[str]:
        """Every way in which this differs from what was expected; empty when it does not."""
        expected, got = self.example.expected, self.submission
        found = []
        if got["state"] != expected["state"]:
            found.append(f"state {got['state']}, expected {expected['state']}")
        if expected.get("points") == "full" and got["points"] != got["max_points"]:
            found.append(f"{got['points']} points, expected all {got['max_points']:g}")
        code = expected.get("code", "")
        if code and code not in self.codes():
            found.append(f"code {code} is not among {sorted(self.codes())}")
        if "line" in expected and (got["failure"] or {}).get("line") != expected["line"]:
            found.append(f"line {(got['failure'] or {}).get('line')}, expected {expected['line']}")
        allowed = expected.get("diagnosis")
        allowed = [allowed] if isinstance(allowed, str) else allowed
        if allowed and self.fit() not in allowed:
            found.append(f"diagnosis {self.fit()}, expected {' or '.join(allowed)}")
        return found

    def codes(self) -> set[str]:
        report = self.report or {}
        criteria = report.get("criteria", ())
        codes = {message["code"] for criterion in criteria for message in criterion["messages"]}
        if report.get("failure"):
            codes.add(report["failure"]["code"])
        return codes

    def framework(self) -> str:
        """What the model claims; code that gave no model claims nothing."""
        if self.submission["state"] != "graded":
            return "-"
        return str(((self.report or {}).get("claims") or {}).get("framework", "-"))

    def fit(self) -> str:
        diagnosis = (self.report or {}).get("diagnosis")
        return str(diagnosis["fit"]) if diagnosis else ""

    def error_of(self, part: str) -> str:
        measure = (self.report or {}).get("parts", {}).get(part)
        return f"{100 * measure['error']['value']:.1f}%" if measure else "-"


def load_examples(folder: Path) -> list[Example]:
    """Raises FileNotFoundError naming the folder when it holds none."""
    found = [
        Example(path.parent.parent.name, path.parent.name, (path.parent / "submission.py").read_text(),
                tomllib.loads(path.read_text()))
        for path in sorted(folder.glob("*/*/expected.toml"))
    ]  # fmt: skip
    if not found:
        raise FileNotFoundError(f"no examples under {folder.resolve()}: run this in the project's folder")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo_settings() -> Settings:
    base = Settings()
    with socket.socket() as probe:
        taken = probe.connect_ex((base.host, base.port)) == 0
    home = base.data_dir / "demo"
    home.mkdir(parents=True, exist_ok=True)
    return base.model_copy(
        update={
            "port": free_port() if taken else base.port,
            "redis_url": f"redis://127.0.0.1:{free_port()}/0",
            "database_url": f"sqlite:///{home.resolve()}/labmark.sqlite3",
            "runner_socket": home.resolve() / "runner.sock",
        }
    )


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _ask(http: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    """Comes again when the service says so: all examples together are more than one person asks for."""
    while (answer := http.request(method, path, **more)).status_code == httpx.codes.TOO_MANY_REQUESTS:
        time.sleep(float(answer.headers["Retry-After"]))
    return answer


def submit_all(
    http: httpx.Client,
    examples: list[Example],
    tokens: dict[str, str],
    *,
    on_done: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Submit every example as its author, then wait for each as the instructor, who `http` signs as.

    `on_done` is told how many have ended, whenever one has. Raises TimeoutError naming those that never did.
    """
    waiting: dict[str, Example] = {}
    for example in examples:
        body = {"filename": "submission.py", "source": example.source}
        path = f"/api/v1/assignments/{example.assignment}/submissions"
        answer = _ask(http, "POST", path, json=body, headers=_signed(tokens[author_of(example.name)]))
        answer.raise_for_status()
        waiting[answer.json()["id"]] = example
    _console.print(f"{len(waiting)} examples submitted; the slowest train for a minute.")
    done: dict[str, Result] = {}
    deadline = time.monotonic() + _DEADLINE_S
    while waiting:
        if time.monotonic() > deadline:
            raise TimeoutError(f"never ended: {[f'{e.assignment}/{e.name}' for e in waiting.values()]}")
        for identifier, example in list(waiting.items()):
            path = f"/api/v1/submissions/{identifier}"
            submission = _ask(http, "GET", path).raise_for_status().json()
            if submission["state"] not in _FINAL:
                continue
            report = _ask(http, "GET", f"{path}/report")
            done[identifier] = Result(example, submission, report.json() if report.is_success else None)
            del waiting[identifier]
            place, title = f"[{len(done)}/{len(examples)}]", f"{example.assignment}/{example.name}"
            _console.print(f"  {place} {title}: {submission['state']}")
            on_done(len(done))
        time.sleep(max(0.3, len(waiting) / _ASKED_A_SECOND))
    return sorted(done.values(), key=lambda result: (result.example.assignment, result.example.name))


# Heading, and whether the column holds figures.
_COLUMNS = {
    "example": False, "framework": False, "state": False, "points": True, "train": True, "valid.": True,
    "diagnosis": False, "s": True, "": False,
}  # fmt: skip


def table_of(results: list[Result]) -> Table:
    """One line an example; the errors are those of the training and of the validation part."""
    table = Table(box=None, padding=(0, 1, 0, 0), title="What became of the examples", title_justify="left")
    for heading, is_figure in _COLUMNS.items():
        side: Literal["right", "left"] = "right" if is_figure else "left"
        table.add_column(heading, justify=side, no_wrap=heading != "example", overflow="fold")
    for result in results:
        submission, failure = result.submission, result.submission["failure"]
        table.add_row(
            f"{result.example.assignment}/{result.example.name}",
            result.framework(),
            submission["state"],
            "-" if submission["points"] is None else f"{submission['points']:.0f}",
            result.error_of("train"),
            result.error_of("validation"),
            result.fit() or (failure["code"] if failure else ""),
            "-" if submission["wall_s"] is None else f"{submission['wall_s']:.1f}",
            "NO" if result.problems() else "ok",
        )
    return table


def run_demo(folder: Path, *, exit_after: bool, wait: Callable[[], None]) -> int:
    """Exit status: 0 when every expectation held, 1 otherwise."""
    examples, settings = load_examples(folder), demo_settings()
    fetch(settings.data_dir, progress=lambda text: _console.print(text, highlight=False))
    fetch_assets(progress=lambda text: _console.print(text, highlight=False))
    upgrade(settings.database_url)
    tokens = create_demo_course(settings)
    supervisor = Supervisor(settings, workers=max(1, os.cpu_count() or 1))
    url = f"http://{settings.host}:{settings.port}"
    try:
        _console.print("Starting the service: the frameworks are imported once, about 10 s.")
        supervisor.start()
        with httpx.Client(base_url=url, headers=_signed(tokens[INSTRUCTOR]), timeout=30) as http:
            results = submit_all(http, examples, tokens)
        _console.print(table_of(results))
        wrong = [result for result in results if result.problems()]
        for result in wrong:
            _console.print(
                f"NO  {result.example.assignment}/{result.example.name}: {'; '.join(result.problems())}"
            )
        _console.print(f"{len(results) - len(wrong)} of {len(results)} as expected.")
        _console.print(f"The dashboard: {url}/  Sign in with one of these tokens:", highlight=False)
        for login in (INSTRUCTOR, STUDENT):
            name, role = PEOPLE[login]
            _console.print(f"  {role} ({name}): {tokens[login]}", highlight=False, soft_wrap=True)
        if not exit_after:
            _console.print("The service stays up until you press Ctrl-C.")
            wait()
    except StartError as error:
        _console.print(str(error), highlight=False)
        return 1
    else:
        return 1 if wrong else 0
    finally:
        supervisor.stop()
