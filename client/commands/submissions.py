"""Handing in, following, and reading what became of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from client.commands.assignments import good_name, local_time, table
from client.connection import connect
from client.following import follow
from client.handing_in import hand_in
from client.messages import named, points, say
from client.options import (
    LONG_S,
    AssignmentOption,
    JsonOption,
    PatienceOption,
    ServerOption,
    SubmissionArgument,
    TimeoutOption,
    TokenOption,
)
from client.problems import INTERRUPTED, USAGE, StopError, exit_status_of
from client.progress import show_progress
from client.project import find_project
from client.report import show_report
from client.screen import reporting, safe, safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from client.project import Project
    from client.screen import Screen
    from client.service import Service


# Whether each holds figures.
_COLUMNS: Final = {"submission": False, "assignment": False, "state": False, "points": True, "when": False}


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("argument.file"))],
    assignment: AssignmentOption = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help=say("option.wait"))] = False,
    timeout: TimeoutOption = None,
    patience: PatienceOption = LONG_S,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(file.parent)
        slug = assignment or project.assignment
        if slug is None:
            raise StopError(say("submit.no_assignment"), exit_status=USAGE, code="no_assignment")
        service = connect(screen, server=server, token=token, project=project, patience_s=patience)
        done = hand_in(service, good_name(slug), file)
        identifier = safe_line(done.submission_id)
        # From here on there is something to go on with, whenever Ctrl-C comes.
        with _interruptible(done.submission_id):
            if done.again:
                screen.line(say("submit.again", submission=identifier))
            else:
                screen.line(say("submit.done", assignment=slug, submission=identifier))
            if wait:
                _wait(screen, service, done.submission_id, timeout)
                return
        screen.note(say("submit.watch", submission=identifier))
        screen.note(say("submit.page", url=safe_line(done.page)))
        screen.document({**done.document, "again": done.again, "page": done.page})


def watch(
    submission: SubmissionArgument = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = LONG_S,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(Path.cwd())
        service = connect(screen, server=server, token=token, project=project, patience_s=patience)
        identifier = submission or _newest(service, project)
        with _interruptible(identifier):
            _wait(screen, service, identifier, timeout)


def results(
    submission: SubmissionArgument = None,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(Path.cwd())
        service = connect(screen, server=server, token=token, project=project)
        _show(screen, service, submission or _newest(service, project))


def log(
    submission: SubmissionArgument = None,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(Path.cwd())
        service = connect(screen, server=server, token=token, project=project)
        identifier = submission or _newest(service, project)
        text = service.get_text("submissions", identifier, "log")
        if text:
            screen.raw(safe(text) if text.endswith("\n") else f"{safe(text)}\n")
        else:
            screen.note(say("log.empty"))
        screen.document({"submission": identifier, "log": text})


def status(
    assignment: AssignmentOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help=say("option.limit"))] = 20,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(Path.cwd())
        service = connect(screen, server=server, token=token, project=project)
        found = service.get("submissions", assignment=assignment, limit=limit)
        if not found["items"]:
            screen.line(say("status.none"))
        else:
            made = table(screen, _COLUMNS)
            for item in found["items"]:
                made.add_row(*map(Text, _row(item)))
            screen.show(made)
        screen.document(found)


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    state = safe_line(named("state", str(item["state"])))
    if item["queue_position"]:
        state = f"{state} ({item['queue_position']})"
    got = "–" if item["points"] is None else f"{points(item['points'])} / {points(item['max_points'])}"
    return safe_line(item["id"]), safe_line(item["assignment"]), state, got, local_time(item["created_at"])


def _newest(service: Service, project: Project) -> str:
    """Of the folder's assignment, where there is one."""
    found = service.get("submissions", assignment=project.assignment, limit=1)["items"]
    if not found:
        raise StopError(say("error.no_submission"), exit_status=USAGE, code="no_submission")
    return str(found[0]["id"])


def _wait(screen: Screen, service: Service, submission_id: str, timeout_s: float | None) -> None:
    show_progress(screen, follow(service, submission_id, timeout_s=timeout_s))
    _show(screen, service, submission_id)


def _show(screen: Screen, service: Service, submission_id: str) -> None:
    """The report, and the status that goes with it."""
    feedback = service.get("submissions", submission_id, "feedback")
    page = f"{service.address}{feedback['submission']['links']['page']}"
    if not screen.json_mode:
        show_report(screen, feedback, page=safe_line(page))
    screen.document(feedback)
    exit_status = exit_status_of(str(feedback["submission"]["state"]))
    if exit_status:
        raise typer.Exit(exit_status)


@contextlib.contextmanager
def _interruptible(submission_id: str) -> Iterator[None]:
    """Ctrl-C ends the waiting, not the submission: say how to go on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        message = say("error.interrupted_wait", submission=submission_id)
        raise StopError(message, exit_status=INTERRUPTED, code="interrupted") from interrupt
