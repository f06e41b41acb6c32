"""The broker and the database go away, come back, and come back with nothing in them."""

from __future__ import annotations

import time

import pytest
from fault_place import GOOD, LEASE_S, POSTGRESQL, SQLITE
from sqlalchemy import text

# Longer than a worker's first attempts to reach a broker again.
_AWAY_S = 10.0


@pytest.mark.quick
def test_the_broker_restarts_with_its_data(place):
    batch = place.at_work()
    hit = place.hit("kill -9", "the broker, which keeps its data")
    place.broker.kill()
    place.broker.start()
    hit.settle(batch)


def test_the_broker_comes_back_empty(place):
    batch = place.at_work()
    hit = place.hit(f"away for {_AWAY_S:.0f} s", "the broker, which loses its data")
    place.broker.kill()
    place.broker.forget()
    time.sleep(_AWAY_S)
    place.broker.start()
    hit.over()
    hit.settle(batch)


def test_what_is_handed_in_while_the_broker_is_away_is_graded_when_it_is_back(place):
    hit = place.hit("away", "the broker, while students hand in")
    place.broker.kill()
    batch = place.hand_in()
    place.broker.start()
    hit.over()
    hit.settle(batch)


@pytest.mark.only(POSTGRESQL)
def test_postgresql_restarts(place):
    batch = place.at_work()
    hit = place.hit("restart", "PostgreSQL, asked to end")
    place.postgres.stop()
    place.postgres.start()
    hit.settle(batch)


@pytest.mark.only(POSTGRESQL)
def test_postgresql_crashes(place):
    batch = place.at_work()
    hit = place.hit("crash", "PostgreSQL, not asked to end")
    place.postgres.crash()
    place.postgres.start()
    hit.settle(batch)


@pytest.mark.only(POSTGRESQL)
def test_postgresql_is_away_while_runs_end(place):
    batch = place.at_work()
    away_s = 2 * LEASE_S + 2  # longer than the runs at work need, and than their lease
    hit = place.hit(f"away for {away_s:.0f} s", "PostgreSQL, while runs end")
    place.postgres.stop()
    time.sleep(away_s)
    place.postgres.start()
    hit.over()
    hit.settle(batch)


@pytest.mark.only(SQLITE)
def test_sqlite_is_locked_for_longer_than_anybody_waits(place):
    """A backup, or a person with a shell on the database."""
    batch = place.at_work()
    locked_s = 12.0  # store.engine waits for 10
    hit = place.hit(f"locked for {locked_s:.0f} s", "nothing: another writer holds SQLite")
    with place.engine.connect() as connection:
        connection.execute(text("SELECT 1"))  # it begins with BEGIN IMMEDIATE
        time.sleep(locked_s)
        refused = place.post(GOOD)
        connection.rollback()
    assert refused.status_code >= 500, "who is not told 201 hands in again"
    hit.over()
    hit.settle(batch)
