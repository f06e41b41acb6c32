"""What there is to do, and beginning it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markdown import Markdown

from client.connection import connect
from client.messages import points, say
from client.options import JsonOption, ServerOption, TokenOption
from client.problems import USAGE, StopError
from client.project import PROJECT_FILE, find_project, project_text
from client.screen import reporting, safe, safe_line
from client.specification import fetch_spec
from client.standing import show_grade
from client.tables import Column, show_table
from client.waiting import attempts_words, quota_of

if TYPE_CHECKING:
    from client.screen import Screen
    from client.service import Service

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_README: Final = "README.md"
# For completion alone: the service says which there are.
_FRAMEWORKS: Final = ("pytorch", "lightning", "tensorflow", "keras")
# Whether each holds figures.
_COLUMNS: Final = (
    Column(name="assignment"),
    Column(name="title", spare=2),
    Column(name="due"),
    Column(name="points", is_figure=True),
    Column(name="handed_in", is_figure=True, spare=1),
    Column(name="left", is_figure=True),
)


def assignments(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", show_default=False, help=say("argument.assignment"))
    ] = None,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        service = connect(screen, server=server, token=token, project=find_project(Path.cwd()))
        if name is not None:
            _show_one(screen, service, good_name(name))
            return
        found = [
            {
                **assignment,
                "grade": _own_grade(service, str(assignment["slug"])),
                "quota": quota_of(service, str(assignment["slug"])),
            }
            for assignment in service.get("assignments")["items"]
        ]
        if found:
            show_table(screen, _COLUMNS, [_row(assignment, now=service.now()) for assignment in found])
        else:
            screen.line(say("assignments.none"))
        screen.document({"items": found})


def start(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("argument.assignment"))],
    framework: Annotated[
        str | None,
        typer.Option(
            "--framework",
            "-f",
            metavar="NAME",
            help=say("option.framework"),
            autocompletion=lambda: list(_FRAMEWORKS),
        ),
    ] = None,
    notebook: Annotated[bool, typer.Option("--notebook", help=say("option.notebook"))] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help=say("option.folder"))] = None,
    force: Annotated[bool, typer.Option("--force", help=say("option.force"))] = False,
    server: ServerOption = None,
    token: TokenOption = None,
    json_mode: JsonOption = False,
) -> None:
    with reporting(json_mode=json_mode) as screen:
        slug = good_name(name)
        service = connect(screen, server=server, token=token, project=find_project(Path.cwd()))
        offered = [str(item["framework"]) for item in service.get("assignments", slug, "starters")["items"]]
        chosen = _choose(offered, framework)
        place = folder or Path(slug)
        form = "ipynb" if notebook else "py"
        lab_file = f"lab.{form}"
        if chosen is not None and (place / lab_file).exists() and not force:
            message = say("start.exists", path=place / lab_file)
            raise StopError(message, exit_status=USAGE, code="file_exists")
        # All is fetched before anything is written.
        readme = service.get_text("assignments", slug, "text")
        starter = chosen and service.get_text("assignments", slug, "starters", chosen, format=form)
        written = _write(place, PROJECT_FILE, project_text(assignment=slug, server=service.address))
        if (place / _README).exists() and (place / _README).read_bytes() != readme.encode():
            screen.note(say("start.kept", path=place / _README))
        else:
            written += _write(place, _README, readme)
        if starter is not None:
            written = [*_write(place, lab_file, starter), *written]
        # For `labmark check`, also where there is no service.
        fetch_spec(service, slug)
        others = [framework for framework in offered if framework != chosen]
        _say_started(screen, place, written, lab_file if starter else None, others)
        screen.document(
            {"assignment": slug, "server": service.address, "framework": chosen, "folder": str(place),
             "files": written, "frameworks": offered}
        )  # fmt: skip


def good_name(name: str) -> str:
    """It becomes the name of a folder."""
    if not _NAME.fullmatch(name):
        raise StopError(say("error.name", name=safe_line(name)), exit_status=USAGE, code="bad_name")
    return name


def local_time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M")


def _own_grade(service: Service, slug: str) -> dict[str, Any] | None:
    """None for those who are not enrolled and look on as administrators."""
    try:
        grade: dict[str, Any] = service.get("assignments", slug, "grades", "me")
    except StopError as stop:
        if stop.code != "not_found":
            raise
        return None
    return grade


def _row(assignment: dict[str, Any], *, now: float) -> tuple[str, ...]:
    grade = assignment["grade"] or {"due_at": assignment["due_at"], "points": None, "submissions": []}
    got = "–" if grade["points"] is None else points(grade["points"])
    return (
        safe_line(assignment["slug"]),
        safe_line(assignment["title"]),
        _due(grade["due_at"], now=now),
        f"{got} / {points(assignment['max_points'])}",
        str(len(grade["submissions"])),
        "–" if assignment["quota"] is None else str(assignment["quota"]["left"]),
    )


def _due(at_s: float | None, *, now: float) -> str:
    if at_s is None:
        return say("assignments.no_due")
    when = local_time(at_s)
    return when if at_s > now else say("assignments.over", when=when)


def _show_one(screen: Screen, service: Service, slug: str) -> None:
    assignment = service.get("assignments", slug)
    grade = _own_grade(service, slug)
    text = service.get_text("assignments", slug, "text")
    if screen.out.is_terminal:
        screen.show(Markdown(safe(text), hyperlinks=False))
    else:
        screen.raw(safe(text))
    due_at = grade["due_at"] if grade else assignment["due_at"]
    now = service.now()
    due = say("assignments.due", when=_due(due_at, now=now)) if due_at else say("assignments.no_due")
    screen.line(f"\n{due}")
    attempts = attempts_words(assignment["quota"], now=now)
    screen.line(f"{attempts} {say('attempts.apart')}" if attempts else say("attempts.unlimited"))
    show_grade(screen, grade)
    screen.document({**assignment, "grade": grade, "text": text})


def _choose(offered: list[str], framework: str | None) -> str | None:
    if framework is None:
        return offered[0] if offered else None
    if framework.lower() in offered:
        return framework.lower()
    others = ", ".join(map(safe_line, offered)) or "–"
    message = say("start.no_framework", framework=safe_line(framework), frameworks=others)
    raise StopError(message, exit_status=USAGE, code="no_such_starter")


def _write(place: Path, name: str, text: str) -> list[str]:
    path = place / name
    try:
        place.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        message = say("error.write", path=path, why=error.strerror or type(error).__name__)
        raise StopError(message, exit_status=USAGE, code="not_written") from error
    return [name]


def _say_started(
    screen: Screen, place: Path, written: list[str], lab_file: str | None, others: list[str]
) -> None:
    screen.line(say("start.done", folder=place, files=", ".join(written)))
    if lab_file is None:
        screen.note(say("start.no_starter"))
        return
    screen.note(say("start.next", file=place / lab_file))
    if others:
        screen.note(say("start.others", frameworks=", ".join(map(safe_line, others))))
