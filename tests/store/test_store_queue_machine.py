"""Workers, a broker that repeats and loses, crashes and cancels: every run ends once, none is left behind."""

from __future__ import annotations

import tempfile
from collections import Counter

from databases import migrated_database
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from graders.report import Report
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.engine import make_engine, transaction
from store.models import ReportRecord, Run, Submission
from store.repository.states import ACTIVE, FINAL

SPEC = AssignmentSpec(
    slug="iris",
    title="Iris",
    dataset="iris",
    split=SplitSizes(train=90, validation=30, test=30),
    criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
)
REPORT = Report(outcome="graded", points=1, max_points=1, criteria=())
which = st.integers(min_value=0, max_value=20)


class QueueMachine(RuleBasedStateMachine):
    """`self.now` is the only clock. `self.workers`: the claims that somebody believes to hold, who may have
    stalled long ago, each worker one.
    """

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = migrated_database(self.folder.name)
        self.engine = make_engine(self.database.__enter__())
        self.now = 1e10
        self.accepted, self.broker, self.workers, self.ended = {}, [], [], {}
        self.claimed, self.results = set(), Counter()
        with transaction(self.engine) as session:
            course = repository.create_course(session, slug="c", title="c")
            self.students = [repository.create_user(session, name=name).id for name in ("ana", "ion")]
            self.assignment = repository.create_assignment(session, course_id=course.id, spec=SPEC).id

    @initialize(supersede=st.booleans())
    def three_wait_and_two_are_worked_on(self, supersede):
        for student, key in ((0, 0), (1, 0), (0, 1)):
            self.hand_in(student, key, supersede=supersede, rings=True)
        for _ in range(2):
            self.deliver(0, kept=False)

    def run_of(self, run_id):
        with transaction(self.engine) as session:
            return session.get(Run, run_id)

    def holds(self, claim):
        run = self.run_of(claim.run_id)
        return run.attempt == claim.attempt and run.state in ACTIVE

    @rule(student=st.integers(0, 1), key=st.integers(0, 3), supersede=st.booleans(), rings=st.booleans())
    def hand_in(self, student, key, supersede, rings):
        new = repository.NewSubmission(filename="a.py", source="", idempotency_key=str(key))
        with transaction(self.engine) as session:
            done = repository.submit(
                session, user_id=self.students[student], assignment_id=self.assignment, new=new, supersede=supersede
            )
        known = self.accepted.get((student, key))
        assert known is None or (known == done.run_id and not done.created)
        self.accepted[student, key] = done.run_id
        if rings:
            self.ring()

    def ring(self):
        with transaction(self.engine) as session:
            bells = repository.unsent_outbox(session, now=self.now)
            repository.mark_sent(session, [bell.id for bell in bells], now=self.now)
        self.broker += [bell.run_id for bell in bells]

    @precondition(lambda self: self.accepted)
    @rule(bell=which, kept=st.booleans())
    def deliver(self, bell, kept):
        """In any order, and once more when `kept`."""
        if not self.broker:
            self.ring()
        if not self.broker:
            return
        place = bell % len(self.broker)
        rung = self.broker[place] if kept else self.broker.pop(place)
        with transaction(self.engine) as session:
            before = {run.id: (run.state, run.lease_until, run.attempts_allowed) for run in session.scalars(select(Run))}
            claim = repository.claim_next(session, rung, self.now)
        if claim is None:
            return
        state, lease_until, attempts_allowed = before[claim.run_id]
        assert state == "queued" or (state in ACTIVE and lease_until < self.now)
        assert claim.attempt <= attempts_allowed
        assert (claim.run_id, claim.attempt) not in self.claimed
        self.claimed.add((claim.run_id, claim.attempt))
        self.workers.append(claim)

    @precondition(lambda self: self.broker)
    @rule()
    def the_broker_loses_all(self):
        self.broker.clear()
        with transaction(self.engine) as session:
            repository.ring_all_again(session)

    @rule(seconds=st.sampled_from([16.0, 61.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @precondition(lambda self: self.workers)
    @rule(worker=which)
    def crash(self, worker):
        self.workers.pop(worker % len(self.workers))

    @invariant()
    def each_worker_is_told_whether_its_run_is_still_its_own(self):
        for claim in self.workers:
            lease_until, held = self.run_of(claim.run_id).lease_until, self.holds(claim)
            with transaction(self.engine) as session:
                lease_s = (lease_until or 0) - self.now
                assert repository.heartbeat(session, claim.run_id, claim.attempt, self.now, lease_s=lease_s) == held

    @precondition(lambda self: self.workers)
    @rule(worker=which, outcome=st.sampled_from(["graded", "failed"]))
    def finish(self, worker, outcome):
        """Also by one that was taken for dead, or whose run was cancelled meanwhile."""
        claim = self.workers.pop(worker % len(self.workers))
        held = self.holds(claim)
        with transaction(self.engine) as session:
            done = repository.finish(
                session, claim.run_id, claim.attempt, outcome=outcome, evidence=b"e", report=REPORT, now=self.now
            )
        assert done == held
        self.results[claim.run_id] += done

    @precondition(lambda self: self.workers)
    @rule(worker=which, sandbox=st.booleans())
    def break_by_our_fault(self, worker, sandbox):
        claim = self.workers.pop(worker % len(self.workers))
        held, before = self.holds(claim), self.run_of(claim.run_id)
        with transaction(self.engine) as session:
            if sandbox:
                assert repository.release(session, claim.run_id, claim.attempt, now=self.now) == held
                return
            state = repository.set_back(session, claim.run_id, claim.attempt, "broke", now=self.now)
        left = before.attempt < before.attempts_allowed
        assert state == (("queued" if left else "errored") if held else None)

    @precondition(lambda self: self.accepted)
    @rule(one=which)
    def cancel(self, one):
        runs = list(self.accepted.values())
        run_id = runs[one % len(runs)]
        before = self.run_of(run_id)
        with transaction(self.engine) as session:
            done = repository.cancel(session, run_id, self.now)
        assert (done is not None) == (before.state not in FINAL)

    @precondition(lambda self: self.accepted)
    @rule(one=which)
    def retry(self, one):
        runs = list(self.accepted.values())
        run_id = runs[one % len(runs)]
        with transaction(self.engine) as session:
            if repository.retry(session, run_id, attempts=3, now=self.now):
                assert self.ended.pop(run_id) == "errored"

    @precondition(lambda self: self.claimed)
    @rule()
    def reconcile(self):
        with transaction(self.engine) as session:
            repository.reconcile(session, self.now)

    @invariant()
    def what_has_ended_stays_so_with_one_result(self):
        with transaction(self.engine) as session:
            runs = session.scalars(select(Run)).all()
            reports = Counter(session.scalars(select(ReportRecord.run_id)))
            assert session.query(Submission).count() == len(self.accepted) == len(runs)
        for run in runs:
            assert reports[run.id] == self.results[run.id] == (run.state in ("graded", "failed"))
            assert self.ended.get(run.id, run.state) == run.state
            assert run.state != "queued" or run.attempt < run.attempts_allowed
            if run.state in FINAL:
                self.ended[run.id] = run.state

    def teardown(self):
        try:
            self.everything_ends_once_the_trouble_is_over()
        finally:
            self.engine.dispose()
            self.database.__exit__(None, None, None)
            self.folder.cleanup()

    def everything_ends_once_the_trouble_is_over(self):
        self.workers.clear()
        for _ in range(3):
            self.time_passes(61.0)
            self.reconcile()
            self.ring()
            while self.broker:
                self.deliver(0, kept=False)
                if self.workers:
                    self.finish(0, "graded")
        self.what_has_ended_stays_so_with_one_result()
        assert set(self.ended) == set(self.accepted.values())


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
