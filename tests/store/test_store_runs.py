import threading

import pytest

from graders.spec import AssignmentSpec
from store import repository
from store.engine import reading, transaction
from store.models import OutboxRow, Run
from store.queue import QUEUES, RUN_TASK, drain_outbox


class Broker:
    def __init__(self, down=False):
        self.sent, self.down = [], down

    def send_task(self, name, args, queue, priority, **_):
        if self.down:
            raise ConnectionError("no broker")
        self.sent.append((name, args, queue, priority))


def claim(engine, run_id, now=None):
    with transaction(engine) as session:
        return repository.claim(session, run_id, now)


def test_submission_run_and_doorbell_are_written_together(engine, hand_in):
    done = hand_in()
    with reading(engine) as session:
        job = repository.load_job(session, done.run_id)
        bells = repository.unsent_outbox(session)
    assert (job.source, job.spec_version, len(job.secret_seed)) == ("x = 1\n", 1, 32)
    assert isinstance(job.spec, AssignmentSpec)
    assert [bell.run_id for bell in bells] == [done.run_id]


def test_the_same_key_gives_the_same_submission_and_a_changed_source_is_refused(hand_in):
    first, again = hand_in(key="k"), hand_in(key="k")
    assert (first.created, again.created) == (True, False)
    assert first.submission_id == again.submission_id
    with pytest.raises(repository.IdempotencyConflictError):
        hand_in(source="y = 2\n", key="k")


def test_two_workers_claiming_at_once_have_one_winner(engine, hand_in):
    for _ in range(10):
        run_id, won, barrier = hand_in().run_id, [], threading.Barrier(4)

        def work(run_id=run_id, won=won, barrier=barrier):
            barrier.wait()
            won.append(claim(engine, run_id))

        threads = [threading.Thread(target=work) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert sum(result is not None for result in won) == 1


def test_a_worker_back_from_the_dead_writes_nothing(engine, hand_in, report, evidence):
    run_id = hand_in().run_id
    old = claim(engine, run_id, now=1000.0)
    new = claim(engine, run_id, now=2000.0)
    assert (old.attempt, new.attempt) == (1, 2)
    with transaction(engine) as session:
        assert not repository.heartbeat(session, run_id, old.attempt)
        assert not repository.transition(session, run_id, old.attempt, "training")
        wrote = repository.finish(session, run_id, old.attempt, outcome="graded", evidence=b"", report=report)
        assert not wrote
        assert repository.transition(session, run_id, new.attempt, "training")
        finish = {"outcome": "graded", "evidence": evidence, "report": report, "log": "a\x00b"}
        assert repository.finish(session, run_id, new.attempt, **finish)
        assert not repository.finish(session, run_id, new.attempt, **finish)
        assert repository.run_log(session, run_id) == "a\ufffdb"
        assert repository.stored_evidence(session, run_id).blob == evidence


def test_illegal_steps_raise(engine, hand_in):
    run_id = hand_in().run_id
    with transaction(engine) as session:
        with pytest.raises(repository.IllegalTransitionError):
            repository.transition(session, run_id, 0, "training")
        with pytest.raises(repository.IllegalTransitionError):
            repository.transition(session, run_id, 0, "graded")
        with pytest.raises(LookupError):
            repository.transition(session, "no", 0, "training")


def test_a_release_uses_up_no_attempt(engine, hand_in):
    run_id = hand_in().run_id
    for n in range(1, 8):
        assert claim(engine, run_id).attempt == n
        with transaction(engine) as session:
            assert repository.release(session, run_id, n)
            assert repository.unsent_outbox(session) == []
            assert len(repository.unsent_outbox(session, now=1e11)) == 1


def test_expired_leases_are_queued_again_until_the_attempts_are_used_up(engine, hand_in):
    run_id = hand_in().run_id
    drain_outbox(engine, Broker())
    now = 1e10
    for n in range(1, 4):
        assert claim(engine, run_id, now=now).attempt == n
        now += 100
        with transaction(engine) as session:
            result = repository.reconcile(session, now)
        assert (len(result.requeued), len(result.errored)) == ((1, 0) if n < 3 else (0, 1))
    assert claim(engine, run_id, now=now + 1000) is None
    with reading(engine) as session:
        run = session.get(Run, run_id)
    assert run.state == "errored"
    assert run.error.splitlines() == [f"attempt {n}: its worker stopped answering" for n in (1, 2, 3)]


def test_a_doorbell_lost_with_redis_rings_again(engine, hand_in):
    run_id = hand_in().run_id
    broker = Broker()
    assert drain_outbox(engine, broker) == 1
    assert drain_outbox(engine, broker) == 0
    with transaction(engine) as session:
        assert repository.reconcile(session).rung_again == 0
        sent_at = session.query(OutboxRow).one().sent_at
        assert repository.reconcile(session, sent_at + 121).rung_again == 1
    assert drain_outbox(engine, broker) == 1
    assert broker.sent == [(RUN_TASK, [run_id], QUEUES["cpu"], 3)] * 2


def test_a_broker_that_is_down_leaves_the_doorbell(engine, hand_in):
    hand_in()
    assert drain_outbox(engine, Broker(down=True)) == 0
    assert drain_outbox(engine, Broker()) == 1


def test_a_second_pending_run_waits_behind_first_ones(engine, hand_in):
    first, second = hand_in(), hand_in()
    with reading(engine) as session:
        assert [b.priority for b in repository.unsent_outbox(session)] == [3, 6]
        assert repository.queue_position(session, first.run_id) == 1
        assert repository.queue_position(session, second.run_id) == 2
    claim(engine, first.run_id)
    with reading(engine) as session:
        assert repository.queue_position(session, first.run_id) is None
        assert repository.queue_position(session, second.run_id) == 1


def test_a_cancelled_run_is_lost_to_its_worker(engine, hand_in):
    run_id = hand_in().run_id
    mine = claim(engine, run_id)
    with transaction(engine) as session:
        assert repository.cancel(session, run_id)
        assert not repository.heartbeat(session, run_id, mine.attempt)
        assert not repository.cancel(session, run_id)
