"""The broker delivers twice, late, in another order, and to several at once; a worker comes back from the dead."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal

import pytest
from fault_place import SPEC, until

from server import parts
from store import repository
from store.engine import make_engine, transaction
from store.ids import new_id
from store.queue import QUEUES, RUN_TASK, make_celery

SECOND_WORKER = [*parts.worker(concurrency=2), "-n", "second@%h"]
_CLAIMERS, _CLAIMS = 3, 40


def deliver(place, run_ids):
    celery = make_celery(place.settings)
    for run_id in run_ids:
        celery.send_task(RUN_TASK, args=[run_id], queue=QUEUES["cpu"], priority=random.choice([0, 3, 6, 9]))
    celery.close()


@pytest.mark.quick
def test_deliveries_are_doubled_and_reordered(place):
    """Of what waits, of what runs, of what has ended, and of what never was."""
    with place.beside("second-worker", SECOND_WORKER):
        ended = place.hand_in(good=1, bad=1)
        place.wait(ended)
        batch = place.at_work()
        run_ids = [place.run_of(identifier).id for identifier in [*ended, *batch]] * 5 + [new_id()] * 2
        random.Random(7).shuffle(run_ids)
        hit = place.hit("every doorbell 5 times", "nothing: doubled and reordered deliveries")
        deliver(place, run_ids)
        runs = hit.settle([*ended, *batch])
        assert [run.attempt for run in runs] == [1] * len(runs)


def claims(url, run_ids, together, got):
    engine = make_engine(url)
    with transaction(engine):
        pass
    for run_id in run_ids:
        together.wait(timeout=60)
        with transaction(engine) as session:
            if repository.claim(session, run_id, lease_s=600) is not None:
                got.put(run_id)
    engine.dispose()


def test_several_processes_claim_one_run_at_once(place):
    """As workers do, each over its own connection: one of them gets it."""
    # Beat would not let a lease be as long as these; and a bell that comes twice calls a worker to any run.
    stopped = [place.pid(name) for name in ("beat", "worker")]
    try:
        for group in stopped:
            os.killpg(group, signal.SIGSTOP)
        claim_all(place)
    finally:
        for group in stopped:
            os.killpg(group, signal.SIGCONT)


def claim_all(place):
    run_ids = [unrung_run(place) for _ in range(_CLAIMS)]
    fresh = multiprocessing.get_context("spawn")
    together, got = fresh.Barrier(_CLAIMERS), fresh.Queue()
    arguments = (place.settings.database_url, run_ids, together, got)
    claimers = [fresh.Process(target=claims, args=arguments) for _ in range(_CLAIMERS)]
    for claimer in claimers:
        claimer.start()
    for claimer in claimers:
        claimer.join()
    assert [claimer.exitcode for claimer in claimers] == [0] * _CLAIMERS
    assert sorted(got.get(timeout=10) for _ in run_ids) == sorted(run_ids)
    assert got.empty(), "one run was claimed twice"
    with transaction(place.engine) as session:
        for run_id in run_ids:
            assert repository.cancel(session, run_id)


def unrung_run(place):
    """Nobody else is told of it."""
    with transaction(place.engine) as session:
        user = repository.user_by_name(session, "sam-student")
        assignment = repository.assignment_by_slug(session, SPEC.slug)
        new = repository.NewSubmission(filename="a.py", source="")
        done = repository.submit(session, user_id=user.id, assignment_id=assignment.id, new=new)
        bells = repository.unsent_outbox(session, run_id=done.run_id)
        repository.mark_sent(session, [bell.id for bell in bells])
    place.expected[done.submission_id] = "cancelled"
    return done.run_id


def test_a_worker_that_slept_past_its_lease_writes_nothing(place):
    """SIGSTOP, then SIGCONT when others have done its runs: it tries to write, and the fencing token keeps it out."""
    batch = place.at_work()
    group, before = place.pid("worker"), len(fenced_out(place))
    with place.beside("second-worker", SECOND_WORKER):
        hit = place.hit("SIGSTOP past the lease, SIGCONT", "the worker, in two runs; a second one is there")
        os.killpg(group, signal.SIGSTOP)
        try:
            asleep = {run.id for run in hit.settle(batch) if run.attempt > 1}
        finally:
            os.killpg(group, signal.SIGCONT)
        assert len(asleep) >= 2
        # It has the failure of one in its hands, and of the other that it slept through the evaluation.
        until(lambda: len(fenced_out(place)) - before >= 2)
        hit.check(batch)
        for identifier in batch:
            assert place.told_of(identifier)[-1] == place.expected[identifier], "it told what it could not write"


def fenced_out(place):
    """What a worker did for a run that was no longer its own."""
    lines = [line[line.index("{") :] for line in place.log_of("worker").splitlines() if '"run_id"' in line]
    said = [json.loads(line) for line in lines]
    return [line["run_id"] for line in said if line["event"] == "run.lost" or line.get("recorded") is False]
