"""A crowd that signs in at once takes neither all memory nor all threads."""

import threading
import time

import anyio
import pytest

from api import hashing
from api.errors import ProblemError


class Crowd:
    """Passwords that are compared for as long as `go` is not set."""

    def __init__(self):
        self.go, self.at_once, self.most, self._lock = threading.Event(), 0, 0, threading.Lock()
        self.problems, self.done = [], 0

    def compare(self):
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.go.wait(30)
        with self._lock:
            self.at_once -= 1
        return "compared"

    async def come(self, desk):
        try:
            assert await desk.run(self.compare) == "compared"
            self.done += 1
        except ProblemError as problem:
            self.problems.append(problem)


def test_two_are_compared_at_once_and_other_threads_stay_free(monkeypatch):
    crowd = Crowd()

    async def evening():
        desk = hashing.Hashing()
        async with anyio.create_task_group() as group:
            for _ in range(60):
                group.start_soon(crowd.come, desk)
            await anyio.sleep(0.2)
            began = time.monotonic()
            # What serves every other request has 40 threads, and none of them waits.
            assert await anyio.to_thread.run_sync(lambda: "served") == "served"
            assert time.monotonic() - began < 5
            crowd.go.set()

    anyio.run(evening)
    assert (crowd.most, crowd.done, crowd.problems) == (2, 60, [])


def test_past_a_number_of_those_who_wait_the_next_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr(hashing, "_MAX_WAITING", 3)
    crowd = Crowd()

    async def evening():
        desk = hashing.Hashing()
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(crowd.come, desk)
                await anyio.sleep(0.02)
            crowd.go.set()

    anyio.run(evening)
    assert crowd.done == 5
    assert [problem.code for problem in crowd.problems] == ["too_many_tries"] * 3
    assert crowd.problems[0].headers["Retry-After"] == "10"


@pytest.mark.parametrize("fault", [ValueError("x"), RuntimeError("y")])
def test_a_fault_of_one_holds_up_nobody_after_it(fault):
    async def evening():
        desk = hashing.Hashing()

        def fail():
            raise fault

        for _ in range(5):
            with pytest.raises(type(fault)):
                await desk.run(fail)
        return await desk.run(lambda: "next")

    assert anyio.run(evening) == "next"
