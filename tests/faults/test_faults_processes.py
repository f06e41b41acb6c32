"""kill -9 of every process there is: what it had in hand is graded all the same, once."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import httpx
import pytest
from fault_place import GOOD, children, is_gone, until

from server import parts
from server.supervisor import Part
from worker.sandbox import client


def test_nothing_is_killed(place):
    """What the other rows compare with."""
    hit = place.hit("none", "nothing")
    hit.settle(place.hand_in())


@pytest.mark.quick
def test_a_pool_child_is_killed(place):
    batch = place.at_work()
    hit = place.hit("kill -9", "a pool child of the worker, in a run")
    os.kill(children(place.pid("worker"))[0], signal.SIGKILL)
    runs = hit.settle(batch)
    assert max(run.attempt for run in runs) > 1, "the child that was killed had no run"


@pytest.mark.quick
def test_the_whole_worker_is_killed(place):
    batch = place.at_work()
    hit = place.hit("kill -9", "the whole worker, in two runs")
    os.killpg(place.pid("worker"), signal.SIGKILL)
    runs = hit.settle(batch)
    assert sum(run.attempt > 1 for run in runs) >= 2


def test_the_workers_main_process_alone_is_killed(place):
    """Its children may end what they have begun, and then must go: nobody gives them work any more."""
    batch = place.at_work()
    orphans = children(place.pid("worker"))
    hit = place.hit("kill -9", "the worker's main process alone")
    os.kill(place.pid("worker"), signal.SIGKILL)
    hit.settle(batch)
    until(lambda: all(map(is_gone, orphans)))


def test_the_runner_is_killed(place):
    batch = place.at_work()
    jailed = [pid for zygote in zygotes(place, "torch") for pid in children(zygote)]
    assert jailed
    hit = place.hit("kill -9", "the runner, with two jails")
    os.kill(place.pid("runner"), signal.SIGKILL)
    hit.settle(batch)
    until(lambda: all(map(is_gone, jailed)))


def test_a_runner_that_is_told_more_than_once_to_end_ends(tmp_path):
    """As the kernel does when a supervisor of two threads is killed, and a service manager that stops a whole group."""
    runner = Part("runner", parts.runner(socket=tmp_path / "runner.sock", slots=1), parts.runner_environment())
    runner.start(tmp_path)
    try:
        until(lambda: "runner.ready" in (tmp_path / "runner.log").read_text(), 180)
        for _ in range(20):
            runner.process.terminate()
            time.sleep(0.005)
        until(lambda: is_gone(runner.process.pid), 20)
    finally:
        runner.stop()


def zygotes(place, family):
    return children(place.pid("runner"), f"worker.sandbox.zygote {family}")


def forks_asked(place):
    return client.status(place.settings.runner_socket)["families"]["torch"]["forks"]


def test_a_zygote_is_killed_in_the_middle_of_a_fork(place):
    """Stopped, so that a fork is asked for and not answered; then killed."""
    (zygote,) = zygotes(place, "torch")
    before = forks_asked(place)
    os.kill(zygote, signal.SIGSTOP)
    batch = place.hand_in()
    until(lambda: forks_asked(place) > before)
    hit = place.hit("kill -9", "a zygote that had been asked for a fork")
    os.kill(zygote, signal.SIGKILL)
    hit.settle(batch)
    assert zygotes(place, "torch") not in ([], [zygote])


def test_zygotes_are_killed_at_any_moment(place):
    """Chance finds the moments within a fork that nobody can wait for."""
    batch = [*place.hand_in(), *place.hand_in()]
    drawn = random.Random(6)
    hit = place.hit("kill -9, five times", "a zygote, at random moments")
    for _ in range(5):
        (zygote,) = until(lambda: zygotes(place, "torch"))
        time.sleep(drawn.uniform(0, 1))
        os.kill(zygote, signal.SIGKILL)
        until(lambda zygote=zygote: is_gone(zygote))
        batch.append(place.accepted(GOOD, "graded"))
        until(lambda: zygotes(place, "torch"))
    hit.settle(batch, 300)


@pytest.fixture
def trap(place, tmp_path):
    """An api that dies where the file says."""
    part, file = place.part("api"), tmp_path / "trap"
    usual = part.command

    def becomes(command):
        part.command = command
        os.kill(part.process.pid, signal.SIGKILL)
        part.process.wait()
        until(lambda: answers(place))

    becomes([sys.executable, str(Path(__file__).with_name("fault_dying_api.py")), str(file)])
    yield file
    becomes(usual)


def answers(place):
    try:
        return place.http.get("/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.mark.quick
def test_the_api_is_killed_between_commit_and_doorbell(place, trap):
    trap.write_text("answered")
    batch = [place.accepted(GOOD, "graded")]
    hit = place.hit("kill -9", "the api, after its answer, before the doorbell")
    until(lambda: not trap.exists())
    until(lambda: answers(place))
    hit.settle(batch)


def test_the_api_is_killed_between_commit_and_answer(place, trap):
    """The student, who was told nothing, repeats the request with the same key: the same submission."""
    trap.write_text("committed")
    hit = place.hit("kill -9", "the api, after the commit, before its answer")
    with pytest.raises(httpx.TransportError):
        place.post(GOOD, **{"Idempotency-Key": f"again-{place.pair}"})
    until(lambda: answers(place))
    again = place.post(GOOD, **{"Idempotency-Key": f"again-{place.pair}"})
    assert again.status_code == 200, again.text
    place.expected[again.json()["id"]] = "graded"
    hit.settle([again.json()["id"]])


def test_beat_is_killed_with_the_worker(place):
    """It alone takes back the runs of a worker that has gone."""
    batch = place.at_work()
    hit = place.hit("kill -9", "beat, and the whole worker")
    os.kill(place.pid("beat"), signal.SIGKILL)
    os.killpg(place.pid("worker"), signal.SIGKILL)
    hit.settle(batch)


def test_everything_but_the_databases_is_killed_at_once(place):
    batch = place.at_work()
    hit = place.hit("kill -9", "api, worker, beat and runner at once")
    for name in ("api", "worker", "beat", "runner"):
        os.killpg(place.pid(name), signal.SIGKILL)
    until(lambda: answers(place))
    hit.settle(batch)


def test_runs_end_while_their_worker_is_asked_to_stop(place):
    """SIGTERM, as a deployment sends it: what it has begun may end, the rest waits for the next one."""
    batch = place.at_work()
    worker, asked = place.part("worker"), place.part("worker").process
    hit = place.hit("SIGTERM", "the worker, in two runs")
    asked.terminate()
    runs = hit.settle(batch)
    assert [run.attempt for run in runs] == [1] * len(runs)
    until(lambda: worker.process is not asked)
