"""Which queue a run waits in, and that none waits in one that nobody serves while it could do without."""

from __future__ import annotations

import time

import pytest
from fake_presence import Hashes

from store import presence, repository
from store.beat import Beat
from store.engine import reading, transaction
from store.models import AssignmentVersion, Run

GPU = presence.Gpu(name="Fake A100", memory_bytes=40 * 1024**3, driver="570.86.15")


@pytest.fixture
def lab(engine, spec):
    """`hand_in(device, ...)`: a submission to an assignment that asks for this device; gives its run's id."""
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="Machine learning")
        user = repository.create_user(session, name="ana")
        ids = {
            device: repository.create_assignment(
                session, course_id=course.id, spec=spec.model_copy(update={"slug": f"on-{device}", "device": device})
            ).id
            for device in ("cpu", "gpu", "any")
        }

    def hand_in(device, *, gpu_is_there):
        new = repository.NewSubmission(filename="lab.py", source="x = 1\n")
        with transaction(engine) as session:
            return repository.submit(
                session, user_id=user.id, assignment_id=ids[device], new=new, gpu_is_there=gpu_is_there
            ).run_id

    hand_in.ids = ids
    return hand_in


def where(engine, run_id):
    """(device of the run as a worker reads it, queue of its doorbell)."""
    with reading(engine) as session:
        (bell,) = repository.unsent_outbox(session, run_id=run_id, now=time.time() + 60)
        return repository.load_job(session, run_id).device, bell.queue


@pytest.mark.parametrize(
    ("asked", "gpu_is_there", "device"),
    [("cpu", True, "cpu"), ("cpu", False, "cpu"), ("gpu", True, "gpu"), ("gpu", False, "gpu"), ("any", True, "gpu"), ("any", False, "cpu")],
)
def test_a_run_waits_for_what_its_assignment_asks(engine, lab, asked, gpu_is_there, device):
    assert where(engine, lab(asked, gpu_is_there=gpu_is_there)) == (device, device)


def test_the_newest_version_decides(engine, lab, spec):
    with transaction(engine) as session:
        repository.add_assignment_version(session, assignment_id=lab.ids["cpu"], spec=spec.model_copy(update={"device": "gpu"}))
    assert where(engine, lab("cpu", gpu_is_there=True)) == ("gpu", "gpu")


def test_an_assignment_from_before_there_was_a_choice_is_for_processors(engine, lab):
    with transaction(engine) as session:
        version = session.get(AssignmentVersion, (lab.ids["gpu"], 1))
        version.spec = {name: value for name, value in version.spec.items() if name != "device"}
    assert where(engine, lab("gpu", gpu_is_there=True)) == ("cpu", "cpu")


def test_a_released_run_goes_back_to_the_queue_of_its_device(engine, lab):
    run_id = lab("gpu", gpu_is_there=True)
    with transaction(engine) as session:
        claim = repository.claim(session, run_id)
        assert repository.release(session, run_id, claim.attempt)
    assert where(engine, run_id) == ("gpu", "gpu")


def test_what_any_device_will_do_for_leaves_the_gpu_queue_and_nothing_else_does(engine, lab):
    runs = {
        "waits": lab("any", gpu_is_there=True),
        "runs": lab("any", gpu_is_there=True),
        "asks": lab("gpu", gpu_is_there=True),
    }
    with transaction(engine) as session:
        repository.claim(session, runs["runs"])
    with transaction(engine) as session:
        assert repository.move_to_cpu(session) == (runs["waits"],)
        assert repository.move_to_cpu(session) == ()
    assert where(engine, runs["waits"]) == ("cpu", "cpu")
    assert where(engine, runs["asks"]) == ("gpu", "gpu")
    with reading(engine) as session:
        assert session.get(Run, runs["runs"]).device == "gpu"


def test_its_place_is_among_those_that_were_handed_in_before(engine, lab):
    earlier, moved, later = (
        lab("cpu", gpu_is_there=True),
        lab("any", gpu_is_there=True),
        lab("cpu", gpu_is_there=True),
    )
    with transaction(engine) as session:
        repository.move_to_cpu(session)
    with reading(engine) as session:
        assert [repository.queue_position(session, run) for run in (earlier, moved, later)] == [1, 2, 3]


def test_beat_moves_them_once_no_gpu_has_been_heard_of_for_a_minute(engine, lab, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("store.beat.time.monotonic", lambda: clock[0])
    redis = Hashes()
    beat = Beat(engine, celery=None, connection=redis)
    run_id = lab("any", gpu_is_there=True)
    presence.announce(redis, presence.Worker(name="a", runner="ok", queues=("gpu",), gpus=(GPU,)))
    beat._leave_gpu_queue()
    clock[0] += 300
    beat._leave_gpu_queue()
    presence.announce(redis, presence.Worker(name="a", runner="refuses", queues=("gpu",), gpus=(GPU,)))
    for seconds, device in ((0, "gpu"), (59, "gpu"), (2, "cpu")):
        clock[0] += seconds
        beat._leave_gpu_queue()
        assert where(engine, run_id) == (device, device)
