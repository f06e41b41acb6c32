"""What is let go, what never is, and that grades and regrades do not notice."""

from __future__ import annotations

import random
import time

import pytest
from regrade_samples import RUNS, SPEC, control_of, hand_in_run
from sqlalchemy import delete, func, select, update

from graders.evidence_format import to_bytes
from graders.grade import judge
from graders.measures import measure
from graders.spec import LatePolicy
from store import regrading, repository
from store.beat import Beat
from store.engine import reading, transaction
from store.grading import grade_row
from store.models import AuditEntry, Enrollment, EvidenceRecord, ReportRecord, Run, RunLog, Submission
from store.retention import DAY_S, Policy, let_go, what_may_go

LONG_AGO_DAYS = 400
POLICY = Policy(logs_days=100, evidence_days=200)


class Course:
    """Students whose work is `LONG_AGO_DAYS` old, and an assignment that closed a little later."""

    def __init__(self, engine, **spec):
        self.engine, self.now = engine, time.time()
        self.then = self.now - LONG_AGO_DAYS * DAY_S
        with transaction(engine) as session:
            course = repository.create_course(session, slug="ml", title="ML")
            self.course_id = course.id
            self.spec = SPEC.model_copy(update={"counting": "best", **spec})
            self.assignment_id = repository.create_assignment(
                session, course_id=course.id, spec=self.spec, due_at=self.then + DAY_S
            ).id
            self.ina = repository.create_user(session, name="ina").id
            repository.enroll(session, user_id=self.ina, course_id=course.id, role="instructor")
        self.students = [self.student(name) for name in ("ana", "bob")]

    def student(self, name):
        with transaction(self.engine) as session:
            user = repository.create_user(session, name=name)
            repository.enroll(session, user_id=user.id, course_id=self.course_id, role="student")
            return user.id

    def hand_in(self, user_id, number=0, *, days_ago=LONG_AGO_DAYS, way="measured"):
        identifier, _ = hand_in_run(
            self.engine, user_id=user_id, assignment_id=self.assignment_id, found=RUNS[number], way=way, spec=self.spec
        )
        self.age(identifier, days_ago)
        return identifier

    def run_again(self, identifier, number=1, *, kind="graded", days_ago=LONG_AGO_DAYS):
        """A new run of the same submission, as a regrade asks for."""
        found = control_of(cheats=False) if kind == "control" else RUNS[number]
        report = None if kind == "control" else judge(self.spec, measure(found), spec_version=1)
        with transaction(self.engine) as session:
            run = repository.add_run(session, submission_id=identifier, spec_version=1, priority=9, kind=kind)
            claim = repository.claim(session, run.id)
            ended = {"outcome": "graded", "evidence": to_bytes(found), "report": report, "log": "again"}
            assert repository.finish(session, run.id, claim.attempt, **ended)
        self.age(identifier, days_ago, run_id=run.id)
        return run.id

    def age(self, identifier, days, run_id=None):
        at = self.now - days * DAY_S
        with transaction(self.engine) as session:
            which = Run.submission_id == identifier if run_id is None else Run.id == run_id
            session.execute(update(Run).where(which).values(finished_at=at, created_at=at))
            session.execute(update(Submission).where(Submission.id == identifier).values(created_at=at))

    def with_evidence(self):
        """{submission: [run, ...]}"""
        with reading(self.engine) as session:
            rows = session.execute(
                select(Run.submission_id, Run.id).join(EvidenceRecord, EvidenceRecord.run_id == Run.id).order_by(Run.id)
            )
            found = {}
            for submission, run_id in rows:
                found.setdefault(submission, []).append(run_id)
            return found

    def grades(self):
        with reading(self.engine) as session:
            assignment = repository.assignment_by_slug(session, "iris")
            return {row.user_id: grade_row(row, assignment) for row in repository.gradebook(session, assignment.id)}

    def counting(self):
        return {grade.counts.id for grade in self.grades().values() if grade.counts}

    def let_go(self, policy=POLICY):
        return list(let_go(self.engine, policy, now=self.now))

    def count(self, table):
        with reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table))


@pytest.fixture
def course(engine):
    return Course(engine)


def test_by_itself_everything_is_kept(course):
    course.hand_in(course.students[0])
    assert Policy().keeps_everything
    assert what_may_go(course.engine, Policy()) == []
    assert course.let_go(Policy()) == []


def test_what_counts_keeps_its_evidence_and_its_reports_and_the_others_only_their_reports(course):
    ana, bob = course.students
    handed_in = {course.hand_in(ana, number) for number in (0, 4, 5)} | {course.hand_in(bob, 1)}
    before, counting, reports = course.grades(), course.counting(), course.count(ReportRecord)
    (found,) = what_may_go(course.engine, POLICY, now=course.now)
    assert {run.submission_id for run in found.evidence} == handed_in - counting
    assert found.evidence_bytes > 100
    assert set(course.with_evidence()) == handed_in  # it was only looked at
    course.let_go()
    assert set(course.with_evidence()) == counting
    assert course.grades() == before
    assert course.count(ReportRecord) == reports
    assert course.let_go() == []


def test_a_grade_that_counts_is_regraded_to_the_same(course):
    ana, bob = course.students
    for user, number in ((ana, 0), (ana, 3), (bob, 2)):
        identifier = course.hand_in(user, number)
        course.run_again(identifier, number, kind="control")
    before = course.grades()
    course.let_go()
    with transaction(course.engine) as session:
        targets = repository.graded_targets(session, course.assignment_id, scope="all")
        assert {target.submission_id for target in targets} == course.counting()
        # From the evidence alone: measures are left aside.
        session.execute(update(EvidenceRecord).values(measures_version=None))
        for target, report in regrading.judge_targets(session, targets, course.spec, spec_version=1):
            assert report.points == target.points
        regrading.regrade(session, targets, course.spec, spec_version=1, author_id=None)
    assert {user: grade.points for user, grade in course.grades().items()} == {
        user: grade.points for user, grade in before.items()
    }


def test_a_run_that_was_replaced_goes_also_of_what_counts_and_the_newest_stays(course):
    identifier = course.hand_in(course.students[0], 0)
    (first,) = course.with_evidence()[identifier]
    control = course.run_again(identifier, kind="control")
    newer_control = course.run_again(identifier, kind="control")
    newest = course.run_again(identifier, 1)
    course.let_go()
    assert course.with_evidence() == {identifier: [newer_control, newest]}
    assert {first, control}.isdisjoint(course.with_evidence()[identifier])


def test_the_evidence_that_a_report_rests_on_stays_while_a_newer_run_errored(course):
    identifier = course.hand_in(course.students[0], 0)
    with transaction(course.engine) as session:
        run = repository.add_run(session, submission_id=identifier, spec_version=1, priority=9)
        claim = repository.claim(session, run.id)
        repository.mark_errored(session, run.id, claim.attempt, "disk full")
    course.age(identifier, LONG_AGO_DAYS)
    kept = course.with_evidence()
    course.let_go()
    assert course.with_evidence() == kept


def test_young_evidence_stays_and_no_older_run_is_all_that_is_left(course):
    ana, _ = course.students
    course.hand_in(ana, 0)
    worse = course.hand_in(ana, 5)
    young = course.run_again(worse, 5, days_ago=10)
    course.let_go()
    # The first of its runs was replaced and is old; the one that its report rests on is not.
    assert course.with_evidence()[worse] == [young]


@pytest.mark.parametrize("due_days_ago", [None, 150, -5])
def test_nothing_is_decided_before_the_assignment_has_closed_for_so_long(course, due_days_ago):
    ana, _ = course.students
    for number in (0, 5):
        course.hand_in(ana, number)
    due_at = None if due_days_ago is None else course.now - due_days_ago * DAY_S
    with transaction(course.engine) as session:
        repository.move_due_date(session, assignment_id=course.assignment_id, due_at=due_at, author_id=course.ina)
    course.let_go()
    assert len(course.with_evidence()) == 2


def test_late_days_and_extensions_keep_it_open(engine):
    course = Course(engine, late=LatePolicy(percent_per_day=0.2))
    ana, bob = course.students
    for user in (ana, bob):
        for number in (0, 5):
            course.hand_in(user, number)
    # Worth something until 500 days after the due date.
    course.let_go()
    assert len(course.with_evidence()) == 4
    with transaction(engine) as session:
        changed = course.spec.model_copy(update={"late": None})
        repository.add_assignment_version(session, assignment_id=course.assignment_id, spec=changed)
        repository.set_extension(
            session, assignment_id=course.assignment_id, user_id=bob, due_at=course.now - 50 * DAY_S, reason="ill",
            author_id=course.ina,
        )  # fmt: skip
    course.let_go()
    with reading(engine) as session:
        owners = session.scalars(select(Submission.user_id).where(Submission.id.in_(course.with_evidence())))
        assert sorted(owners) == sorted([ana, bob, bob])


def test_an_override_makes_what_counts(course):
    ana, _ = course.students
    best, other = course.hand_in(ana, 0), course.hand_in(ana, 5)
    with transaction(course.engine) as session:
        repository.give_override(
            session, submission_id=other, points=24, computed_points=0, reason="oral exam", author_id=course.ina
        )
        repository.give_override(
            session, submission_id=best, points=1, computed_points=20, reason="copied", author_id=course.ina
        )
    assert course.counting() == {other}
    course.let_go()
    assert set(course.with_evidence()) == {other}


@pytest.mark.parametrize("counting", ["last", "chosen"])
def test_the_rule_of_the_assignment_says_what_counts(engine, counting):
    course = Course(engine, counting=counting)
    ana, _ = course.students
    first, middle, last = (course.hand_in(ana, number) for number in (5, 0, 4))
    if counting == "chosen":
        with transaction(engine) as session:
            assert repository.choose(session, assignment_id=course.assignment_id, user_id=ana, submission_id=first)
    for place, identifier in enumerate((first, middle, last)):
        course.age(identifier, LONG_AGO_DAYS - place / 10)
    expected = {"last": last, "chosen": first}[counting]
    assert course.counting() == {expected}
    course.let_go()
    assert set(course.with_evidence()) == {expected}


def test_who_is_no_student_keeps_the_newest_of_each_submission(course):
    ana, _ = course.students
    gone = [course.hand_in(ana, number) for number in (0, 5)]
    staff = [course.hand_in(course.ina, number) for number in (0, 5)]
    replaced = course.with_evidence()[gone[0]]
    course.run_again(gone[0])
    with transaction(course.engine) as session:
        session.execute(delete(Enrollment).where(Enrollment.user_id == ana))
    course.let_go()
    assert set(course.with_evidence()) == {*gone, *staff}
    assert course.with_evidence()[gone[0]] != replaced


def test_nothing_goes_while_something_is_under_way(course):
    ana, _ = course.students
    course.hand_in(ana, 0)
    waiting = course.hand_in(ana, 5)
    with transaction(course.engine) as session:
        run_id = repository.add_run(session, submission_id=waiting, spec_version=1, priority=9).id
    course.let_go(Policy(evidence_days=200))
    assert len(course.with_evidence()) == 2
    with transaction(course.engine) as session:
        repository.cancel(session, run_id)
        job = repository.create_staff_job(
            session, kind="regrade", course_id=course.course_id, assignment_id=None, parameters={}, author_id=course.ina
        )
    (found,) = what_may_go(course.engine, POLICY, now=course.now)
    assert (found.evidence, found.logs) == ((), ())
    assert "staff work" in found.blocked
    assert course.let_go() == []
    with transaction(course.engine) as session:
        session.delete(session.get(type(job), job.id))
    course.let_go(Policy(evidence_days=200))
    assert len(course.with_evidence()) == 1


def test_logs_go_by_age_alone(course):
    ana, bob = course.students
    course.hand_in(ana, 0)
    young = course.hand_in(bob, 0, days_ago=10)
    course.let_go(Policy(logs_days=100))
    with reading(course.engine) as session:
        runs = session.scalars(select(Run.submission_id).join(RunLog, RunLog.run_id == Run.id)).all()
    assert runs == [young]
    assert len(course.with_evidence()) == 2


def test_each_removal_is_in_the_audit_log(course):
    ana, _ = course.students
    for number in (0, 5):
        course.hand_in(ana, number)
    course.let_go()
    with reading(course.engine) as session:
        entries = {
            entry.action: entry
            for entry in session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("retention.")))
        }
    removed = entries["retention.evidence_removed"]
    assert (removed.subject, removed.course_id, removed.actor_id) == (course.assignment_id, course.course_id, None)
    assert (removed.detail["runs"], removed.detail["older_than_days"]) == (1, 200)
    assert removed.detail["bytes"] > 100
    assert entries["retention.logs_removed"].detail == {"runs": 2, "older_than_days": 100}


def test_drawn_courses_never_lose_what_counts(course):
    """Many students, submissions, repeated and control runs, drawn; the rule stated once more, another way."""
    drawn = random.Random(7)
    for number in range(8):
        user = course.student(f"s{number}")
        for _ in range(drawn.randrange(1, 4)):
            identifier = course.hand_in(user, drawn.randrange(len(RUNS)), days_ago=drawn.choice((LONG_AGO_DAYS, 250, 50)))
            for _ in range(drawn.randrange(3)):
                kind = drawn.choice(("graded", "control"))
                course.run_again(identifier, drawn.randrange(len(RUNS)), kind=kind, days_ago=drawn.choice((300, 20)))
    before, held = course.grades(), course.with_evidence()
    course.let_go()
    left = course.with_evidence()
    assert sum(map(len, left.values())) < sum(map(len, held.values()))
    for grade in before.values():
        if grade.counts is None:
            continue
        with reading(course.engine) as session:
            newest = session.scalar(
                select(func.max(ReportRecord.run_id)).join(Run, Run.id == ReportRecord.run_id).where(
                    Run.submission_id == grade.counts.id
                )
            )
            control = session.scalar(
                select(func.max(Run.id)).where(Run.submission_id == grade.counts.id, Run.kind == "control")
            )
        assert newest in left[grade.counts.id]
        assert control is None or control in left[grade.counts.id]
    # Of no submission is an older run all that is left.
    for submission, runs in left.items():
        assert runs[-1] == held[submission][-1]
    assert course.grades() == before


class Keys:
    """What beat asks of Redis here, on a dict; times are not waited for."""

    def __init__(self):
        self.found = {}

    def set(self, key, value, nx=False, ex=None):
        if nx and key in self.found:
            return None
        self.found[key] = (value, ex)
        return True

    def expire(self, key, seconds):
        self.found[key] = (self.found[key][0], seconds)


def test_beat_lets_go_once_a_day_and_bit_by_bit(course, monkeypatch):
    monkeypatch.setattr("store.retention._AT_ONCE", 2)
    ana, _ = course.students
    for number in (0, 5, 5, 5, 5, 5):
        course.hand_in(ana, number)
    beat = Beat(course.engine, None, Keys(), policy=POLICY)
    left = []
    for _ in range(5):
        beat._let_go()
        left.append(len(course.with_evidence()))
    assert left == [4, 2, 1, 1, 1]
    course.hand_in(ana, 5)
    for _ in range(3):
        beat._let_go()
    assert len(course.with_evidence()) == 2
    beat.connection.found.clear()
    beat._let_go()
    assert len(course.with_evidence()) == 1


def test_beat_without_a_policy_asks_nobody(course):
    beat = Beat(course.engine, None, Keys())
    beat._let_go()
    assert beat.connection.found == {}


def test_a_night_that_failed_is_made_up_for_in_an_hour(course, monkeypatch):
    course.hand_in(course.students[0])

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("store.retention._remove", broken)
    beat = Beat(course.engine, None, Keys(), policy=POLICY)
    with pytest.raises(OSError, match="disk full"):
        beat._let_go()
    assert list(beat.connection.found.values()) == [("1", 3600)]
