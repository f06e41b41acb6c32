"""A service that dies by SIGKILL while a file is handed in, and comes back: one submission, one result, always.

The real api process kills itself at a named place of its own work; the command line is a process too.
"""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest
from live_api import graded_report, wait_until

WAITS = ("submit", "lab.py", "-a", "iris-one", "--wait", "--json", "--patience", 300)


class Dying:
    def __init__(self, api, trap):
        self.api, self.trap = api, trap

    def at(self, place):
        self.trap.write_text(place)

    def dies(self):
        assert self.api.process.wait(60) == -signal.SIGKILL
        assert not self.trap.exists()

    def comes_back(self):
        self.api.start(self.trap)


@pytest.fixture(scope="module")
def trapped(shared_api, tmp_path_factory):
    found = Dying(shared_api, tmp_path_factory.mktemp("trap") / "trap")
    shared_api.kill()
    found.comes_back()
    yield found
    shared_api.kill()
    shared_api.start()


@pytest.fixture
def dying(trapped, labmark):
    yield trapped
    trapped.trap.unlink(missing_ok=True)


def handed_in_since(labmark, before):
    return [submission_id for submission_id, _ in labmark.api.submissions()[len(before) :]]


def the_one_result(labmark, process, before):
    """It is graded once the service is there, and the command ends with that report."""
    (submission_id,) = wait_until(lambda: handed_in_since(labmark, before))
    labmark.api.grade(submission_id, graded_report())
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    document = json.loads(out)
    assert (document["submission"]["id"], document["submission"]["points"]) == (submission_id, 6)
    assert handed_in_since(labmark, before) == [submission_id]
    assert list(labmark.home.glob("pending/*")) == []
    return errors


@pytest.mark.parametrize(("place", "away_s"), [("arrived", 0), ("committed", 3)])
def test_a_service_killed_between_request_and_answer_gives_one_submission(labmark, dying, place, away_s):
    labmark.login()
    labmark.write(source=f"killed_at = {place!r}, {away_s}\n")
    before = labmark.api.submissions()
    dying.at(place)
    process = labmark.start(*WAITS)
    dying.dies()
    assert len(handed_in_since(labmark, before)) == (place == "committed")
    time.sleep(away_s)
    assert process.poll() is None
    dying.comes_back()
    the_one_result(labmark, process, before)


def test_a_service_killed_right_after_its_answer_gives_one_submission(labmark, dying):
    """Nobody has rung for it yet: what is stored is all there is."""
    labmark.login()
    labmark.write(source="killed_at = 'answered'\n")
    before = labmark.api.submissions()
    dying.at("answered")
    process = labmark.start(*WAITS)
    dying.dies()
    dying.comes_back()
    the_one_result(labmark, process, before)


@pytest.mark.parametrize("place", ["arrived", "committed"])
def test_both_killed_and_the_command_given_again_it_is_one_submission(labmark, dying, place):
    labmark.login()
    labmark.write(source=f"both_killed_at = {place!r}\n")
    before = labmark.api.submissions()
    dying.at(place)
    process = labmark.start(*WAITS)
    dying.dies()
    process.kill()
    process.communicate()
    assert len(list(labmark.home.glob("pending/*"))) == 1
    dying.comes_back()
    the_one_result(labmark, labmark.start(*WAITS), before)


def test_a_service_that_dies_at_every_try_still_gets_one_submission(labmark, dying):
    labmark.login()
    labmark.write(source="dies = 'three times'\n")
    before = labmark.api.submissions()
    dying.at("arrived")
    process = labmark.start(*WAITS)
    for place in ("arrived", "committed"):
        dying.dies()
        dying.at(place)
        dying.comes_back()
    dying.dies()
    assert len(handed_in_since(labmark, before)) == 1
    dying.comes_back()
    the_one_result(labmark, process, before)


def test_two_commands_at_once_and_a_death_are_one_submission(labmark, dying):
    """A student who presses the key twice, in two terminals."""
    labmark.login()
    labmark.write(source="twice = 'at once'\n")
    before = labmark.api.submissions()
    dying.at("committed")
    processes = [labmark.start(*WAITS) for _ in range(2)]
    dying.dies()
    dying.comes_back()
    (submission_id,) = wait_until(lambda: handed_in_since(labmark, before))
    labmark.api.grade(submission_id, graded_report())
    ids = set()
    for process in processes:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        ids.add(json.loads(out)["submission"]["id"])
    assert ids == {submission_id}
    assert handed_in_since(labmark, before) == [submission_id]


def test_progress_goes_on_after_a_restart_where_it_was(labmark, dying):
    """Killed while it trains: what was told in the meantime comes too, and nothing comes twice."""
    labmark.login()
    labmark.write(source="trains = 'through it'\n")
    before = labmark.api.submissions()
    process = labmark.start("submit", "lab.py", "-a", "iris-one", "--wait")
    told = []
    reader = threading.Thread(target=lambda: told.extend(iter(process.stderr.readline, "")))
    reader.start()
    (submission_id,) = wait_until(lambda: handed_in_since(labmark, before))
    claimed = labmark.api.claim(submission_id)
    labmark.api.enter(submission_id, claimed, "training")
    labmark.api.tell_epochs(submission_id, 1, 2)
    wait_until(lambda: epochs_in(told) == [1])  # a line every two seconds at most
    time.sleep(0.5)  # whatever else was told of that epoch has come too
    labmark.api.kill()
    time.sleep(2.5)
    labmark.api.tell_epochs(submission_id, 3, 4)
    dying.comes_back()
    wait_until(lambda: epochs_in(told)[-1] in {2, 3}, 60)
    time.sleep(2.5)
    labmark.api.tell_epochs(submission_id, 5, 6)
    wait_until(lambda: epochs_in(told)[-1] == 5)
    labmark.api.finish(submission_id, claimed, graded_report())
    assert process.wait(60) == 0
    reader.join()
    assert "6 of 10 points" in process.stdout.read()
    assert epochs_in(told) == sorted(set(epochs_in(told)))


def epochs_in(told):
    return [int(line.split()[1].rstrip(":")) for line in told if line.startswith("epoch ")]
