"""Every hostile submission of tests/attacks through a real service; then what the host shows of them.

LABMARK_ATTACKS=all runs all of them and prints a table (make test-attacks); else those that have `ci = true`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import attack
import host
import pytest
from canary import CANARY
from rich.console import Console
from rich.table import Table

from worker.sandbox import client

ALL = os.environ.get("LABMARK_ATTACKS", "") == "all"
_ONLY = os.environ.get("LABMARK_ATTACKS", "")
ATTACKS = [
    found
    for found in attack.load()
    if ALL or (found.expected.get("ci") if not _ONLY else found.id in _ONLY.split(",") or found.group in _ONLY.split(","))
]


@pytest.fixture(scope="module")
def before():
    return host.look()


@pytest.fixture(scope="module")
def endings(before, neighbour):
    """All are handed in at once, so that they also run beside each other."""
    place = neighbour
    handed_in = {found.id: place.submit(place.student, found.assignment, found.source) for found in ATTACKS}
    return {
        found.id: place.ending(
            handed_in[found.id],
            flags=found.expected.get("flags", ()),
            controlled=found.expected.get("unflagged", False),
        )
        for found in ATTACKS
    }


@pytest.mark.parametrize("found", ATTACKS, ids=lambda found: found.id)
def test_attack_ends_as_expected(endings, found):
    assert attack.problems(found, endings[found.id]) == []


def test_no_secret_of_the_service_came_out(endings):
    leaked = {name for name, ending in endings.items() if CANARY in f"{ending.log}{ending.report}{ending.submission}"}
    assert leaked == set()


def test_the_neighbours_honest_work_never_suffered(endings, place):
    assert len(place.bystanders) >= (1 if _ONLY else 3)
    wrong = [b for b in place.bystanders if b["state"] != "graded" or b["points"] != b["max_points"]]
    assert wrong == []


def test_the_host_shows_nothing_of_them(endings, before, place):
    place_socket = place.supervisor.settings.runner_socket
    deadline = time.monotonic() + 20
    while True:
        status = client.status(place_socket)
        spares = status["spares"]
        left = host.jail_processes(range(*status["uids"]), {spare["uid"] for spare in spares})
        groups = host.job_cgroups(place.runner_pid)
        if (not left and len(groups) <= 4 * len(spares)) or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert left == []
    assert len(groups) <= 4 * len(spares), groups
    pids = {part.process.pid for part in place.supervisor.parts}
    assert host.zombies(pids) == []
    own = str(place.supervisor.settings.data_dir.resolve())
    found = [line for line in host.changes(before, host.look()) if own not in line]
    listening = [line for line in found if not line.startswith("listens at")]
    assert listening == []


def test_every_part_of_the_service_has_lived_on(endings, place):
    assert {part.name: part.restarts for part in place.supervisor.parts if part.restarts} == {}
    assert Path(place.supervisor.settings.data_dir, "secret.txt").read_text() == CANARY


def test_table(endings):
    """What a person reads: the attack, what stops it, what came of it."""
    table = Table(title=f"{len(ATTACKS)} attacks", title_justify="left")
    for title in ("attack", "what it wants", "stopped by", "ended"):
        table.add_column(title, overflow="fold")
    for found in ATTACKS:
        ending, wanted = endings[found.id], found.expected
        stopped = wanted.get("stopped_by") or f"[yellow]not stopped:[/] {wanted['not_stopped']}"
        wrong = attack.problems(found, ending)
        ended = ending.told() if not wrong else f"[red]{wrong[0][:80]}"
        table.add_row(found.id, wanted["title"], stopped, ended)
    Console(width=150).print()
    Console(width=150).print(table)
    held = sum(not attack.problems(found, endings[found.id]) for found in ATTACKS)
    print(f"{held} of {len(ATTACKS)} attacks ended as expected")


def test_there_are_as_many_as_the_list_asks():
    """68 stand in the design; more have been thought of since."""
    assert len(attack.load()) >= 68
