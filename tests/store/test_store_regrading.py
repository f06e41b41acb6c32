"""A regrade gives what the stored evidence would give afresh, whatever else was kept of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import migrated_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from regrade_samples import RUNS, SPEC, WAYS, afresh, control_of, hand_in_run, run_of
from sqlalchemy import func, select, update

from graders.evidence import Claims
from graders.measures import MEASURES_VERSION
from graders.spec import (
    AssignmentSpec,
    IntegritySpec,
    LatePolicy,
    LeaderboardSpec,
    Limits,
    SplitSizes,
    run_digest,
)
from store import regrading, repository
from store.beat import Beat
from store.engine import make_engine, reading, transaction
from store.models import EvidenceRecord, OutboxRow, ReportRecord, Run, StaffJob
from store.queue import STAFF_TASK
from store.repository.staff_jobs import STAFF_JOB_LEASE_S
from worker.staff_work import StaffWork, _FencedOutError

ROOT = Path(__file__).resolve().parents[2]
# Each example fills a database.
real_database = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def shared():
    """One database for all examples; each makes an assignment of its own."""
    with tempfile.TemporaryDirectory() as folder, migrated_database(folder) as url:
        engine = make_engine(url)
        yield Course(engine)
        engine.dispose()


@pytest.fixture
def course(engine):
    return Course(engine)


class Course:
    """Students, one instructor, and assignments as `SPEC` asks them."""

    def __init__(self, engine, students=5):
        self.engine, self.made = engine, 0
        with transaction(engine) as session:
            self.id = repository.create_course(session, slug="ml", title="Machine learning").id
            self.author_id = repository.create_user(session, name="ina").id
            names = [f"student{number}" for number in range(students)]
            self.students = [repository.create_user(session, name=name).id for name in names]

    def assignment(self, spec=SPEC):
        self.made += 1
        with transaction(self.engine) as session:
            slug = f"lab-{self.made}"
            own = spec.model_copy(update={"slug": slug})
            return repository.create_assignment(session, course_id=self.id, spec=own).id

    def publish(self, assignment_id, spec):
        with transaction(self.engine) as session:
            return repository.add_assignment_version(session, assignment_id=assignment_id, spec=spec)

    def hand_in(self, assignment_id, found=None, student=0, **how):
        found = run_of(1, 2) if found is None else found
        return hand_in_run(
            self.engine, user_id=self.students[student], assignment_id=assignment_id, found=found, **how
        )

    def targets(self, assignment_id, scope="all", **which):
        with reading(self.engine) as session:
            return repository.graded_targets(session, assignment_id, scope=scope, **which)

    def job(self, assignment_id, version=None, *, scope="all", new_runs=False):
        parameters = {"scope": scope, "new_runs": new_runs} | ({"version": version} if version else {})
        with transaction(self.engine) as session:
            return repository.create_staff_job(
                session, kind="regrade", course_id=self.id, assignment_id=assignment_id,
                parameters=parameters, author_id=self.author_id,
            ).id  # fmt: skip

    def job_now(self, job_id):
        with reading(self.engine) as session:
            return repository.staff_job(session, job_id)

    def run_job(self, job_id):
        StaffWork(engine=self.engine).run(job_id)
        return self.job_now(job_id)

    def reports(self, assignment_id):
        """(submission id, version, cause) -> report as stored."""
        with reading(self.engine) as session:
            rows = session.execute(
                select(Run.submission_id, ReportRecord).join(Run, Run.id == ReportRecord.run_id)
            ).all()
            own = {target.submission_id for target in self.targets(assignment_id)}
            return {
                (submission, record.version, record.cause): record.report
                for submission, record in rows
                if submission in own
            }

    def regrades(self, assignment_id):
        """Of each submission, how many reports regrades have added."""
        count = {target.submission_id: 0 for target in self.targets(assignment_id)}
        for submission_id, _, cause in self.reports(assignment_id):
            count[submission_id] += cause == "regrade"
        return list(count.values())


def everything(engine):
    """All that a regrade could change, to tell that nothing did."""
    with reading(engine) as session:
        return (
            session.scalar(select(func.count()).select_from(ReportRecord)),
            session.scalar(select(func.count()).select_from(Run)),
            session.execute(
                select(EvidenceRecord.run_id, EvidenceRecord.measures, EvidenceRecord.measures_version).order_by(
                    EvidenceRecord.run_id
                )
            ).all(),
        )


# Specs that ask for the same run.

shares = st.floats(0, 1).map(lambda value: round(value, 3))


@st.composite
def criteria(draw):
    cut_offs = sorted((draw(shares), draw(shares)))
    gap = sorted((draw(shares), draw(shares)))
    graders = {
        "accuracy": {"part": draw(st.sampled_from(["validation", "test"])), "zero_at": cut_offs[0], "full_at": cut_offs[1]},
        "generalization_gap": {
            "full_at_most": gap[0], "zero_at_least": gap[1], "measure": draw(st.sampled_from(["error", "loss"])),
        },
        "framework": {"allowed": draw(st.sampled_from([["pytorch"], ["keras", "tensorflow"]]))},
        "learning_curve": {"min_epochs": draw(st.integers(1, 6)), "max_regret": draw(st.none() | shares)},
        "stability": {"max_sd": draw(st.floats(0.001, 0.5)), "part": draw(st.sampled_from(["train", "test"]))},
        "resources": {"max_seconds": draw(st.floats(0.5, 3)), "max_parameters": draw(st.none() | st.integers(10, 20))},
        "architecture": {"expected": "single_layer"},
    }  # fmt: skip
    names = draw(st.lists(st.sampled_from(sorted(graders)), min_size=1, unique=True))
    return [
        {
            "id": name,
            "grader": name,
            "points": draw(st.floats(0, 20).map(lambda value: round(value, 1))),
            "parameters": graders[name],
            "visibility": draw(st.sampled_from(["always", "after_due", "staff"])),
        }
        for name in names
    ]


@st.composite
def same_run_specs(draw):
    """Other thresholds, points, lateness, visibility, counting and texts; nothing else is run."""
    late = st.builds(LatePolicy, percent_per_day=st.floats(0, 100), cut_off_days=st.none() | st.floats(0, 9))
    changes = {
        "title": draw(st.text("abc ăß", min_size=1, max_size=20)),
        "description": draw(st.text(max_size=20)),
        "criteria": draw(criteria()),
        "points_at_most": draw(st.none() | st.floats(1, 30)),
        "late": draw(st.none() | late),
        "counting": draw(st.sampled_from(["best", "last", "chosen"])),
        "leaderboard": draw(st.sampled_from([None, LeaderboardSpec(), LeaderboardSpec(step=0.1)])),
        "integrity": draw(
            st.builds(IntegritySpec, control_run=st.booleans(), disagreement_p_value=st.floats(1e-6, 0.05))
        ),
    }
    return AssignmentSpec.model_validate(SPEC.model_dump() | {k: plain(v) for k, v in changes.items()})


def plain(value):
    return value.model_dump() if hasattr(value, "model_dump") else value


chosen_runs = st.lists(st.integers(0, len(RUNS) - 1), min_size=len(WAYS), max_size=len(WAYS))


@real_database
@given(spec=same_run_specs(), chosen=chosen_runs, cheats=st.booleans())
def test_a_regrade_is_what_the_stored_evidence_gives_afresh(shared, spec, chosen, cheats):
    assignment_id, control = shared.assignment(), control_of(cheats)
    stored = {}
    for student, (way, run) in enumerate(zip(WAYS, chosen, strict=True)):
        submission_id, blob = shared.hand_in(assignment_id, RUNS[run], student, way=way, control=control)
        stored[submission_id] = (way, blob)
    version = shared.publish(assignment_id, spec)
    targets = shared.targets(assignment_id)
    assert [target.submission_id for target in targets] == list(stored)
    with transaction(shared.engine) as session:
        sort = regrading.sort_targets(session, assignment_id, targets, digest=run_digest(spec))
        assert (sort.judged, sort.to_run) == (tuple(targets), ())
        regraded = regrading.regrade(
            session, sort.judged, spec, spec_version=version, author_id=shared.author_id
        )
    kept = shared.reports(assignment_id)
    after = {target.submission_id: target for target in shared.targets(assignment_id)}
    for each in regraded:
        submission_id = each.target.submission_id
        way, blob = stored[submission_id]
        expected = afresh(spec, blob, way, spec_version=version, control=control)
        assert kept[submission_id, 2, "regrade"] == expected.model_dump(mode="json")
        now = after[submission_id]
        assert (now.points, now.outcome, now.spec_version) == (expected.points, expected.outcome, version)
        assert (each.points, each.outcome, each.max_points) == (now.points, now.outcome, expected.max_points)
        assert each.changes == ((now.points, now.outcome) != (each.target.points, each.target.outcome))
    with reading(shared.engine) as session:
        rows = session.execute(
            select(EvidenceRecord.measures_version).where(
                EvidenceRecord.run_id.in_([target.run_id for target in targets])
            )
        )
        assert {row[0] for row in rows} == {MEASURES_VERSION}


@real_database
@given(spec=same_run_specs(), between=same_run_specs(), chosen=chosen_runs)
def test_what_if_lists_exactly_whom_a_regrade_changes_and_saves_nothing(shared, spec, between, chosen):
    """Some stand by the first version, some by one in between."""
    assignment_id = shared.assignment()
    for student, (way, run) in enumerate(zip(WAYS, chosen, strict=True)):
        shared.hand_in(assignment_id, RUNS[run], student, way=way)
    targets = shared.targets(assignment_id)
    version = shared.publish(assignment_id, between)
    with transaction(shared.engine) as session:
        regrading.regrade(session, targets[:2], between, spec_version=version, author_id=None)
    targets, before = shared.targets(assignment_id), everything(shared.engine)
    standing = standing_reports(shared, assignment_id)
    with reading(shared.engine) as session:
        changes = {change.target.submission_id: change for change in regrading.what_if(session, targets, spec)}
    assert everything(shared.engine) == before
    with transaction(shared.engine) as session:
        regrading.regrade(session, targets, spec, spec_version=shared.publish(assignment_id, spec), author_id=None)
    for submission_id, report in standing_reports(shared, assignment_id).items():
        was, now = standing[submission_id], report
        verdicts_was, verdicts_now = ({c["id"]: c["verdict"] for c in r["criteria"]} for r in (was, now))
        assert (submission_id in changes) == (was["points"] != now["points"] or verdicts_was != verdicts_now)
        if submission_id in changes:
            told = changes[submission_id]
            assert (told.points_before, told.points_after) == (was["points"], now["points"])
            assert {i: (b, a) for i, b, a in told.criteria} == {
                i: (verdicts_was.get(i), verdicts_now.get(i))
                for i in {**verdicts_was, **verdicts_now}
                if verdicts_was.get(i) != verdicts_now.get(i)
            }


def standing_reports(course, assignment_id):
    return {submission: report for (submission, _, _), report in sorted(course.reports(assignment_id).items())}


@given(same_run_specs())
def test_what_is_run_stays_the_same_for_all_of_these(spec):
    assert run_digest(spec) == run_digest(SPEC)


RUNS_SOMETHING_ELSE = {
    "dataset": "mnist",
    "split": SplitSizes(train=90, validation=30, test=30),
    "repeats": 3,
    "frameworks": ("pytorch", "lightning", "tensorflow"),
    "device": "gpu",
    "limits": Limits(wall_time_s=61),
    "curve_rows_per_part": 2001,
    "evaluated_train_rows": 9999,
}


@pytest.mark.parametrize("field", RUNS_SOMETHING_ELSE)
def test_what_is_run_differs(field):
    assert run_digest(SPEC.model_copy(update={field: RUNS_SOMETHING_ELSE[field]})) != run_digest(SPEC)


@pytest.mark.parametrize("field", sorted(Limits.model_fields))
def test_every_limit_is_part_of_what_is_run(field):
    more = SPEC.limits.model_copy(update={field: getattr(SPEC.limits, field) + 1})
    assert run_digest(SPEC.model_copy(update={"limits": more})) != run_digest(SPEC)


def test_every_field_either_regrades_or_runs_anew():
    regrades = {
        *("slug", "title", "description", "integrity", "criteria", "points_at_most", "late", "counting", "leaderboard"),
        *("quota", "supersede"),
    }
    assert regrades | set(RUNS_SOMETHING_ELSE) == set(AssignmentSpec.model_fields)


# Which submissions.


def test_all_are_in_the_order_of_handing_in_and_latest_are_each_students_newest(course):
    assignment_id = course.assignment()
    first, second, third, fourth = (course.hand_in(assignment_id, student=s)[0] for s in (0, 1, 0, 2))
    waiting = repository.NewSubmission(filename="a.py", source="")
    with transaction(course.engine) as session:
        repository.submit(session, user_id=course.students[1], assignment_id=assignment_id, new=waiting)
    other = course.hand_in(course.assignment(), student=0)[0]

    def ids(scope, **which):
        return [target.submission_id for target in course.targets(assignment_id, scope, **which)]

    assert ids("all") == [first, second, third, fourth]
    # Student 1's newest has not been measured: the one before it stands.
    assert ids("latest") == [second, third, fourth]
    assert ids("one", submission_id=third) == [third]
    assert ids("one", submission_id=other) == []


def test_a_target_says_what_its_newest_measured_run_and_report_are(course):
    assignment_id = course.assignment()
    submission_id, blob = course.hand_in(assignment_id, run_of(3, 4), 1)
    with transaction(course.engine) as session:
        repository.add_run(session, submission_id=submission_id, spec_version=1, priority=9)
    (target,) = course.targets(assignment_id)
    report = afresh(SPEC, blob, "measured", spec_version=1)
    assert (target.user_id, target.student) == (course.students[1], "student1")
    assert (target.points, target.outcome) == (report.points, "graded")
    assert (target.run_spec_version, target.spec_version) == (1, 1)


def test_what_ran_something_else_is_to_run(course):
    assignment_id = course.assignment()
    course.hand_in(assignment_id, student=0)
    longer = SPEC.model_copy(update={"repeats": 3})
    version = course.publish(assignment_id, longer)
    course.hand_in(assignment_id, student=1, spec=longer, spec_version=version)
    with reading(course.engine) as session:
        sort = regrading.sort_targets(
            session, assignment_id, course.targets(assignment_id), digest=run_digest(longer)
        )
    assert [target.student for target in sort.judged] == ["student1"]
    assert [target.student for target in sort.to_run] == ["student0"]


def test_more_than_one_batch_at_a_time(course, monkeypatch):
    for module in (repository.regrading, repository.measured):
        monkeypatch.setattr(module, "_AT_ONCE", 2)
    assignment_id = course.assignment()
    for number in range(5):
        course.hand_in(assignment_id, RUNS[number], number, way=WAYS[number])
    targets = course.targets(assignment_id)
    with transaction(course.engine) as session:
        regraded = regrading.regrade(session, targets, SPEC, spec_version=1, author_id=None)
        assert [each.target for each in regraded] == targets
        assert set(repository.verdicts_of(session, targets)) == {target.run_id for target in targets}
    assert course.regrades(assignment_id) == [1] * 5


def test_what_a_jail_said_that_is_no_text_and_no_number_can_be_stored(course):
    """Half a character in an exception's message, NaN where a number was promised."""
    broken = RUNS[4]
    (failed,) = (found for found in broken.repeats if found.failure)
    said = {"message": "\ud800", "exception": "E\udfff", "n": float("nan"), "of": float("inf")}
    failure = type(failed.failure)(code="raised", parameters=said, traceback="\ud800")
    claims = Claims(framework="pytorch\ud800", layers=("\udcff",))
    repeats = (
        type(failed)(**{**vars(broken.repeats[0]), "claims": claims}),
        type(failed)(**{**vars(failed), "failure": failure}),
    )
    assignment_id = course.assignment()
    course.hand_in(assignment_id, type(broken)(**{**vars(broken), "repeats": repeats}))
    with transaction(course.engine) as session:
        regrading.regrade(session, course.targets(assignment_id), SPEC, spec_version=1, author_id=None)
    report = course.reports(assignment_id)
    (told,) = next(iter(report.values()))["repeats_failed"]
    assert told["parameters"] == {"message": "?", "exception": "E?", "n": "nan", "of": "inf"}


# Staff jobs.


def test_a_job_regrades_all_and_says_how_far_it_has_come(course):
    assignment_id = course.assignment()
    for number in range(5):
        course.hand_in(assignment_id, RUNS[number], number)
    harder = SPEC.model_copy(update={"criteria": SPEC.criteria[1:]})
    version = course.publish(assignment_id, harder)
    job = course.run_job(course.job(assignment_id, version))
    assert (job.state, job.done, job.total, job.error, job.lease_until) == ("done", 5, 5, None, None)
    changed = sum(
        afresh(SPEC, blob, "measured", spec_version=1).points != report["points"]
        for blob, report in zip(
            [afresh_bytes(course, t) for t in course.targets(assignment_id)],
            standing_reports(course, assignment_id).values(),
            strict=True,
        )
    )
    assert job.result == {"regraded": 5, "changed": changed, "new_runs": 0, "need_new_runs": 0}
    assert changed >= 4
    assert course.regrades(assignment_id) == [1] * 5
    # Done is done: a bell that rings twice does no harm.
    assert course.run_job(job.id).attempt == 1
    assert course.regrades(assignment_id) == [1] * 5


def afresh_bytes(course, target):
    with reading(course.engine) as session:
        return repository.stored_evidence(session, target.run_id).blob


def test_a_course_is_regraded_assignment_by_assignment_each_by_its_own_newest_version(course):
    ids = [course.assignment() for _ in range(3)]
    for assignment_id in ids[:2]:
        course.hand_in(assignment_id, student=0)
        course.hand_in(assignment_id, student=1)
    course.publish(ids[1], SPEC.model_copy(update={"title": "Newer"}))
    job = course.run_job(course.job(None, scope="latest"))
    assert (job.state, job.done, job.total, job.result["regraded"]) == ("done", 4, 4, 4)
    for assignment_id, version in zip(ids[:2], (1, 2), strict=True):
        assert {target.spec_version for target in course.targets(assignment_id)} == {version}


def claim(course, job_id, *, later_s=0.0):
    with transaction(course.engine) as session:
        return repository.claim_staff_job(session, job_id, now=time.time() + later_s)


def test_a_worker_that_was_fenced_out_leaves_nothing_behind(course):
    assignment_id = course.assignment()
    for number in range(3):
        course.hand_in(assignment_id, student=number)
    job_id = course.job(assignment_id, 1)
    slow = claim(course, job_id)
    assert claim(course, job_id) is None  # in other hands
    quick = claim(course, job_id, later_s=STAFF_JOB_LEASE_S + 1)
    assert (slow.attempt, quick.attempt) == (1, 2)
    before = everything(course.engine)
    with pytest.raises(_FencedOutError):
        StaffWork(engine=course.engine)._regrade(slow)
    assert everything(course.engine) == before
    StaffWork(engine=course.engine)._regrade(quick)
    assert course.job_now(job_id).state == "done"
    assert course.regrades(assignment_id) == [1, 1, 1]
    with transaction(course.engine) as session:
        assert not repository.fail_staff_job(session, job_id, slow.attempt, "too late")
        assert not repository.progress_staff_job(session, job_id, 2, done_before=3, done=4, total=4, result={})
    assert course.job_now(job_id).error is None


def test_a_stretch_whose_commit_was_not_answered_is_not_done_twice(course):
    """As `patiently` does it: the same work once more, though the first came to pass."""
    assignment_id = course.assignment()
    course.hand_in(assignment_id)
    job = claim(course, course.job(assignment_id, 1))
    work = StaffWork(engine=course.engine)
    stretch = _stretch(assignment_id, course.targets(assignment_id))
    with transaction(course.engine) as session:
        work._regrade_stretch(session, job=job, stretch=stretch, total=1)
    with pytest.raises(_FencedOutError), transaction(course.engine) as session:
        work._regrade_stretch(session, job=job, stretch=stretch, total=1)
    assert course.regrades(assignment_id) == [1]


def test_measuring_anew_holds_no_lock_and_goes_on_with_the_lease(course):
    """Before the stretch, one run at a time; who is fenced out stops at the first of them."""
    assignment_id = course.assignment()
    for number in range(3):
        course.hand_in(assignment_id, student=number, way="outdated")
    course.publish(assignment_id, SPEC.model_copy(update={"repeats": 3}))
    course.hand_in(assignment_id, student=3, way="unmeasured", spec_version=2)
    # By what the first three ran: the fourth ran something else, and is left alone.
    job_id = course.job(assignment_id, 1)
    slow = claim(course, job_id, later_s=-30)
    work, stretch = StaffWork(engine=course.engine), _stretch(assignment_id, course.targets(assignment_id))
    work._measure_missing(slow, stretch, total=4)
    with reading(course.engine) as session:
        run_ids = [target.run_id for target in stretch.targets]
        assert repository.runs_to_measure(session, run_ids) == run_ids[3:]
    assert course.job_now(job_id).lease_until > slow.lease_until + 29
    assert course.regrades(assignment_id) == [0, 0, 0, 0]
    with transaction(course.engine) as session:
        session.execute(update(EvidenceRecord).values(measures_version=None))
    claim(course, job_id, later_s=STAFF_JOB_LEASE_S + 1)
    with pytest.raises(_FencedOutError):
        work._measure_missing(slow, stretch, total=4)
    with reading(course.engine) as session:
        assert repository.runs_to_measure(session, run_ids) == run_ids


def _stretch(assignment_id, targets):
    from worker.staff_work import _NOTHING, _Stretch

    return _Stretch(assignment_id=assignment_id, targets=targets, done=0, before=dict(_NOTHING))


DIES_AFTER_TWO_STRETCHES = """
    import os, sys
    from store import regrading, repository
    from store.engine import make_engine
    from worker.staff_work import StaffWork

    regrading.CHUNK, told = 2, repository.progress_staff_job

    def progress(session, *arguments, **progress):
        if progress["done"] > 4:
            os._exit(9)
        return told(session, *arguments, **progress)

    repository.progress_staff_job = progress
    StaffWork(engine=make_engine(sys.argv[1])).run(sys.argv[2])
"""


@contextmanager
def lease_over(course, job_id):
    with transaction(course.engine) as session:
        session.execute(update(StaffJob).where(StaffJob.id == job_id).values(lease_until=time.time() - 1))
    yield


def test_what_a_crash_left_is_gone_on_with_and_nothing_is_done_twice(course, database_url):
    """A real process that dies in its third stretch; before the next goes on, an earlier submission is measured."""
    assignment_id = course.assignment()
    new = repository.NewSubmission(filename="late.py", source="")
    with transaction(course.engine) as session:
        first = repository.submit(session, user_id=course.students[0], assignment_id=assignment_id, new=new)
    for number in range(7):
        course.hand_in(assignment_id, student=number % 5)
    course.publish(assignment_id, SPEC.model_copy(update={"title": "Newer"}))
    job_id = course.job(assignment_id, 2)
    code = textwrap.dedent(DIES_AFTER_TWO_STRETCHES)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    died = subprocess.run(
        [sys.executable, "-c", code, str(database_url), job_id], cwd=ROOT, env=environment, check=False
    )
    assert died.returncode == 9
    job = course.job_now(job_id)
    assert (job.state, job.done, job.total, job.result["regraded"]) == ("running", 4, 7, 4)
    assert course.regrades(assignment_id) == [1, 1, 1, 1, 0, 0, 0]
    with transaction(course.engine) as session:
        from regrade_samples import _finished

        run = run_of(1, 1)
        from graders.evidence_format import to_bytes

        _finished(session, first.run_id, to_bytes(run), afresh(SPEC, to_bytes(run), "", spec_version=1), "measured")
    with lease_over(course, job_id):
        job = course.run_job(job_id)
    assert (job.state, job.done, job.total, job.result["regraded"]) == ("done", 7, 7, 7)
    assert "after" not in job.result
    # The first came in behind the place that had been reached; it was run when the job was under way.
    assert course.regrades(assignment_id) == [0, *[1] * 7]


def test_three_workers_that_die_make_it_errored(course):
    job_id = course.job(course.assignment(), 1)
    lease = STAFF_JOB_LEASE_S + 1
    assert [claim(course, job_id, later_s=n * lease).attempt for n in range(3)] == [1, 2, 3]
    assert claim(course, job_id, later_s=2 * lease) is None
    assert course.job_now(job_id).state == "running"
    assert claim(course, job_id, later_s=3 * lease) is None
    job = course.job_now(job_id)
    assert (job.state, job.error) == ("errored", "its workers stopped answering")
    assert job.finished_at is not None
    assert claim(course, job_id, later_s=9 * lease) is None


def test_our_own_fault_is_said_where_the_staff_look(course):
    assignment_id = course.assignment()
    course.hand_in(assignment_id, student=0)
    submission_id, _ = course.hand_in(assignment_id, student=1, way="unmeasured")
    with transaction(course.engine) as session:
        run_id = repository.submission_details(session, submission_id).run.id
        session.execute(update(EvidenceRecord).where(EvidenceRecord.run_id == run_id).values(blob=b"LME2damaged"))
    job = course.run_job(course.job(assignment_id, 1))
    assert job.state == "errored"
    assert job.error.startswith("EvidenceFormatError: ")
    assert course.regrades(assignment_id) == [0, 0]


class Bells:
    def __init__(self):
        self.rung = []

    def send_task(self, name, args, **_):
        self.rung.append((name, *args))


def test_beat_rings_for_jobs_that_were_forgotten(course):
    waits, fresh, silent, busy = (course.job(course.assignment(), 1) for _ in range(4))
    now = time.time()
    with transaction(course.engine) as session:
        session.execute(update(StaffJob).where(StaffJob.id == waits).values(created_at=now - 60))
        for job_id in (silent, busy):
            repository.claim_staff_job(session, job_id)
        session.execute(update(StaffJob).where(StaffJob.id == silent).values(lease_until=now - 1))
    bells = Bells()
    beat = Beat(course.engine, bells, None)
    beat._ring_for_staff_jobs()
    assert sorted(bells.rung) == sorted([(STAFF_TASK, waits), (STAFF_TASK, silent)])
    beat._ring_for_staff_jobs()
    assert len(bells.rung) == 2  # seldom
    assert fresh not in {job_id for _, job_id in bells.rung}


def runs_of(course, assignment_id):
    with reading(course.engine) as session:
        return session.execute(
            select(Run.state, Run.spec_version, OutboxRow.priority)
            .outerjoin(OutboxRow, OutboxRow.run_id == Run.id)
            .where(Run.submission_id.in_([target.submission_id for target in course.targets(assignment_id)]))
            .order_by(Run.id)
        ).all()


def test_new_runs_are_queued_once_behind_the_living(course):
    assignment_id = course.assignment()
    for student in range(2):
        course.hand_in(assignment_id, student=student)
    version = course.publish(assignment_id, SPEC.model_copy(update={"repeats": 3}))
    only_told = course.run_job(course.job(assignment_id, version))
    assert only_told.result == {"regraded": 0, "changed": 0, "new_runs": 0, "need_new_runs": 2}
    assert len(runs_of(course, assignment_id)) == 2
    asked = course.run_job(course.job(assignment_id, version, new_runs=True))
    assert asked.result == {"regraded": 0, "changed": 0, "new_runs": 2, "need_new_runs": 0}
    new = [(state, priority) for state, spec_version, priority in runs_of(course, assignment_id) if spec_version == 2]
    assert new == [("queued", repository.PRIORITY_REGRADE)] * 2
    again = course.run_job(course.job(assignment_id, version, new_runs=True))
    assert again.result == {"regraded": 0, "changed": 0, "new_runs": 0, "need_new_runs": 0}
    assert len(runs_of(course, assignment_id)) == 4
