"""As many doorbells as runs that wait: none of them waits for a bell that was used for somebody else."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from store import repository
from store.engine import transaction
from store.models import OutboxRow


@pytest.fixture
def rung(engine, hand_in):
    """Hands in and sends every doorbell, as the api does; the runs in the order in which they are served."""

    def rings(count):
        runs = [hand_in(source=f"x = {number}\n").run_id for number in range(count)]
        send_all(engine)
        return runs

    return rings


def send_all(engine, now=None):
    with transaction(engine) as session:
        bells = repository.unsent_outbox(session, now=now)
        repository.mark_sent(session, [bell.id for bell in bells], now=now)
    return {bell.run_id for bell in bells}


def test_a_bell_that_is_used_for_the_run_of_a_silent_worker_rings_again(engine, rung):
    silent, waiting = rung(2)
    with transaction(engine) as session:
        assert repository.claim_next(session, silent, 1e10).run_id == silent
        # Long after the lease; nobody has reconciled.
        claim = repository.claim_next(session, waiting, 1e10 + 1000)
        assert (claim.run_id, claim.attempt) == (silent, 2)
    assert send_all(engine, 1e10 + 1000) == {waiting}


def test_a_bell_that_is_used_for_one_who_waits_as_well_rings_once(engine, rung):
    first, second = rung(2)
    with transaction(engine) as session:
        assert repository.claim_next(session, second, 1e10).run_id == first
    assert send_all(engine, 1e10) == set()


def test_a_run_that_goes_back_before_its_bell_was_sent_takes_no_others_bell_along(engine, hand_in):
    """The first was called by the second's bell; its own would have stood in for that one."""
    first = hand_in(source="x = 1\n").run_id
    second = hand_in(source="x = 2\n").run_id
    with transaction(engine) as session:
        bells = [bell.id for bell in repository.unsent_outbox(session) if bell.run_id == second]
        repository.mark_sent(session, bells)
        claim = repository.claim_next(session, second)
        assert claim.run_id == first
        assert repository.release(session, first, claim.attempt, delay_s=15.0)
    assert send_all(engine) == {second}


def test_a_bell_that_is_used_for_another_before_it_is_marked_as_sent_rings_again(engine, rung, hand_in):
    """A worker may be quicker than whoever rang it: the mark that comes late must not count."""
    (silent,) = rung(1)
    waiting = hand_in(source="x = 9\n").run_id
    with transaction(engine) as session:
        repository.claim_next(session, silent, 1e10)
    with transaction(engine) as session:
        sent = [bell.id for bell in repository.unsent_outbox(session)]
    with transaction(engine) as session:
        assert repository.claim_next(session, waiting, 1e10 + 1000).run_id == silent
    with transaction(engine) as session:
        repository.mark_sent(session, sent, now=1e10 + 1000)
    assert send_all(engine, 1e10 + 1001) == {waiting}


def test_nor_does_a_mark_count_that_is_being_written_meanwhile(engine, rung, hand_in):
    (silent,) = rung(1)
    waiting = hand_in(source="x = 9\n").run_id
    with transaction(engine) as session:
        repository.claim_next(session, silent, 1e10)

    def claims():
        with transaction(engine) as session:
            return repository.claim_next(session, waiting, 1e10 + 1000).run_id

    with ThreadPoolExecutor() as other:
        with transaction(engine) as session:
            sent = [bell.id for bell in repository.unsent_outbox(session)]
            repository.mark_sent(session, sent, now=1e10 + 1000)
            claimed = other.submit(claims)
            time.sleep(0.3)
        assert claimed.result(20) == silent
    assert send_all(engine, 1e10 + 1001) == {waiting}


def test_a_bell_that_calls_before_its_run_is_due_on_the_workers_clock_rings_again(engine, hand_in):
    """Whoever rang has a clock that is ahead of the worker's."""
    (run_id, ahead_s) = hand_in().run_id, 2.0
    with transaction(engine) as session:
        due_at = session.scalar(select(OutboxRow.due_at).where(OutboxRow.run_id == run_id))
    assert send_all(engine, due_at) == {run_id}
    with transaction(engine) as session:
        assert repository.claim_next(session, run_id, due_at - ahead_s) is None
    assert send_all(engine, due_at - ahead_s) == set()
    assert send_all(engine, due_at) == {run_id}
    with transaction(engine) as session:
        assert repository.claim_next(session, run_id, due_at).run_id == run_id


def test_hosts_whose_clocks_a_time_service_keeps_serve_at_once_who_has_just_come(engine, hand_in):
    run_id = hand_in().run_id
    with transaction(engine) as session:
        due_at = session.scalar(select(OutboxRow.due_at).where(OutboxRow.run_id == run_id))
        assert repository.claim_next(session, run_id, due_at - 0.4).run_id == run_id


def test_a_bell_that_comes_late_for_a_run_that_is_done_rings_no_more(engine, rung, report):
    (run_id,) = rung(1)
    with transaction(engine) as session:
        claim = repository.claim_next(session, run_id)
        repository.finish(session, run_id, claim.attempt, outcome="graded", evidence=b"e", report=report)
        assert repository.claim_next(session, run_id) is None
    assert send_all(engine, 1e10) == set()
