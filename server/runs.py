"""`labmark-server runs`: what waits, what is stuck, what errored, and once it is mended, again."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from redis import RedisError
from rich.console import Console
from rich.table import Table

from server.database import database_session
from store import events, repository
from store.engine import make_engine, transaction
from store.models import STATES
from store.queue import drain_outbox, make_celery
from store.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from store.repository import OperatorRun, OperatorRunDetails

runs = typer.Typer(no_args_is_help=True, help="Runs of all courses: see them, retry those that errored.")
_WANTED = ("attention", "stuck", *STATES)
_LOG_TAIL_LINES = 40
# Off a terminal rich assumes 80 columns and would cut ids.
_console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)


@runs.command("list")
def list_runs(
    state: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(_WANTED)}; may be given several times.")
    ] = None,
    course: Annotated[str, typer.Option(help="Short name of the one course to look at.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a list of objects.")] = False,
) -> None:
    """Runs in these states, the one that has waited longest first. [errored and stuck ones]"""
    wanted = state or ["attention"]
    for name in wanted:
        if name not in _WANTED:
            raise typer.BadParameter(f"state {name!r} is none of {', '.join(_WANTED)}")
    asked: set[Any] = {name for name in wanted if name != "attention"}
    asked |= {"errored", "stuck"} if "attention" in wanted else set()
    with database_session() as session:
        course_id = _course_id(session, course) if course else None
        found = repository.runs_to_look_at(session, asked, course_id=course_id, limit=limit)
    if as_json:
        print(json.dumps([asdict(run) for run in found], indent=2))
        return
    if not found:
        print(f"No run is {' or '.join(sorted(asked))}.")
        return
    _console.print(_table(found))
    if len(found) == limit:
        print(f"Perhaps there are more: --limit is {limit}.")
    if any(run.state == "errored" for run in found):
        print("Once the reason is mended: labmark-server runs retry ID..., or --all-errored.")


@runs.command("show")
def show(
    any_id: Annotated[str, typer.Argument(metavar="ID", help="Of a run, or of a submission.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one object.")] = False,
) -> None:
    """Everything that is known of one run."""
    with database_session() as session:
        found = repository.run_details(session, any_id)
    if found is None:
        print(f"There is no run and no submission {any_id}.", file=sys.stderr)
        raise typer.Exit(1)
    if as_json:
        print(json.dumps(asdict(found), indent=2))
    else:
        _print_details(found)


@runs.command("retry")
def retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Of errored runs, or of their submissions.")
    ] = None,
    all_errored: Annotated[bool, typer.Option("--all-errored", help="Every errored run there is.")] = False,
) -> None:
    """Put errored runs back into the queue with new attempts. Status 1 if one could not be."""
    if bool(ids) == all_errored:
        raise typer.BadParameter("name the runs, or say --all-errored")
    settings = Settings()
    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        chosen, unknown = _chosen(session, ids or [])
        retried = [
            run
            for run in chosen
            if repository.retry_errored(session, run, attempts=settings.max_attempts)
        ]
    if retried:
        # After the commit, as everywhere. What does not get through is done by beat.
        drain_outbox(engine, make_celery(settings))
        _tell_watchers(settings, retried)
    engine.dispose()
    for run in retried:
        print(f"{run.run_id} is queued again ({run.course}/{run.assignment}, {run.student}).")
    for run in chosen:
        if run not in retried:
            print(f"{run.run_id} is {run.state}, not errored: left as it is.", file=sys.stderr)
    for name in unknown:
        print(f"There is no run and no submission {name}.", file=sys.stderr)
    if all_errored and not chosen:
        print("No run is errored.")
    if unknown or len(retried) < len(chosen):
        raise typer.Exit(1)


def _chosen(session: Session, ids: list[str]) -> tuple[list[OperatorRun], list[str]]:
    """Without ids all that are errored; and the ids that mean nothing."""
    if not ids:
        everything = 1_000_000
        return repository.runs_to_look_at(session, ["errored"], limit=everything), []
    found = {any_id: repository.run_details(session, any_id) for any_id in dict.fromkeys(ids)}
    return (
        [details.run for details in found.values() if details is not None],
        [any_id for any_id, details in found.items() if details is None],
    )


def _tell_watchers(settings: Settings, retried: list[OperatorRun]) -> None:
    """A page that shows the submission goes on from there. Redis being away loses only that."""
    with contextlib.suppress(RedisError), events.teller(settings.redis_url) as connection:
        for run in retried:
            if run.kind == "graded" and not events.publish(
                connection, run.submission_id, "state", {"state": "queued", "attempt": run.attempt}
            ):
                return


def _course_id(session: Session, slug: str) -> str:
    found = repository.course_by_slug(session, slug)
    if found is None:
        raise typer.BadParameter(f"there is no course {slug!r}: see labmark-server course create")
    return found.id


def _table(found: list[OperatorRun]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("run", "state", "attempts", "device", "assignment", "student", "handed in", "error"):
        table.add_column(heading, no_wrap=heading != "error", overflow="fold")
    for run in found:
        table.add_row(
            run.run_id,
            _state(run),
            f"{run.attempt} of {run.attempts_allowed}",
            run.device,
            f"{run.course}/{run.assignment}",
            run.student,
            _ago(run.created_at),
            run.error or "",
        )
    return table


def _state(run: OperatorRun) -> str:
    return f"{run.state}, stuck" if run.stuck else run.state


def _print_details(found: OperatorRunDetails) -> None:
    run = found.run
    lines = {
        "run": f"{run.run_id} ({run.kind})",
        "submission": run.submission_id,
        "of": f"{run.student}, {run.course}/{run.assignment}",
        "state": _state(run),
        "attempts": f"{run.attempt} of {run.attempts_allowed}",
        "device": run.device,
        "handed in": _when(run.created_at),
        "started": _when(run.started_at),
        "finished": _when(run.finished_at),
        "lease until": _when(run.lease_until),
        "error": run.error or "-",
        "doorbell": _doorbell(found.doorbell),
        "evidence": "none" if found.evidence_bytes is None else f"{found.evidence_bytes:,} bytes",
    }
    width = max(map(len, lines))
    for name, value in lines.items():
        print(f"{name:<{width}}  {value}")
    for version, cause, points, at in found.reports:
        print(f"{'report':<{width}}  {version}: {points:g} points, by {cause}, {_when(at)}")
    for at, action, detail in found.audit:
        print(f"{'audit':<{width}}  {_when(at)}: {action} {json.dumps(detail)}")
    if found.log:
        tail = found.log.splitlines()[-_LOG_TAIL_LINES:]
        # Written by a student: nothing in it may act on a terminal.
        shown = ("".join(c if c.isprintable() else "\ufffd" for c in line) for line in tail)
        print("\n".join(["--- end of the log ---", *shown]))


def _doorbell(bell: dict[str, Any] | None) -> str:
    if bell is None:
        return "none"
    sent = "not sent yet" if bell["sent_at"] is None else f"sent {_when(bell['sent_at'])}"
    return f"queue {bell['queue']}, priority {bell['priority']}, {sent}, {bell['sends']} times in all"


def _when(at: float | None) -> str:
    if at is None:
        return "-"
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M:%S} UTC ({_ago(at)})"


def _ago(at: float) -> str:
    seconds = time.time() - at
    if seconds < 0:
        return f"in {-seconds:.0f} s"
    for unit, length, most in (("s", 1, 120), ("min", 60, 200), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds / 86400:.0f} days ago"
