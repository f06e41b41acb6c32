"""Runners that share a folder: which takes the next job, what they say together, what a dead one leaves behind."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import numpy as np
import pytest

from worker.sandbox import client, knock, pool, protocol
from worker.sandbox.protocol import Kind
from worker.sandbox.runner import Runner, listen, own_socket, serve


def said(**changed):
    return {"missing": {}, "accepted": ["cgroup"], "slots": 2, "busy": 0, "frameworks_missing": {}, "zygotes_recycled": 1,
            "gpus": {"found": [], "reasons": []}, **changed}  # fmt: skip


@contextlib.contextmanager
def answering(path, status):
    """Something that answers the question of a runner's state at `path`."""
    server = listen(path)

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    protocol.receive(connection)
                    protocol.send(connection, Kind.STATUS, status)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def leave_behind(path):
    """What a killed runner leaves: a socket that nobody listens at."""
    listen(path).close()
    return path


def test_one_socket_is_that_runner_without_asking(tmp_path):
    assert pool.choose(tmp_path / "runner.sock") == tmp_path / "runner.sock"
    only = leave_behind(tmp_path / "a.sock")
    assert pool.choose(tmp_path) == only


def test_the_runner_with_most_room_takes_the_next_job(tmp_path):
    with answering(tmp_path / "a.sock", said(busy=3, slots=4)), answering(tmp_path / "b.sock", said(busy=1, slots=2)) as roomy:
        assert {pool.choose(tmp_path) for _ in range(8)} == {roomy}


def test_equals_are_taken_by_chance(tmp_path):
    with answering(tmp_path / "a.sock", said()) as a, answering(tmp_path / "b.sock", said()) as b:
        assert {pool.choose(tmp_path) for _ in range(40)} == {a, b}


def test_one_that_refuses_gets_a_job_only_where_all_do(tmp_path):
    refuses = said(missing={"landlock": "use a newer kernel"})
    with answering(tmp_path / "a.sock", refuses) as a:
        with answering(tmp_path / "b.sock", said(busy=9)) as b:
            assert pool.choose(tmp_path) == b
        with answering(tmp_path / "b.sock", refuses) as b:
            assert pool.choose(tmp_path) in {a, b}


def test_a_dead_runners_socket_is_passed_over(tmp_path):
    leave_behind(tmp_path / "a.sock")
    with answering(tmp_path / "b.sock", said(busy=2)) as alive:
        assert pool.choose(tmp_path) == alive
        assert pool.status(tmp_path, within_s=1)["slots"] == 2


def test_where_none_answers_it_is_told_as_such(tmp_path):
    with pytest.raises(client.SandboxUnavailableError, match="no runner has a socket"):
        pool.choose(tmp_path)
    leave_behind(tmp_path / "a.sock")
    leave_behind(tmp_path / "b.sock")
    with pytest.raises(client.SandboxUnavailableError):
        pool.choose(tmp_path)


def test_together_they_have_the_room_of_those_that_take_jobs(tmp_path):
    gpu = {"index": 0, "name": "G"}
    with (
        answering(tmp_path / "a.sock", said(slots=2, accepted=[], gpus={"found": [gpu], "reasons": ["b is busy"]})),
        answering(tmp_path / "b.sock", said(slots=3, frameworks_missing={"tensorflow": "why"})),
        answering(tmp_path / "c.sock", said(slots=9, missing={"seccomp": "install it"})),
    ):
        together = pool.status(tmp_path, within_s=1)
    assert (together["slots"], together["missing"], together["accepted"]) == (5, {}, ["cgroup"])
    assert together["gpus"] == {"found": [gpu], "reasons": ["b is busy"]}
    assert together["frameworks_missing"] == {"tensorflow": "why"}
    assert together["zygotes_recycled"] == 2


def test_all_that_refuse_are_one_that_refuses(tmp_path):
    with answering(tmp_path / "a.sock", said(missing={"seccomp": "x"})), answering(tmp_path / "b.sock", said(missing={"seccomp": "x"})):
        assert pool.status(tmp_path, within_s=1)["missing"] == {"seccomp": "x"}


def test_a_runner_in_a_shared_folder_has_its_own_socket_and_removes_those_of_the_dead(tmp_path):
    dead = leave_behind(tmp_path / "dead.sock")
    with answering(tmp_path / "alive.sock", said()) as alive:
        own = own_socket(tmp_path)
        assert (alive.exists(), dead.exists()) == (True, False)
    assert own == tmp_path / f"{socket.gethostname()}.sock"
    assert own_socket(tmp_path / "runner.sock") == tmp_path / "runner.sock"


def test_a_health_check_knocks(tmp_path):
    assert "no runner answers" in knock.fault(str(tmp_path / "a.sock"))
    with answering(tmp_path / "a.sock", said()):
        assert knock.fault(str(tmp_path / "a.sock")) is None
    with answering(tmp_path / "b.sock", said(missing={"landlock": "use a newer kernel"})):
        assert "missing: {'landlock'" in knock.fault(str(tmp_path / "b.sock"))


def until_none_is_busy(runners):
    """A jail is taken down after its worker has the answer."""
    deadline = time.monotonic() + 20
    while any(runner.status()["busy"] for runner in runners):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_real_runners_share_a_folder_and_each_takes_what_the_other_has_no_room_for(tmp_path, jail, monkeypatch):
    """One slot each: the second of two jobs at once goes to the other runner, and both end."""
    monkeypatch.setattr(pool, "_WITHIN_S", 20.0)  # who is silent for a second is passed over, also where all are slow
    runners, servers = [], []
    try:
        for name in ("first", "second"):
            runner = Runner(slots=1, families=("torch",), name=f"pool-{name}")
            runners.append(runner)
            runner.warm_up()
            server = listen(tmp_path / f"{name}.sock")
            servers.append(server)
            threading.Thread(target=serve, args=(runner, server), daemon=True).start()
            runner.self_test(tmp_path / f"{name}.sock")
            assert runner.missing == {}
        until_none_is_busy(runners)
        began, ended = threading.Event(), {}
        slow = jail.job("import time, torch\ndef train(lab):\n    time.sleep(3)\n    return torch.nn.Linear(4, 3)\n")
        quick = jail.job("import torch\ndef train(lab):\n    return torch.nn.Linear(4, 3)\n")
        inputs = client.Sealed("e", np.asarray(jail.x))
        first = pool.choose(tmp_path)

        def run_slow():
            outcome = client.run(first, slow, lambda: inputs, on_phase=lambda _: began.set())
            ended["slow"] = outcome.ended["ended"]

        thread = threading.Thread(target=run_slow)
        thread.start()
        assert began.wait(20)
        second = pool.choose(tmp_path)
        assert second != first
        ended["quick"] = client.run(second, quick, lambda: inputs).ended["ended"]
        thread.join(30)
        assert ended == {"slow": "completed", "quick": "completed"}
        until_none_is_busy(runners)
    finally:
        for server in servers:
            server.close()
        for runner in runners:
            runner.stop()
