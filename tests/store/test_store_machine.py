"""Any order of claims, deaths, late writers and reconciliations writes at most one result."""

import tempfile

from databases import migrated_database
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from graders.report import Report
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes
from store import repository
from store.engine import make_engine, transaction
from store.models import ReportRecord, Run

SPEC = AssignmentSpec(
    slug="iris",
    title="Iris",
    dataset="iris",
    split=SplitSizes(train=90, validation=30, test=30),
    criteria=(CriterionSpec(id="accuracy", grader="accuracy", points=1),),
)
REPORT = Report(outcome="graded", points=1, max_points=1, criteria=())
tokens = st.integers(min_value=0, max_value=5)


class RunMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = migrated_database(self.folder.name)
        self.engine = make_engine(self.database.__enter__())
        self.now, self.results, self.last_attempt = 1e10, 0, 0
        with transaction(self.engine) as session:
            course = repository.create_course(session, slug="c", title="c")
            user = repository.create_user(session, name="u")
            assignment = repository.create_assignment(session, course_id=course.id, spec=SPEC)
            new = repository.NewSubmission(filename="a.py", source="")
            self.run_id = repository.submit(
                session, user_id=user.id, assignment_id=assignment.id, new=new
            ).run_id

    def _run(self):
        with transaction(self.engine) as session:
            return session.get(Run, self.run_id)

    @rule(seconds=st.sampled_from([1.0, 30.0, 61.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule()
    def claim(self):
        before = self._run()
        with transaction(self.engine) as session:
            got = repository.claim(session, self.run_id, self.now)
        if got is not None:
            assert before.state == "queued" or before.lease_until < self.now
            assert got.attempt == before.attempt + 1

    @rule(token=tokens, state=st.sampled_from(["training", "evaluating"]))
    def step(self, token, state):
        before = self._run()
        try:
            with transaction(self.engine) as session:
                moved = repository.transition(session, self.run_id, token, state)
        except repository.IllegalTransitionError:
            moved = False
        assert not moved or before.attempt == token

    @rule(token=tokens)
    def finish(self, token):
        before = self._run()
        with transaction(self.engine) as session:
            done = repository.finish(
                session, self.run_id, token, outcome="graded", evidence=b"e", report=REPORT, now=self.now
            )
        assert not done or before.attempt == token
        self.results += done

    @rule(token=tokens)
    def release(self, token):
        with transaction(self.engine) as session:
            repository.release(session, self.run_id, token, now=self.now)

    @rule()
    def reconcile(self):
        with transaction(self.engine) as session:
            repository.reconcile(session, self.now)
        run = self._run()
        assert run.lease_until is None or run.lease_until >= self.now

    @invariant()
    def one_result_at_most_and_tokens_only_grow(self):
        with transaction(self.engine) as session:
            run = session.get(Run, self.run_id)
            assert session.query(ReportRecord).count() == self.results <= 1
            # What waits can be claimed: no run is stuck.
            assert run.state != "queued" or run.attempt < run.attempts_allowed
        assert (run.state == "graded") == (self.results == 1)
        assert run.attempt >= self.last_attempt
        self.last_attempt = run.attempt

    def teardown(self):
        self.engine.dispose()
        self.database.__exit__(None, None, None)
        self.folder.cleanup()


TestRunMachine = RunMachine.TestCase
TestRunMachine.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
