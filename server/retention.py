"""`labmark-server retention`: let go now what beat would let go tonight, or only see what that is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from store.engine import make_engine
from store.evidence import EvidenceError, ObjectStore
from store.evidence_mover import Mover
from store.retention import MayGo, Policy, let_go, what_may_go
from store.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Off a terminal rich assumes 80 columns and would cut the table.
_console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def retention_command(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would go, and change nothing.")
    ] = False,
) -> None:
    """Let go of logs and evidence as LABMARK_RETAIN_LOGS_DAYS and LABMARK_RETAIN_EVIDENCE_DAYS say.

    Nothing that a grade rests on: see docs/operations.md. Beat does the same once a day.
    """
    settings = Settings()
    policy = Policy.of(settings)
    if policy.keeps_everything:
        print("Everything is kept: neither LABMARK_RETAIN_LOGS_DAYS nor LABMARK_RETAIN_EVIDENCE_DAYS is set.")
        return
    engine = make_engine(settings.database_url)
    try:
        found = what_may_go(engine, policy)
        if not found:
            print("Nothing is old enough to go.")
        else:
            _console.print(_table(found))
        if dry_run:
            return
        gone = list(let_go(engine, policy))
        _remove_objects(engine, settings)
    finally:
        engine.dispose()
    evidence, logs = sum(len(each.evidence) for each in gone), sum(len(each.logs) for each in gone)
    print(f"Gone: the evidence of {evidence:,} runs and the logs of {logs:,}.")


def _remove_objects(engine: Engine, settings: Settings) -> None:
    objects = ObjectStore.of(settings)
    if objects is None:
        return
    try:
        removed = sum(Mover(engine, objects).tidy_up())
    except EvidenceError as error:
        print(f"In the evidence store it is still there: {error}. Beat removes it within a day.")
        raise typer.Exit(1) from error
    print(f"Removed from the evidence store: {removed:,} objects.")


def _table(found: list[MayGo]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("assignment")
    for heading in ("evidence of runs", "MiB", "logs of runs"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for each in found:
        table.add_row(
            each.assignment.slug,
            f"{len(each.evidence):,}",
            f"{each.evidence_bytes / 1024**2:.1f}",
            f"{len(each.logs):,}",
            f"not now: {each.blocked}" if each.blocked else "",
        )
    return table
