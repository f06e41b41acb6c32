"""A second host needs two addresses and no more; when its cable is pulled nothing is lost and nothing is doubled."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "faults"))
import fault_table
from two_hosts_network import FIRST, Hosts
from two_hosts_place import two_hosts, until

from store.engine import reading
from store.models import Run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root: run make test-two-hosts as root")
LEASE_S = 5.0
VARIABLES = {"LABMARK_LEASE_S": str(LEASE_S), "LABMARK_HEARTBEAT_S": "1"}


@pytest.fixture(scope="module")
def service():
    # Not under pytest's folder, which only root may enter: PostgreSQL runs as a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="labmark-two-hosts-"))
    try:
        with Hosts() as hosts, two_hosts(hosts, folder, FIRST, VARIABLES) as (place, second):
            warm = [identifier for _ in range(2) for identifier in place.hand_in()]
            place.wait(warm)
            yield hosts, place, second
        fault_table.show()
    finally:
        if not os.environ.get("LABMARK_KEEP_LOGS"):
            shutil.rmtree(folder, ignore_errors=True)


def runs_of(place, identifiers):
    return {identifier: place.run_of(identifier) for identifier in identifiers}


def test_either_host_grades_what_is_handed_in(service):
    _, place, second = service
    handed_in = [identifier for _ in range(3) for identifier in place.hand_in()]
    hit = place.hit("none: two hosts share the work", "nothing")
    runs = hit.settle(handed_in)
    there = {run.id for run in runs} & set(second.finished())
    print(f"\nof {len(runs)} runs, {len(there)} were graded on the second host")
    assert 0 < len(there) < len(runs)


def training_on_second(place, second):
    """A run in training that the first host is not at: it has one slot, so of two that train one is there."""
    with reading(place.engine) as session:
        training = session.query(Run).filter_by(state="training").count()
    return training == 2


@pytest.mark.parametrize("seconds", [10, 75])
def test_its_cable_is_pulled_in_the_middle_of_a_run_and_put_back(service, seconds):
    """Ten seconds: its worker never knew. 75: its worker has given up on the database and on Redis meanwhile."""
    hosts, place, second = service
    handed_in = [identifier for _ in range(3) for identifier in place.hand_in()]
    until(lambda: training_on_second(place, second))
    before, known = set(second.finished()), time.monotonic()
    hosts.pull_cable()
    try:
        # All of it is graded by the first host alone, what the second one held too, once its lease is over.
        hit = place.hit(f"second host cut off for {seconds} s", "its network cable")
        runs = hit.settle(handed_in)
        assert max(run.attempt for run in runs) == 2, "nothing was taken back from the host that was cut off"
        time.sleep(max(0.0, known + seconds - time.monotonic()))
    finally:
        hosts.put_cable_back()
    # It comes back by itself, and what it says of the run that was taken from it is not taken.
    back = place.hit(f"its cable is back after {seconds} s", "nothing")
    handed_in += [identifier for _ in range(3) for identifier in place.hand_in()]
    back.settle(handed_in)
    deadline = time.monotonic() + 120
    while not any(second.finished()[run] for run in set(second.finished()) - before):
        assert time.monotonic() < deadline, "the second host grades nothing any more"
        more = place.hand_in()
        handed_in += more
        place.wait(more)
    print(f"\nthe second host graded again {time.monotonic() - back.began:.1f} s after its cable was back")
    # Whatever was sent in the dark has arrived by now: still nothing is doubled.
    hit.check(handed_in)
