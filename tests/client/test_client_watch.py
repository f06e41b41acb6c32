"""Following a submission: real events from a real Redis, broken connections, and what a terminal shows."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest
from live_api import graded_report, wait_until
from meddler import Answer, Cut, Meddler
from terminal import Terminal

from client.connection import connect
from client.following import Asked, Event, events_of, follow
from client.problems import StopError
from client.project import Project
from client.screen import Screen

BLOCKS = "▁▂▃▄▅▆▇█"


def is_stream(request):
    return request.path.endswith("/events")


@pytest.fixture
def following(labmark, monkeypatch):
    """Follows a submission through a meddler; (updates, meddler)."""
    made = []

    def start(submission_id, meddle, **arguments):
        meddler = Meddler(labmark.api.port, meddle)
        made.append(meddler)
        for name, value in labmark.environment.items():
            monkeypatch.setenv(name, value)
        service = connect(Screen(json_mode=True), server=meddler.url, token=labmark.api.tokens["ana"], project=Project())
        return follow(service, submission_id, **arguments), meddler

    yield start
    for meddler in made:
        meddler.close()


def told(updates):
    """What was told by numbered events, as (kind, state or (repeat, epoch))."""
    events = [update for update in updates if isinstance(update, Event) and update.kind != "queue"]
    return [
        (e.kind, e.data["state"] if e.kind == "state" else (e.data["repeat"], e.data["epoch"])) for e in events
    ]


EVERYTHING = [
    ("state", "claimed"), ("state", "training"),
    *[("epoch", (repeat, epoch)) for epoch in range(1, 9) for repeat in range(2)],
    ("state", "graded"),
]  # fmt: skip


def work(api, submission_id, *, seconds=0.0):
    claimed = api.claim(submission_id)
    api.enter(submission_id, claimed, "training")
    for epoch in range(1, 9):
        api.tell_epochs(submission_id, epoch, epoch)
        time.sleep(seconds / 8)
    api.finish(submission_id, claimed, graded_report(epochs=8))


def test_events_come_as_they_happen_and_the_last_word_is_the_services(labmark, following):
    labmark.login()
    submission_id = labmark.hand_in()
    updates, _ = following(submission_id, lambda _: None)
    first = next(updates)
    assert isinstance(first, Asked)
    assert first.submission["state"] == "queued"
    assert first.submission["queue_position"] >= 1
    worker = threading.Thread(target=work, args=(labmark.api, submission_id), kwargs={"seconds": 1.0})
    worker.start()
    seen = list(updates)
    worker.join()
    assert told(seen) == EVERYTHING
    assert isinstance(seen[-1], Asked)
    assert seen[-1].submission["state"] == "graded"


def test_a_stream_that_breaks_goes_on_where_it_broke(labmark, following):
    labmark.login()
    submission_id = labmark.hand_in()
    claimed = labmark.api.claim(submission_id)
    labmark.api.enter(submission_id, claimed, "training")
    cuts = [Cut(7), Cut(23), Cut(9)]
    updates, meddler = following(submission_id, lambda r: cuts.pop(0) if is_stream(r) and cuts else None)

    def worker():
        labmark.api.tell_epochs(submission_id, 1, 4)
        wait_until(lambda: sum(map(is_stream, meddler.seen)) > 3)
        labmark.api.tell_epochs(submission_id, 5, 8)
        labmark.api.finish(submission_id, claimed, graded_report())

    thread = threading.Thread(target=worker)
    thread.start()
    seen = list(updates)
    thread.join()
    # Nothing twice, nothing missing, in order.
    assert told(seen) == EVERYTHING
    resumed = [request.headers.get("last-event-id") for request in meddler.seen if is_stream(request)]
    assert resumed[0] is None
    assert all(re.fullmatch(r"\d+-\d+", last) for last in resumed[1:])
    assert len(set(resumed[1:])) == len(resumed[1:]) >= 2


@pytest.mark.parametrize(
    "instead",
    [Answer(200, {"Content-Type": "text/html"}, b"<html>"), Answer(503), Cut(0),
     Answer(200, {"Content-Type": "text/event-stream"}, b"event: state\ndata: {broken\n\n")],
)  # fmt: skip
def test_where_no_stream_comes_through_it_is_asked_instead(labmark, following, instead):
    labmark.login()
    submission_id = labmark.hand_in()
    claimed = labmark.api.claim(submission_id)
    updates, meddler = following(submission_id, lambda r: instead if is_stream(r) else None)
    states = []
    for update in updates:
        if isinstance(update, Asked):
            states.append(update.submission["state"])
        if len(states) == 4:
            labmark.api.enter(submission_id, claimed, "training")
        if len(states) == 5:
            labmark.api.finish(submission_id, claimed, graded_report())
    assert states[0] == "claimed"
    assert states[-2:] == ["training", "graded"]
    assert sum(map(is_stream, meddler.seen)) == 3


def test_what_may_not_be_followed_is_told(labmark):
    labmark.login("dan")
    labmark.write()
    labmark("submit", "lab.py", "-a", "iris-one")
    foreign = labmark.api.submissions("dan")[-1][0]
    labmark.login("ana")
    for command in ("watch", "results", "log"):
        assert "You have no submission" in labmark(command, foreign, status=2).stderr


def test_a_timeout_ends_the_waiting_alone(labmark, following):
    labmark.login()
    submission_id = labmark.hand_in()
    stop = labmark("watch", submission_id, "--timeout", "1", "--json", status=6)
    assert json.loads(stop.stdout)["error"]["code"] == "not_yet"
    claimed = labmark.api.claim(submission_id)
    updates, _ = following(submission_id, lambda _: None, timeout_s=1.0)
    started = time.monotonic()
    with pytest.raises(StopError, match="labmark watch"):
        list(updates)
    assert time.monotonic() - started < 5
    labmark.api.finish(submission_id, claimed, graded_report())
    assert "6 of 10 points" in labmark("watch", submission_id).stdout


def test_off_a_terminal_progress_is_plain_lines_beside_the_result(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    process = labmark.start("watch", submission_id)
    first = process.stderr.readline()
    work(labmark.api, submission_id, seconds=1.0)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    lines = errors.splitlines()
    assert re.fullmatch(r"waiting, place \d+ in the queue(, .*)?\n", first)
    assert lines[-1].startswith("graded")
    assert any(re.fullmatch(r"epoch \d: training error [\d.]+ %, validation error [\d.]+ %", line) for line in lines)
    assert "\x1b" not in out + errors
    assert "\r" not in out + errors
    assert "Learning curve, mean of 2 repeats" in out


def test_a_terminal_shows_the_queue_then_the_curve_then_the_report(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    terminal = Terminal(labmark.command("watch"), folder=labmark.folder,
                        environment=labmark.process_environment(TERM="xterm-256color", LANG="C.UTF-8"))  # fmt: skip
    terminal.wait_for("waiting, place ")
    claimed = labmark.api.claim(submission_id)
    labmark.api.enter(submission_id, claimed, "training")
    labmark.api.tell_epochs(submission_id, 1, 6)
    terminal.wait_for("training, 6 epochs")
    terminal.wait_for("best 20.0 %, epoch 6")
    # Two bars beside each other, on one scale: training 60 % / epoch, validation 10 % above it.
    before_report = terminal.text
    assert any(block in before_report for block in BLOCKS)
    assert "last 10.0 %" in before_report
    assert "points" not in before_report
    # A second attempt begins its curve anew.
    labmark.api.tell(submission_id, "state", state="claimed", attempt=2)
    terminal.wait_for("started again (attempt 2)")
    labmark.api.finish(submission_id, claimed, graded_report())
    assert terminal.end() == 0
    report = terminal.text[terminal.text.rindex("iris-one, lab.py: graded"):]  # fmt: skip
    for words in ("6 of 10 points", "✓ accuracy: passed", "✗ layers: failed", "Diagnosis: overfitting",
                  "Learning curve", "training error", "On the web: "):  # fmt: skip
        assert words in report
    # What was animated is gone, and the cursor is there again.
    assert b"\x1b[?25l" in terminal.shown
    assert terminal.shown.rindex(b"\x1b[?25h") > terminal.shown.rindex(b"\x1b[?25l")


def test_submit_in_a_terminal_asks_nothing_and_ends_with_the_status(labmark):
    labmark.login()
    labmark.write(source="in_a_terminal = 1\n")
    before = len(labmark.api.submissions())
    terminal = Terminal(labmark.command("submit", "lab.py", "-a", "iris-one", "--wait"), folder=labmark.folder,
                        environment=labmark.process_environment(TERM="xterm", LANG="C.UTF-8"), columns=50)  # fmt: skip
    terminal.wait_for("Handed in to iris-one")
    submission_id = wait_until(lambda: labmark.api.submissions()[before:])[0][0]
    labmark.api.error(submission_id)
    assert terminal.end() == 5
    assert "our fault" in terminal.text


def test_a_dumb_terminal_is_not_repainted(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    terminal = Terminal(labmark.command("watch", submission_id), folder=labmark.folder,
                        environment=labmark.process_environment(TERM="dumb", LANG="C.UTF-8"))  # fmt: skip
    terminal.wait_for("waiting")
    labmark.api.grade(submission_id, graded_report())
    assert terminal.end() == 0
    assert b"\x1b" not in terminal.shown


def test_a_login_in_a_terminal_does_not_show_the_token(labmark):
    terminal = Terminal(labmark.command("login", "--server", labmark.api.url), folder=labmark.folder,
                        environment=labmark.process_environment(TERM="xterm", LANG="C.UTF-8"))  # fmt: skip
    terminal.wait_for("Token (it is not shown): ")
    terminal.type(labmark.api.tokens["ana"] + "\n")
    assert terminal.end() == 0
    assert "You are logged in" in terminal.text
    assert labmark.api.tokens["ana"] not in terminal.text


def test_events_are_read_as_the_standard_says():
    lines = [": ping", "", "event: epoch", "id:7-0", 'data: {"epoch":', "data:  1}", "", "data: []", "", "id: 8-0", "",
             "event: end", "data: {}"]  # fmt: skip
    assert list(events_of(lines)) == [
        Event(kind="epoch", id="7-0", data={"epoch": 1}), Event(kind="message", id="", data={})
    ]  # fmt: skip
