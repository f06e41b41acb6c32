"""What was seen: one row a fault, printed when the tests have ended."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Row:
    """`recovery_s`: from the fault, or the end of an outage, until the last run had its grade; its work is in it.

    `attempts`: the most that one run needed.
    """

    pair: str
    fault: str
    killed: str
    runs: int
    recovery_s: float
    lost: int
    doubled: int
    attempts: int


ROWS: list[Row] = []


def show():
    for pair, rows in groupby(sorted(ROWS, key=lambda row: row.pair), lambda row: row.pair):
        table = Table(title=f"Faults on {pair}", title_justify="left", box=None, padding=(0, 1, 0, 0))
        table.add_column("fault", overflow="fold")
        table.add_column("what was killed", overflow="fold")
        for name in ("runs", "recovery s", "lost", "doubled", "attempts"):
            table.add_column(name, justify="right", no_wrap=True)
        for row in rows:
            figures = (row.runs, f"{row.recovery_s:.1f}", row.lost, row.doubled, row.attempts)
            table.add_row(row.fault, row.killed, *map(str, figures))
        Console(width=140).print()
        Console(width=140).print(table)
