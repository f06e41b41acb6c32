"""A host that vanishes in the middle of a transaction does not keep the others waiting for its rows."""

from __future__ import annotations

import time

import pytest
from databases import is_postgresql
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from store import engine as engine_module
from store import repository
from store.engine import make_engine, patiently, snapshot, transaction
from store.models import Run

pytestmark = pytest.mark.skipif(not is_postgresql(), reason="PostgreSQL's own sessions")


def asked(engine, name):
    with engine.connect() as connection:
        return connection.scalar(text(f"SHOW {name}"))


def test_the_server_gives_up_a_session_that_holds_a_transaction_and_says_nothing(engine):
    assert asked(engine, "idle_in_transaction_session_timeout") == "1min"
    assert asked(engine, "client_encoding") == "UTF8"


def test_a_backup_may_take_its_time(engine):
    with snapshot(engine) as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
    # It was for that one alone.
    assert asked(engine, "idle_in_transaction_session_timeout") == "1min"


def test_beat_takes_back_the_run_whose_row_a_vanished_host_had_locked(engine, database_url, hand_in, monkeypatch):
    monkeypatch.setitem(engine_module._HOST_IS_GONE, "idle_in_transaction_session_timeout", "2s")
    vanished = make_engine(database_url)
    run_id = hand_in().run_id
    with transaction(engine) as session:
        repository.claim(session, run_id)
    with vanished.connect() as connection:
        connection.execute(update(Run).where(Run.id == run_id).values(lease_until=time.time() + 60))
        began = time.monotonic()
        # Nothing more is heard of it. Its lease, as it was committed, ends; beat waits for the row no longer than that.
        with transaction(engine) as session:
            taken_back = repository.reconcile(session, now=time.time() + 1000)
        assert [each.run_id for each in taken_back.requeued] == [run_id]
        assert 1 < time.monotonic() - began < 20
        with pytest.raises(DBAPIError) as raised:
            connection.execute(text("SELECT 1"))
        assert raised.value.connection_invalidated
    vanished.dispose()


def test_whoever_was_stopped_for_too_long_does_its_work_again(engine, database_url, hand_in, monkeypatch):
    monkeypatch.setitem(engine_module._HOST_IS_GONE, "idle_in_transaction_session_timeout", "1s")
    stopped, run_id, tried = make_engine(database_url), hand_in().run_id, []

    def work(session):
        tried.append(repository.claim(session, run_id))
        if len(tried) == 1:
            time.sleep(2)
            repository.run_state(session, run_id)
        return tried[-1]

    assert patiently(stopped, work).attempt == 1
    assert len(tried) == 2
    stopped.dispose()
