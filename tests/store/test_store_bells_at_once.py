"""Workers, and whoever sends doorbells, at the same time: as in service, on the real database."""

from __future__ import annotations

import queue
import random
import threading
import time

from sqlalchemy import select

from store import repository
from store.engine import patiently, reading, transaction
from store.models import OutboxRow, Run

RUNS = 60
WORKERS = 3
# In a row, and not by the clock: a machine that stands still for a second has not looked.
IDLE_LOOKS = 20


class Traffic:
    """`bells` is the broker. A worker gives back what it has, or fails it, at random."""

    def __init__(self, engine, report):
        self.engine, self.report, self.bells, self.over = engine, report, queue.Queue(), threading.Event()
        self.faults = []

    def send(self):
        """Beat: reads, sends, and marks as sent, in this order."""
        while not self.over.is_set():
            bells = patiently(self.engine, repository.unsent_outbox)
            for bell in bells:
                self.bells.put(bell.run_id)
            if bells:
                patiently(self.engine, lambda session, bells=bells: repository.mark_sent(session, [b.id for b in bells]))
            time.sleep(0.02)

    def unsent(self):
        """Of runs that wait: those whose time comes later, too."""
        with reading(self.engine) as session:
            waiting = select(OutboxRow.id).join(Run).where(OutboxRow.sent_at.is_(None), Run.state == "queued")
            return session.scalars(waiting.limit(1)).first()

    def work(self, seed):
        draw = random.Random(seed)
        while not self.over.is_set():
            try:
                rung = self.bells.get(timeout=0.02)
            except queue.Empty:
                continue
            claim = patiently(self.engine, lambda session, rung=rung: repository.claim_next(session, rung))
            if claim is not None:
                self.end(claim, draw)
            self.bells.task_done()

    def end(self, claim, draw):
        def ends(session):
            if draw.random() < 0.4:
                return repository.release(session, claim.run_id, claim.attempt, delay_s=draw.choice([0.0, 0.05, 0.7]))
            return repository.finish(
                session, claim.run_id, claim.attempt, outcome="graded", evidence=b"e", report=self.report
            )

        time.sleep(draw.choice([0.0, 0.002]))
        patiently(self.engine, ends)

    def caught(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 - a thread's own is told by nobody
            self.faults.append(error)
            self.over.set()

    def run(self):
        threads = [threading.Thread(target=self.caught, args=(self.send,))]
        threads += [threading.Thread(target=self.caught, args=(self.work, seed)) for seed in range(WORKERS)]
        for thread in threads:
            thread.start()
        idle_looks = 0
        while not self.over.is_set() and idle_looks < IDLE_LOOKS:
            idle_looks = 0 if self.bells.unfinished_tasks or self.unsent() else idle_looks + 1
            time.sleep(0.05)
        self.over.set()
        for thread in threads:
            thread.join(60)


def test_no_run_waits_for_a_bell_that_was_used_for_another(engine, hand_in, report):
    runs = [hand_in(source=f"x = {number}\n").run_id for number in range(RUNS)]
    traffic = Traffic(engine, report)
    traffic.run()
    assert traffic.faults == []
    with transaction(engine) as session:
        states = session.scalars(select(Run.state).where(Run.id.in_(runs))).all()
    assert set(states) == {"graded"}, states.count("queued")
