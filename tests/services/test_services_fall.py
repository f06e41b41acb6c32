"""What a run becomes when the services under it fall: always graded, always once."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from store import repository
from store.engine import transaction

# Five repeats of a second each.
SLOW = """
import time, torch
def train(lab):
    time.sleep(1)
    return torch.nn.Linear(4, 3)
"""


@pytest.fixture
def at_work(service):
    """Four runs of which two train: the others wait in Redis."""
    identifiers = [service.submit(SLOW) for _ in range(4)]
    for identifier in identifiers[:2]:
        service.wait_for(identifier, states={"training"})
    assert {service.run_of(identifier).state for identifier in identifiers[2:]} == {"queued"}
    return identifiers


def test_redis_comes_back_empty(service, at_work):
    service.redis.kill()
    service.redis.forget()
    time.sleep(10)  # longer than a worker's first attempts to reach it again
    service.redis.start()
    service.assert_graded_once(at_work)


def test_redis_comes_back_with_its_data(service, at_work):
    service.redis.kill()
    service.redis.start()
    service.assert_graded_once(at_work)


def test_what_is_handed_in_while_redis_is_away_is_graded_when_it_is_back(service):
    service.redis.kill()
    identifiers = [service.submit(SLOW) for _ in range(2)]
    service.redis.start()
    service.assert_graded_once(identifiers)


def test_postgresql_restarts(service, at_work):
    service.postgres.stop()
    service.postgres.start()
    service.assert_graded_once(at_work)


def test_postgresql_is_away_while_runs_end(service, at_work):
    service.postgres.stop()
    time.sleep(8)  # longer than what the two runs at work need, and than their lease
    service.postgres.start()
    service.assert_graded_once(at_work)


def test_a_worker_is_killed(service, at_work):
    os.killpg(service.part("worker").process.pid, signal.SIGKILL)
    service.assert_graded_once(at_work)
    assert [service.run_of(identifier).attempt for identifier in at_work] == [2, 2, 1, 1]


def test_beat_is_killed_and_its_work_is_done_all_the_same(service, at_work):
    before = service.part("beat").restarts
    os.kill(service.part("beat").process.pid, signal.SIGKILL)
    os.killpg(service.part("worker").process.pid, signal.SIGKILL)
    service.assert_graded_once(at_work)
    assert service.part("beat").restarts == before + 1


def test_a_worker_that_was_stopped_past_its_lease_writes_nothing(service, at_work):
    """SIGSTOP, then SIGCONT once its runs are in other hands: the fencing token keeps it out."""
    group = service.part("worker").process.pid
    os.killpg(group, signal.SIGSTOP)
    stopped = {identifier: service.run_of(identifier).id for identifier in at_work[:2]}
    for identifier in stopped:
        service.wait_for(identifier, states={"queued"}, seconds=30)
    with transaction(service.engine) as session:
        claims = [repository.claim(session, run_id, lease_s=30) for run_id in stopped.values()]
    assert all(claim.attempt == 2 for claim in claims)
    os.killpg(group, signal.SIGCONT)
    service.assert_graded_once(at_work[2:])
    for identifier, claim in zip(stopped, claims, strict=True):
        run = service.run_of(identifier)
        assert (run.state, run.attempt) == ("claimed", 2)
        with transaction(service.engine) as session:
            repository.release(session, run.id, claim.attempt, delay_s=0)
    service.assert_graded_once(at_work)


def test_two_claims_at_once_give_one(service):
    """Two connections, as two workers' are."""
    for _ in range(20):
        with transaction(service.engine) as session:
            user = repository.user_by_name(session, "sam-student")
            assignment = repository.assignment_by_slug(session, "iris-single-layer")
            new = repository.NewSubmission(filename="a.py", source="")
            run_id = repository.submit(session, user_id=user.id, assignment_id=assignment.id, new=new).run_id
            # No doorbell: nobody else is to claim it.
            repository.mark_sent(session, [bell.id for bell in repository.unsent_outbox(session, run_id=run_id)])
        got, ready = [], threading.Barrier(4)

        def claim(run_id=run_id, got=got, ready=ready):
            ready.wait()
            with transaction(service.engine) as session:
                got.append(repository.claim(session, run_id))

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(claim is not None for claim in got) == 1
        with transaction(service.engine) as session:
            repository.cancel(session, run_id)
