"""A runner that speaks nonsense, and one that says nothing any more."""

from __future__ import annotations

import os
import signal

from fault_noise import NOISE, NoisyRunner
from fault_place import until


def test_the_runner_sends_broken_frames(place):
    """Every kind of noise, each answered to a job; then the runner is itself again."""
    with place.without("runner", stop=lambda part: part.process.terminate()):
        noisy = NoisyRunner(place.settings.runner_socket)
        try:
            batch = place.hand_in(good=len(NOISE) - 1)
            until(lambda: set(noisy.heard) == set(NOISE), 180)
        finally:
            noisy.close()
    hit = place.hit(f"{len(NOISE)} kinds of broken frame", "nothing: the runner speaks nonsense")
    runs = hit.settle(batch)
    assert all(run.attempts_allowed > 3 for run in runs if run.attempt > 1), "a broken frame used up an attempt"


def test_the_runner_hangs_and_is_killed(place):
    """Nobody answers, and nobody hangs up: until it is killed, as an operator would."""
    batch = place.at_work()
    os.killpg(place.pid("runner"), signal.SIGSTOP)
    until(lambda: {place.run_of(identifier).state for identifier in batch[:2]} == {"training"})
    hit = place.hit("SIGSTOP, then kill -9", "the runner, in two runs")
    os.killpg(place.pid("runner"), signal.SIGKILL)
    hit.settle(batch)
