"""Evidence in an evidence store: moved without loss, read from wherever it lies, and told of when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from pathlib import Path

import pytest
from evidence_stores import KINDS, evidence_store
from regrade_samples import RUNS, SPEC, afresh, hand_in_run
from sqlalchemy import func, select, update

from graders.evidence_format import from_bytes
from graders.grade import grade
from graders.measures import MEASURES_VERSION
from store import evidence_mover, regrading, repository
from store.engine import make_engine, reading, transaction
from store.evidence import EvidenceReader, bytes_of
from store.evidence_mover import ORPHAN_AFTER_S, Mover
from store.evidence_objects import ObjectLostError, ObjectStore, StoreAwayError, place_of
from store.models import EvidenceRecord, Run
from store.settings import Settings
from worker.staff_work import StaffWork

ROOT = Path(__file__).resolve().parents[2]
HARDER = SPEC.model_copy(
    update={
        "criteria": (
            SPEC.criteria[0].model_copy(update={"parameters": {"full_at": 0.99, "zero_at": 0.9}}),
            *SPEC.criteria[1:],
        )
    }
)


@pytest.fixture(params=KINDS)
def kept(request, tmp_path):
    with evidence_store(request.param, tmp_path) as store:
        yield store


class Course:
    """Five runs of one student, stored in every way, among them one with a control run."""

    WAYS = ("measured", "unmeasured", "outdated", "version_1", "controlled")

    def __init__(self, engine, kept):
        self.engine, self.kept, self.objects = engine, kept, kept.store()
        with transaction(engine) as session:
            course = repository.create_course(session, slug="ml", title="ML")
            self.course_id = course.id
            self.user_id = repository.create_user(session, name="ana").id
            self.author_id = repository.create_user(session, name="ina").id
            repository.enroll(session, user_id=self.user_id, course_id=course.id, role="student")
            self.assignment_id = repository.create_assignment(session, course_id=course.id, spec=SPEC).id
        self.handed_in = {}
        for found, way in zip(RUNS, self.WAYS, strict=False):
            self.hand_in(found, way)
        self.was = self.bytes_here()
        self.mover = Mover(engine, self.objects)
        self.reader = EvidenceReader(engine=engine, objects=self.objects)

    def hand_in(self, found=RUNS[0], way="measured"):
        identifier, blob = hand_in_run(
            self.engine, user_id=self.user_id, assignment_id=self.assignment_id, found=found, way=way
        )
        self.handed_in[identifier] = (blob, way)

    def bytes_here(self):
        with reading(self.engine) as session:
            rows = session.execute(select(EvidenceRecord.run_id, EvidenceRecord.blob)).all()
            return {run_id: bytes(blob) for run_id, blob in rows if blob is not None}

    def bytes_read(self):
        with reading(self.engine) as session:
            ids = session.scalars(select(EvidenceRecord.run_id)).all()
        return {run_id: self.reader.read(run_id) for run_id in ids}

    def stored(self):
        with reading(self.engine) as session:
            return {each.run_id: each for each in repository.moved_evidence(session)}

    def targets(self):
        with reading(self.engine) as session:
            return repository.graded_targets(session, self.assignment_id, scope="all")

    def outdate(self):
        """As after an upgrade that measures otherwise."""
        with transaction(self.engine) as session:
            session.execute(update(EvidenceRecord).values(measures={"of": "another time"}, measures_version=MEASURES_VERSION - 1))

    def regrade(self, objects):
        with transaction(self.engine) as session:
            version = repository.add_assignment_version(session, assignment_id=self.assignment_id, spec=HARDER)
            job = repository.create_staff_job(
                session, kind="regrade", course_id=self.course_id, assignment_id=self.assignment_id,
                parameters={"scope": "all", "new_runs": False}, author_id=self.author_id,
            )  # fmt: skip
        StaffWork(engine=self.engine, objects=objects).run(job.id)
        with reading(self.engine) as session:
            return repository.staff_job(session, job.id), version

    def newest_reports(self):
        with reading(self.engine) as session:
            return {
                target.submission_id: repository.reports_of_run(session, target.run_id)[0].report
                for target in repository.graded_targets(session, self.assignment_id, scope="all")
            }


@pytest.fixture
def course(engine, kept):
    return Course(engine, kept)


def test_what_was_moved_is_no_longer_in_the_database_and_reads_the_same(course):
    assert course.mover.move_all() == len(course.was) == 6
    assert course.bytes_here() == {}
    assert course.bytes_read() == course.was
    assert len(course.kept.places()) == len(set(course.kept.places())) == 6
    assert all(place.startswith(f"{course.mover.home}/") for place in course.kept.places())
    assert course.mover.move_all() == 0


def test_its_size_is_told_wherever_it_lies(course):
    def sizes():
        with reading(course.engine) as session:
            runs = {run.run_id: run.evidence_bytes for run in repository.stored_runs(session, course.assignment_id)}
            for run_id, size in runs.items():
                assert repository.run_record(session, run_id).evidence_bytes == size
                assert repository.run_details(session, run_id).evidence_bytes == size
                assert repository.evidence_facts(session, run_id).size_bytes == size
            return runs

    before = sizes()
    course.mover.move_all()
    assert sizes() == before == {run_id: len(blob) for run_id, blob in course.was.items()}


def test_a_submission_is_graded_while_the_store_is_away_and_moved_once_it_is_back(course):
    with course.kept.away():
        course.hand_in()
        with pytest.raises(StoreAwayError):
            course.mover.move_all()
        assert len(course.bytes_here()) == 7
    was = course.bytes_here()
    assert course.mover.move_all() == 7
    assert (course.bytes_read(), course.bytes_here()) == (was, {})


def test_the_store_goes_away_in_the_middle_and_nothing_is_lost(course, monkeypatch):
    put, going = ObjectStore.put, []

    def put_then_leave(self, place, blob):
        put(self, place, blob)
        going.append(course.kept.away()) if not going else None
        if len(going) == 1:
            going[0].__enter__()
            going.append("gone")

    monkeypatch.setattr(ObjectStore, "put", put_then_leave)
    with pytest.raises(StoreAwayError):
        course.mover.move_all()
    # The first one is there; the rest has stayed where it was.
    assert len(course.stored()) == 1
    assert len(course.bytes_here()) == 5
    monkeypatch.undo()
    going[0].__exit__(None, None, None)
    assert course.mover.move_all() == 5
    assert course.bytes_read() == course.was


DIES = """
    import os, signal, sys
    from store import repository
    from store.engine import make_engine
    from store.evidence_mover import Mover
    from store.evidence_objects import ObjectStore
    from store.settings import Settings

    repository.mark_moved = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    Mover(make_engine(sys.argv[1]), ObjectStore.of(Settings())).move_all()
"""


def test_a_mover_that_is_killed_between_putting_and_letting_go_leaves_both_and_the_next_one_ends_it(
    course, database_url, tmp_path
):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DIES), database_url], cwd=ROOT, check=False, timeout=120,
        env={**os.environ, **course.kept.environment(tmp_path)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert course.bytes_here() == course.was
    (place,) = course.kept.places()
    assert course.mover.move_all() == 6
    # Put twice is put once.
    assert place in course.kept.places()
    assert len(course.kept.places()) == 6
    assert course.bytes_read() == course.was


def test_two_movers_at_once_move_each_once(course, database_url):
    moved, both = [], []
    for _ in range(2):
        mover = Mover(make_engine(database_url), course.kept.store())
        both.append(threading.Thread(target=lambda mover=mover: moved.append(mover.move_all())))
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(moved) == 6
    assert course.bytes_read() == course.was
    assert len(course.kept.places()) == 6


def test_bytes_that_changed_meanwhile_stay(course, monkeypatch):
    run_id = min(course.was)
    put = ObjectStore.put

    def put_late(self, place, blob):
        with transaction(course.engine) as session:
            session.execute(update(EvidenceRecord).where(EvidenceRecord.run_id == run_id).values(blob=b"other"))
        put(self, place, blob)

    monkeypatch.setattr(ObjectStore, "put", put_late)
    assert course.mover.move(run_id) is False
    assert course.bytes_here()[run_id] == b"other"


def test_evidence_that_nobody_can_read_is_moved_all_the_same(course):
    run_id = min(course.was)
    with transaction(course.engine) as session:
        session.execute(
            update(EvidenceRecord).where(EvidenceRecord.run_id == run_id).values(blob=b"damaged", measures_version=None)
        )
    assert course.mover.move_all() == 6
    assert course.reader.read(run_id) == b"damaged"


# What is gone.


def test_a_damaged_object_is_never_given_out(course):
    course.mover.move_all()
    stored = course.stored()[min(course.was)]
    course.kept.damage(stored.place)
    with pytest.raises(ObjectLostError, match=r"run .* is damaged: .*\. Bring this object back"):
        course.reader.read(stored.run_id)


def test_a_missing_object_says_where_it_should_be(course):
    course.mover.move_all()
    stored = course.stored()[min(course.was)]
    course.kept.lose(stored.place)
    with pytest.raises(ObjectLostError, match=f"{stored.run_id} is missing: .*{stored.place} is not there"):
        course.reader.read(stored.run_id)


def test_a_store_that_is_away_is_not_one_from_which_all_is_gone(course):
    course.mover.move_all()
    with course.kept.away(), pytest.raises(StoreAwayError, match="cannot be had now"):
        course.reader.read(min(course.was))
    assert course.bytes_read() == course.was


def test_an_empty_store_is_told_as_the_wrong_one(course, tmp_path):
    course.mover.move_all()
    (tmp_path / "another").mkdir()
    another = ObjectStore(url=f"file://{tmp_path}/another", options={})
    with pytest.raises(StoreAwayError, match="mount"):
        bytes_of(course.stored()[min(course.was)], another)


def test_a_process_without_the_setting_says_so(course):
    course.mover.move_all()
    with pytest.raises(StoreAwayError, match="LABMARK_EVIDENCE_STORE is not set"):
        EvidenceReader(engine=course.engine).read(min(course.was))


def test_a_folder_that_is_not_mounted_is_not_made(engine, tmp_path):
    objects = ObjectStore(url=f"file://{tmp_path}/share/evidence", options={})
    with pytest.raises(StoreAwayError, match="mount"):
        objects.put("home/00/x", b"x")
    assert not (tmp_path / "share").exists()


def test_a_store_that_loses_bytes_is_not_trusted(course, monkeypatch):
    monkeypatch.setattr(ObjectStore, "get", lambda self, place: b"")
    with pytest.raises(ObjectLostError, match="reads otherwise"):
        course.mover.move_all()
    assert course.bytes_here() == course.was


def test_one_object_that_the_store_refuses_does_not_hold_up_the_others(course, monkeypatch):
    put, refused = ObjectStore.put, min(course.was)

    def put_but_one(self, place, blob):
        if refused in place:
            raise StoreAwayError("too large")
        put(self, place, blob)

    monkeypatch.setattr(ObjectStore, "put", put_but_one)
    with pytest.raises(StoreAwayError, match="too large"):
        course.mover.move_all()
    assert list(course.bytes_here()) == [refused]


@pytest.mark.parametrize(("text", "why"), [("[1]", "no JSON object"), ("{", "no JSON object"), (None, "No such file")])
def test_a_file_of_options_that_is_of_no_use_is_told_where_the_store_is_used_and_without_its_contents(tmp_path, text, why):
    file = tmp_path / "options.json"
    if text is not None:
        file.write_text(text)
    objects = ObjectStore.of(Settings(evidence_store="s3://bucket", evidence_store_options_file=file))
    with pytest.raises(StoreAwayError, match=f"LABMARK_EVIDENCE_STORE_OPTIONS_FILE, {file}: .*{why}"):
        objects.get("home/00/x")
    file.write_text('{"endpoint_url": "http://127.0.0.1:1", "config_kwargs": {"retries": {"max_attempts": 0}}}')
    # Once it is mended, without a new start.
    with pytest.raises(StoreAwayError, match="s3://bucket: home/00/x cannot be read"):
        objects.get("home/00/x")


def test_the_secrets_of_the_options_are_in_no_message_and_no_traceback(tmp_path):
    options = {"key": "a-key", "secret": "very-secret", "endpoint_url": "http://127.0.0.1:1",
               "config_kwargs": {"connect_timeout": 1, "retries": {"max_attempts": 0}}}  # fmt: skip
    objects = ObjectStore(url="s3://bucket", options=options)
    with pytest.raises(StoreAwayError) as raised:
        objects.get("home/00/x")
    shown = "".join(traceback.format_exception(raised.value)) + repr(objects)
    assert "very-secret" not in shown
    assert raised.value.__suppress_context__


# Regrading.


class Watched(ObjectStore):
    """Fails where a connection of the engine is out while the store is asked."""

    engine = None

    def get(self, place):
        assert self.engine.pool.checkedout() == 0, "a transaction is open while the store is asked"
        return super().get(place)

    def put(self, place, blob):
        assert self.engine.pool.checkedout() == 0, "a transaction is open while the store is asked"
        super().put(place, blob)


def watched(course):
    objects = Watched(url=course.objects.url, options=course.objects.options)
    Watched.engine = course.engine
    return objects


def test_no_transaction_is_open_while_evidence_is_moved(course):
    assert Mover(course.engine, watched(course)).move_all() == 6


def test_a_regrade_needs_no_store_as_long_as_nothing_is_measured_anew(course):
    course.mover.move_all()
    with course.kept.away():
        job, version = course.regrade(course.objects)
    assert job.state == "done", job.error
    assert_as_afresh(course, version)


def test_after_an_upgrade_a_regrade_measures_what_was_moved(course):
    course.mover.move_all()
    course.outdate()
    job, version = course.regrade(watched(course))
    assert job.state == "done", job.error
    assert_as_afresh(course, version)


def assert_as_afresh(course, version):
    reports = course.newest_reports()
    assert set(reports) == set(course.handed_in)
    for identifier, (blob, way) in course.handed_in.items():
        assert reports[identifier] == afresh(HARDER, blob, way, spec_version=version), way


def test_a_regrade_that_cannot_be_done_says_why_and_changes_nothing(course):
    course.mover.move_all()
    course.outdate()
    before = course.newest_reports()
    with course.kept.away():
        job, _ = course.regrade(course.objects)
    assert job.state == "errored"
    assert "cannot be had now" in job.error
    assert course.newest_reports() == before


# Retention and what is nobody's.


def in_two_days():
    return time.time() + ORPHAN_AFTER_S + 3600


def test_what_is_somebodys_stays_however_old_it_is(course):
    course.mover.move_all()
    assert sum(course.mover.tidy_up(now=in_two_days())) == 0
    assert course.bytes_read() == course.was


def test_the_object_of_a_row_that_is_gone_goes_after_a_day(course):
    course.mover.move_all()
    gone = course.stored()[min(course.was)]
    with transaction(course.engine) as session:
        repository.remove_evidence(session, [gone.run_id])
    assert course.reader.read(gone.run_id) is None
    assert sum(course.mover.tidy_up()) == 0
    assert sum(course.mover.tidy_up(now=in_two_days())) == 1
    assert gone.place not in course.kept.places()
    assert len(course.bytes_read()) == 5


def test_what_is_about_to_be_moved_again_is_nobodys_orphan(course):
    """A beat that crashed after putting, and was away for days: its object is a day old, its row says nothing."""
    run_id, blob = min(course.was.items())
    place, _ = place_of(course.mover.home, run_id, blob)
    course.objects.put(place, blob)
    assert sum(course.mover.tidy_up(now=in_two_days())) == 0
    assert place in course.kept.places()


def test_nobody_tidies_up_in_the_folder_of_another_database(course, empty_url):
    from store.migrate import upgrade

    course.mover.move_all()
    upgrade(empty_url)
    other = make_engine(empty_url)
    with transaction(other) as session:
        repository.leave_evidence_home(session)
    stranger = Mover(other, course.kept.store())
    assert stranger.home != course.mover.home
    assert sum(stranger.tidy_up(now=in_two_days())) == 0
    assert course.bytes_read() == course.was
    other.dispose()


# Beat.


def test_beat_moves_it_by_itself(course, database_url, tmp_path):
    from redis_server import running_redis

    folder = tmp_path / "redis"
    folder.mkdir()
    with running_redis(folder) as redis_url:
        environment = {
            **os.environ, **course.kept.environment(tmp_path), "DATABASE_URL": database_url, "LABMARK_DATABASE_URL": "",
            "LABMARK_REDIS_URL": redis_url,
        }  # fmt: skip
        beat = subprocess.Popen([sys.executable, "-m", "store.beat"], cwd=ROOT, env=environment)
        try:
            deadline = time.monotonic() + 60
            while course.bytes_here() and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            beat.terminate()
            assert beat.wait(20) == 0
    assert course.bytes_here() == {}
    assert course.bytes_read() == course.was


def test_a_mover_goes_on_after_the_store_was_away(course, monkeypatch):
    monkeypatch.setattr(evidence_mover, "_EVERY_S", 0.05)
    monkeypatch.setattr(evidence_mover, "_AWAY_AGAIN_S", 0.05)
    ended = threading.Event()
    with course.kept.away():
        thread = evidence_mover.start_mover(course.engine, course.objects, ended)
        time.sleep(0.5)
        assert course.bytes_here() == course.was
    deadline = time.monotonic() + 60
    while course.bytes_here() and time.monotonic() < deadline:
        time.sleep(0.05)
    ended.set()
    thread.join(20)
    assert course.bytes_read() == course.was
    assert course.bytes_here() == {}


def test_measures_are_kept_with_the_move(course):
    course.mover.move_all()
    with reading(course.engine) as session:
        versions = set(session.scalars(select(EvidenceRecord.measures_version)))
        controls = session.scalar(
            select(func.count()).select_from(EvidenceRecord).join(Run, Run.id == EvidenceRecord.run_id).where(Run.kind == "control")
        )
    assert (versions, controls) == ({MEASURES_VERSION}, 1)
    with reading(course.engine) as session:
        judged = regrading.judge_targets(session, course.targets(), SPEC, spec_version=1, keep=False)
        for target, report in judged:
            blob, way = course.handed_in[target.submission_id]
            expected = afresh(SPEC, blob, way, spec_version=1) if way == "controlled" else grade(SPEC, from_bytes(blob), spec_version=1)
            assert report == expected
