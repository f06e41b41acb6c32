"""`labmark-server doctor`: what is wrong, and what to do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import redis
import typer
from redis.backoff import NoBackoff
from redis.retry import Retry
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from server.doctor.data import check_data_sets
from server.doctor.database import check_database
from server.doctor.evidence import check_evidence
from server.doctor.finding import Finding, Part, Patient, Status
from server.doctor.place import check_clocks, check_folder, check_pages
from server.doctor.queue import check_redis, check_workers
from server.doctor.runner import check_runner
from server.doctor.work import check_work
from store.engine import make_engine
from store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# In this order: later ones use what earlier ones learnt.
CHECKS: Final[dict[str, Callable[[Patient], Iterator[Finding]]]] = {
    "database": check_database,
    "redis": check_redis,
    "workers": check_workers,
    "runner": check_runner,
    "work": check_work,
    "evidence": check_evidence,
    "data sets": check_data_sets,
    "clocks": check_clocks,
    "data folder": check_folder,
    "dashboard": check_pages,
}
_SHOWN: Final[dict[Status, str]] = {"ok": "ok", "note": "note", "warning": "look", "wrong": "WRONG"}
_STYLES: Final[dict[Status, str]] = {"ok": "green", "note": "dim", "warning": "yellow", "wrong": "bold red"}
_WITHIN_S: Final = 5
# Off a terminal rich assumes 80 columns.
_console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one object.")] = False,
) -> None:
    """Check every part of the service; status 1 when something is wrong.

    Run it where a worker runs, which sees the most: docker compose exec worker-cpu labmark-server doctor.
    """
    findings = examine(Settings())
    wrong = [finding for finding in findings if finding.status == "wrong"]
    if as_json:
        told = {
            "ok": not wrong,
            "checked_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "findings": [asdict(finding) for finding in findings],
        }
        print(json.dumps(told, indent=2))
    else:
        _console.print(_table(findings))
        looks = sum(finding.status == "warning" for finding in findings)
        print(f"{len(wrong) or 'Nothing'} {'are' if len(wrong) > 1 else 'is'} wrong, {looks} to look at.")
    raise typer.Exit(1 if wrong else 0)


def examine(settings: Settings) -> list[Finding]:
    """Never raises: a part that is down is a finding, and so is a check that breaks."""
    try:
        patient = _patient(settings)
    except Exception as error:  # noqa: BLE001 - an address may be wrong in many ways; it is told
        what = f"DATABASE_URL or REDIS_URL is no address: {error}"
        return [Part("settings").wrong("addresses", what, "see .env.example and docs/deployment.md")]
    findings: list[Finding] = []
    try:
        for part, check in CHECKS.items():
            try:
                # What a check found before it broke still counts.
                for finding in check(patient):
                    findings.append(finding)  # noqa: PERF402
            except Exception as error:  # noqa: BLE001 - as it says above
                what = f"the check broke: {type(error).__name__}: {str(error).splitlines()[:1]}"
                remedy = "report this, with the output of labmark-server doctor --json"
                findings.append(Part(part).wrong("check", what, remedy))
    finally:
        patient.engine.dispose()
        patient.redis.close()
    return findings


def _patient(settings: Settings) -> Patient:
    limits = {"socket_connect_timeout": _WITHIN_S, "socket_timeout": _WITHIN_S}
    return Patient(
        settings=settings,
        engine=make_engine(_impatient(settings.database_url)),
        # By itself redis-py tries three times more.
        redis=redis.Redis.from_url(settings.redis_url, retry=Retry(NoBackoff(), 0), **limits),
    )


def _impatient(url: str) -> str:
    """A server that is away, or a table that somebody holds, is told after seconds."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return url
    limits = {"connect_timeout": str(_WITHIN_S), "options": f"-c statement_timeout={_WITHIN_S}s"}
    return parsed.update_query_dict(limits).render_as_string(hide_password=False)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("part", no_wrap=True)
    table.add_column("what is", ratio=3)
    table.add_column("what to do", ratio=2)
    for finding in findings:
        style = _STYLES[finding.status]
        shown = f"[{style}]{_SHOWN[finding.status]}[/]"
        table.add_row(shown, finding.part, _plain(finding.what), _plain(finding.remedy))
    return table


def _plain(text: str) -> str:
    """Rich reads [brackets] as markup."""
    return text.replace("[", "\\[")
