"""Handing in, following, and reading what became of it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from client.commands.assignments import good_name, local_time
from client.connection import connect
from client.following import follow
from client.handing_in import hand_in, read_file
from client.messages import named, points, say
from client.options import (
    AssignmentOption,
    JsonOption,
    PatienceOption,
    ServerOption,
    SubmissionArgument,
    TimeoutOption,
    TokenOption,
)
from client.problems import INTERRUPTED, STATE_EXITS, USAGE, StopError, exit_status_of
from client.progress import show_progress
from client.project import find_project
from client.report import show_report
from client.screen import reporting, safe, safe_line
from client.service import LONG_S
from client.standing import own_grade, show_grade
from client.syntax import refuse_bad_syntax
from client.tables import Column, show_table
from client.waiting import attempts_words, place_words, quota_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from client.project import Project
    from client.screen import Screen
    from client.service import Service


_COLUMNS: Final = (
    Column(name="submission"),
    Column(name="assignment"),
    Column(name="state"),
    Column(name="points", is_figure=True),
    Column(name="when", spare=1),
)


def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("argument.file"))],
    assignment: AssignmentOption = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help=say("option.wait"))] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help=say("option.unchecked"))] = False,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        content = read_file(file)
        project = find_project(file.parent)
        slug = assignment or project.assignment
        if slug is None:
            raise StopError(say("submit.no_assignment"), exit_status=USAGE, code="no_assignment")
        service = connect(screen, server=server, token=token, project=project, patience_s=_patient(patience))
        good_name(slug)
        if not unchecked:
            refuse_bad_syntax(file, content)
        done = hand_in(service, slug, file, content)
        identifier = safe_line(done.submission_id)
        # From here on there is something to go on with, whenever Ctrl-C comes.
        with _interruptible(done.submission_id):
            if done.again:
                screen.line(say("submit.again", submission=identifier))
            else:
                screen.line(say("submit.done", assignment=slug, submission=identifier))
            if not screen.json_mode:
                _say_accepted(screen, service, slug, done.document, wait=wait)
            if wait:
                screen.line("")
                _wait(screen, service, done.submission_id, timeout)
                return
        screen.note(say("submit.watch", submission=identifier))
        screen.note(say("submit.page", url=safe_line(done.page)))
        screen.document({**done.document, "again": done.again, "page": done.page})


def watch(
    submission: SubmissionArgument = None,
    timeout: TimeoutOption = None,
    patience: PatienceOption = None,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(Path.cwd())
        service = connect(screen, server=server, token=token, project=project, patience_s=_patient(patience))
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
            state = str(service.get("submissions", identifier)["state"])
            has_ended = state in STATE_EXITS
            screen.note(say("log.empty") if has_ended else say("log.not_yet", state=named("state", state)))
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
        if found["items"]:
            show_table(screen, _COLUMNS, [_row(item) for item in found["items"]])
        else:
            screen.line(say("status.none"))
        shown = [assignment, *(str(item["assignment"]) for item in found["items"])]
        quotas = {slug: quota_of(service, slug) for slug in dict.fromkeys(filter(None, shown))}
        _say_standing(screen, found["items"], quotas, now=service.now())
        screen.document({**found, "quotas": quotas})


def _patient(patience_s: float | None) -> float:
    """Those who hand in or wait have time: more than a restart of the service takes."""
    return LONG_S if patience_s is None else patience_s


def _say_accepted(
    screen: Screen, service: Service, slug: str, document: dict[str, Any], *, wait: bool
) -> None:
    """What there is to know before it begins: lateness, the line before it, how often one may still."""
    due_at = (own_grade(service, slug) or {}).get("due_at")
    if due_at is not None and service.now() > due_at:
        screen.note(say("submit.late", when=local_time(due_at)))
    for replaced in document.get("superseded") or []:
        screen.note(say("submit.replaced", submission=safe_line(replaced)))
    place = "" if wait else place_words(document, now=service.now())
    for sentence in (place, attempts_words(document.get("quota"), now=service.now())):
        if sentence:
            screen.note(sentence[0].upper() + sentence[1:].removesuffix(".") + ".")


def _say_standing(
    screen: Screen,
    items: list[dict[str, Any]],
    quotas: dict[str, dict[str, Any] | None],
    *,
    now: float,
) -> None:
    """Below the table: what waits, and how often one may still hand in."""
    told = {str(item["id"]): place_words(item, now=now) for item in items}
    told |= {slug: attempts_words(quota, now=now) for slug, quota in quotas.items()}
    if any(told.values()):
        screen.line("")
    for name, words in told.items():
        if words:
            screen.line(say("status.standing", name=safe_line(name), words=words))


def _row(item: dict[str, Any]) -> tuple[str, ...]:
    state = safe_line(named("state", str(item["state"])))
    got = "–" if item["points"] is None else f"{points(item['points'])} / {points(item['max_points'])}"
    return safe_line(item["id"]), safe_line(item["assignment"]), state, got, local_time(item["created_at"])


def _newest(service: Service, project: Project) -> str:
    """Of the folder's assignment, where there is one."""
    found = service.get("submissions", assignment=project.assignment, limit=1)["items"]
    if not found:
        raise StopError(say("error.no_submission"), exit_status=USAGE, code="no_submission")
    return str(found[0]["id"])


def _wait(screen: Screen, service: Service, submission_id: str, timeout_s: float | None) -> None:
    show_progress(screen, follow(service, submission_id, timeout_s=timeout_s), now=service.now)
    _show(screen, service, submission_id)


def _show(screen: Screen, service: Service, submission_id: str) -> None:
    """The report, and the status that goes with it."""
    feedback = service.get("submissions", submission_id, "feedback")
    submission = feedback["submission"]
    page = f"{service.address}{submission['links']['page']}"
    grade = own_grade(service, str(submission["assignment"]))
    if not screen.json_mode:
        show_report(screen, feedback, now=service.now())
        if submission["state"] in STATE_EXITS:
            show_grade(screen, grade, submission_id=str(submission["id"]))
        else:
            screen.note(say("submit.watch", submission=safe_line(submission["id"])))
        screen.raw(f"\n{say('submit.page', url=safe_line(page))}\n")
    screen.document({**feedback, "grade": grade})
    exit_status = exit_status_of(str(submission["state"]))
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
