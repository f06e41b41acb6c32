"""The host's clock is set back by hours: nothing waits until it is there again."""

import pytest

from store import repository
from store.engine import transaction
from store.models import Run

NOW = 1e10
BACK_S = 7 * 3600.0
LATER = NOW - BACK_S


@pytest.fixture
def run_id(hand_in):
    return hand_in().run_id


def test_a_lease_from_before_ends_after_its_length(engine, run_id):
    with transaction(engine) as session:
        repository.claim(session, run_id, NOW, lease_s=60)
        assert repository.reconcile(session, LATER).requeued == ()
        assert repository.reconcile(session, LATER + 59).requeued == ()
        assert [run.run_id for run in repository.reconcile(session, LATER + 61).requeued] == [run_id]


def test_a_lease_that_is_kept_is_left_as_it_is(engine, run_id):
    with transaction(engine) as session:
        repository.claim(session, run_id, NOW, lease_s=60)
        repository.reconcile(session, NOW - 5)  # another host's clock, a little behind
        assert session.get(Run, run_id).lease_until == NOW + 60


def test_a_doorbell_from_before_is_sent_and_its_run_is_claimed(engine, run_id):
    with transaction(engine) as session:
        claim = repository.claim(session, run_id, NOW)
        assert repository.release(session, run_id, claim.attempt, now=NOW)
        assert [bell.run_id for bell in repository.unsent_outbox(session, now=LATER)] == [run_id]
        assert repository.claim_next(session, run_id, LATER) is not None


def test_one_that_is_put_off_is_not_sent_before(engine, run_id):
    with transaction(engine) as session:
        claim = repository.claim(session, run_id, NOW)
        assert repository.release(session, run_id, claim.attempt, delay_s=15, now=NOW)
        assert repository.unsent_outbox(session, now=NOW + 14) == []
        assert repository.claim_next(session, run_id, NOW + 14) is None
        assert repository.claim_next(session, run_id, NOW + 16) is not None


def test_a_doorbell_that_was_lost_before_rings_again(engine, run_id):
    with transaction(engine) as session:
        bells = repository.unsent_outbox(session, now=NOW)
        repository.mark_sent(session, [bell.id for bell in bells], now=NOW)
        assert repository.reconcile(session, LATER).rung_again == 1
