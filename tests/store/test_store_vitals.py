"""Figures by which an operator knows that the service does its work."""

from __future__ import annotations

import time

import pytest

from store import repository
from store.engine import reading, transaction
from store.queue import drain_outbox


class Broker:
    def send_task(self, *_, **__):
        pass


def ask(engine, question, **asked):
    with reading(engine) as session:
        return question(session, **asked)


def test_nothing_waits_in_a_new_service(engine):
    found = {(queue.device, queue.urgency): (queue.runs, queue.oldest_age_s) for queue in ask(engine, repository.queues)}
    assert found == dict.fromkeys(
        [("cpu", "live"), ("cpu", "background"), ("gpu", "live"), ("gpu", "background")], (0, 0.0)
    )
    assert ask(engine, repository.outbox_lag_s) == 0
    assert ask(engine, repository.stuck_runs) == 0
    assert ask(engine, repository.last_finished_at) is None
    assert set(ask(engine, repository.runs_by_state).values()) == {0}


def test_the_oldest_waits_since_it_was_handed_in_also_once_it_was_given_back(engine, hand_in):
    run_id = hand_in().run_id
    now = time.time()
    with transaction(engine) as session:
        claim = repository.claim(session, run_id)
        repository.release(session, run_id, claim.attempt, now=now + 100)
    (queue,) = [queue for queue in ask(engine, repository.queues, now=now + 110) if queue.runs]
    assert (queue.device, queue.urgency) == ("cpu", "live")
    assert queue.oldest_age_s == pytest.approx(110, abs=5)


def test_regrades_wait_in_the_background(engine, hand_in):
    submission = hand_in().submission_id
    with transaction(engine) as session:
        repository.add_run(
            session, submission_id=submission, spec_version=1, priority=repository.PRIORITY_REGRADE, device="gpu"
        )
    found = {(queue.device, queue.urgency): queue.runs for queue in ask(engine, repository.queues)}
    assert found[("cpu", "live")] == found[("gpu", "background")] == 1
    assert found[("gpu", "live")] == found[("cpu", "background")] == 0


def test_the_outbox_lags_from_when_a_doorbell_was_due(engine, hand_in):
    hand_in()
    now = time.time()
    assert ask(engine, repository.outbox_lag_s, now=now + 40) == pytest.approx(40, abs=5)
    drain_outbox(engine, Broker())
    assert ask(engine, repository.outbox_lag_s, now=now + 40) == 0
    # Lost with Redis, it is due again from then on: its first time was served.
    later = time.time() + 10_000
    with transaction(engine) as session:
        assert repository.reconcile(session, later).rung_again == 1
    lag_s = ask(engine, repository.outbox_lag_s, now=later)
    assert 0 < later - now - lag_s < 200


def test_a_run_is_stuck_when_nobody_took_it_back(engine, hand_in):
    run_id, now = hand_in().run_id, time.time()
    with transaction(engine) as session:
        repository.claim(session, run_id, now, lease_s=60)
    assert ask(engine, repository.stuck_runs, now=now + 119) == 0
    assert ask(engine, repository.stuck_runs, now=now + 121) == 1
    assert ask(engine, repository.runs_by_state)["claimed"] == 1


def test_errors_are_told_by_their_reason(engine, hand_in):
    for why in ("disk full", "disk full", "no such data set"):
        run_id = hand_in().run_id
        with transaction(engine) as session:
            claim = repository.claim(session, run_id)
            repository.mark_errored(session, run_id, claim.attempt, why)
    assert ask(engine, repository.errors_by_reason) == [("attempt 1: disk full", 2), ("attempt 1: no such data set", 1)]
    assert ask(engine, repository.last_finished_at) == pytest.approx(time.time(), abs=30)


def test_a_database_tells_its_size(engine, hand_in):
    hand_in(source="x = 1\n" * 100_000)
    assert 600_000 < ask(engine, repository.database_bytes) < 100_000_000
