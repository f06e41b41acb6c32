"""Trying a file here before it is handed in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.checking import Checked, Trial, try_out
from client.commands.assignments import good_name
from client.handing_in import read_file
from client.messages import say
from client.options import AssignmentOption, JsonOption, ServerOption, TokenOption
from client.problems import USAGE, StopError, exit_status_of
from client.progress import show_progress
from client.project import find_project
from client.report import show_report
from client.screen import reporting, safe
from client.specification import find_spec

if TYPE_CHECKING:
    from client.screen import Screen


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("argument.file"))],
    assignment: AssignmentOption = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=say("option.seed"))] = 0,
    no_jail: Annotated[bool, typer.Option("--no-jail", help=say("option.no_jail"))] = False,
    show_log: Annotated[bool, typer.Option("--log", help=say("option.show_log"))] = False,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        project = find_project(file.parent)
        slug = assignment or project.assignment
        if slug is None:
            raise StopError(say("check.no_assignment"), exit_status=USAGE, code="no_assignment")
        content = read_file(file)
        spec = find_spec(screen, good_name(slug), project=project, server=server, token=token)
        trial = Trial(
            filename=file.name, content=content, assignment=slug, spec=spec.spec, seed=seed, jail=not no_jail
        )
        checked = Checked()
        show_progress(screen, try_out(trial, checked), now=time.time)
        assert checked.answer is not None
        differs = [*checked.answer["differs"], *([{"code": "hidden_criteria"}] if spec.hides else [])]
        feedback = checked.answer["feedback"]
        _show(screen, feedback, log=checked.answer["log"] if show_log else None)
        for told in differs:
            screen.note(say(f"differs.{told['code']}", **told))
        screen.note(say("check.other_rows", seed=seed, file=file))
        facts = {"seed": seed, "jailed": not no_jail, "asked": spec.source, "differs": differs}
        screen.document({**feedback, "check": {**facts, "log": checked.answer["log"]}})
        exit_status = exit_status_of(str(feedback["submission"]["state"]))
        if exit_status:
            raise typer.Exit(exit_status)


def _show(screen: Screen, feedback: dict[str, Any], *, log: str | None) -> None:
    if not screen.json_mode:
        show_report(screen, feedback, now=time.time())
    if log is not None:
        screen.line(f"\n{say('check.log')}", "bold")
        screen.raw(f"{safe(log)}\n")
    screen.note("")
