"""How long it takes and how often one may: attempts left, place in the queue, lateness, what counts."""

from __future__ import annotations

import json
import re
import threading
import time
from email.utils import formatdate

import pytest
from live_api import graded_report, wait_until
from meddler import Answer, Meddler
from terminal import Terminal
from test_client_submit import first_times, posts, problem, through  # noqa: F401 - a fixture

from client.service import Service
from client.waiting import attempts_words, duration, place_words

SECONDS = re.compile(r"\b\d+ (s|min|h)\b")


@pytest.fixture
def english(monkeypatch):
    monkeypatch.setenv("LABMARK_LANG", "en")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "1 s"), (42, "42 s"), (300, "5 min"), (7200, "2 h"), (200_000, "2 days")]
)
def test_times_are_told_for_a_glance(english, seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("in_s", "words"),
    [(None, "place 3 in the queue"), (-5, "place 3 in the queue, starts soon"), (9, "place 3 in the queue, starts soon"),
     (42, "place 3 in the queue, starts in about 40 s"), (601, "place 3 in the queue, starts in about 10 min")],
)  # fmt: skip
def test_a_place_in_the_queue_comes_with_when_it_begins(english, in_s, words):
    now = 1_800_000_000.0
    found = {"queue_position": 3, "estimated_start_at": None if in_s is None else now + in_s}
    assert place_words(found, now=now) == words
    assert place_words({**found, "queue_position": None}, now=now) == ""
    assert place_words({**found, "queue_position": "\x1b[2J"}, now=now) == ""


def test_attempts_are_told_with_when_one_comes_back(english):
    quota = {"left": 1, "failed_left": 10, "next_at": 7200.0}
    assert attempts_words(quota, now=0.0) == "1 attempt left. One more comes back in 2 h."
    assert attempts_words({**quota, "left": 4, "next_at": None}, now=0.0) == "4 attempts left."
    assert attempts_words({**quota, "left": 0, "failed_left": 0}, now=0.0) == (
        "No attempts left. Too many of your files gave no model. One more comes back in 2 h."
    )
    assert attempts_words(None, now=0.0) == ""


def test_attempts_are_counted_down_until_none_is_taken(labmark):
    labmark.login("dan")
    told = [labmark("submit", labmark.write(source=f"few = {n}\n"), "-a", "iris-few") for n in range(2)]
    assert "\n1 attempt left. One more comes back in 12 h.\n" in told[0].stderr
    assert "\nNo attempts left. One more comes back in 12 h.\n" in told[1].stderr
    assert re.search(r"^Place \d+ in the queue", told[0].stderr, re.MULTILINE)
    before = labmark.api.submissions("dan")
    refused = labmark("submit", labmark.write(source="few = 3\n"), "-a", "iris-few", status=4)
    assert re.fullmatch(r"No attempt is left now; the next one is taken in 12 h, from .*UTC\.\n", refused.stderr)
    refused = labmark("submit", labmark.write(source="few = 3\n"), "-a", "iris-few", "--json", status=4)
    assert json.loads(refused.stdout)["error"]["code"] == "quota_exhausted"
    assert labmark.api.submissions("dan") == before
    told = labmark("status", "-a", "iris-few")
    assert "\niris-few: No attempts left. One more comes back in 12 h.\n" in told.stdout
    assert len(re.findall(r"^[0-9a-f-]{36}: place \d+ in the queue", told.stdout, re.MULTILINE)) == 2
    assert json.loads(labmark("status", "--json").stdout)["quotas"]["iris-few"]["left"] == 0
    line = next(line for line in labmark("assignments").stdout.splitlines() if line.startswith("iris-few"))
    assert line.split()[-1] == "0"
    told = labmark("assignments", "iris-few").stdout
    assert "No attempts left. One more comes back in 12 h. Code that gives no model is counted apart" in told
    assert "as often as you like" in labmark("assignments", "iris-one").stdout


def test_a_status_of_an_assignment_without_submissions_tells_its_attempts(labmark):
    labmark.login("ana")
    told = labmark("status", "-a", "iris-few").stdout
    assert told == "You have handed in nothing yet.\n\niris-few: 2 attempts left.\n"


def test_the_queue_moves_while_it_is_watched(labmark):
    """Each place is told as it changes, with when it begins, reckoned by how long such runs took."""
    labmark.login("dan")
    labmark.api.appear()
    labmark.api.settle()
    for number in range(2):
        labmark("submit", labmark.write(source=f"moves = {number}\n"), "-a", "iris-late")
    first, second = (submission_id for submission_id, _ in labmark.api.submissions("dan")[-2:])
    terminal = Terminal(labmark.command("watch", second), folder=labmark.folder,
                        environment=labmark.process_environment(TERM="xterm-256color", LANG="C.UTF-8"))  # fmt: skip
    terminal.wait_for("in the queue, starts ")
    assert "waiting, place 2 in the queue" in terminal.text
    claimed = labmark.api.claim(first)
    terminal.wait_for("place 1 in the queue")
    labmark.api.finish(first, claimed, graded_report())
    labmark.api.grade(second, graded_report())
    assert terminal.end() == 0


def test_off_a_terminal_a_place_is_a_line_and_seconds_are_not(labmark):
    labmark.login("dan")
    labmark("submit", labmark.write(source="lines = 1\n"), "-a", "iris-one")
    submission_id = labmark.api.submissions("dan")[-1][0]
    process = labmark.start("watch", submission_id)
    first = process.stderr.readline()
    time.sleep(3)
    labmark.api.grade(submission_id, graded_report())
    _, errors = process.communicate(timeout=30)
    told = [line for line in (first + errors).splitlines() if line.startswith("waiting")]
    assert told
    assert len(told) == len(set(told))  # another place is another line


@pytest.mark.parametrize("code", ["too_many_requests", "rate_limited"])
def test_a_limit_of_requests_is_waited_for_and_said_by_every_command(labmark, through, code):  # noqa: F811
    left = [problem(429, code, **{"Retry-After": "1"})] * 2
    meddler = through(lambda request: left.pop() if left and request.path.endswith("/me") else None)
    told = labmark("whoami")
    assert told.stderr.count("Too many requests at once; trying again in 1 s.") == 2
    assert "Dan" in told.stdout or "Ana" in told.stdout
    assert len(meddler.seen) == 3


def test_a_wait_that_is_too_long_is_told_with_its_length(labmark, through):  # noqa: F811
    meddler = through(first_times(5, problem(429, "queue_full", **{"Retry-After": "3600"})))
    told = labmark("submit", labmark.write(), "-a", "iris-one", status=4)
    assert "The service asks to wait 60 min." in told.stderr
    assert len(posts(meddler)) == 1
    # It was refused, for certain: there is nothing that could be handed in twice.
    assert "handed in twice" not in told.stderr


@pytest.mark.parametrize("ahead_s", [0, 600, -600])
def test_times_are_reckoned_by_the_services_clock(ahead_s):
    def answer(request):
        date = formatdate(time.time() + ahead_s, usegmt=True)
        return Answer(200, {"Date": date, "Content-Type": "application/json"}, b"{}")

    meddler = Meddler(0, answer)
    service = Service(meddler.url, "lmk_x", notify=lambda _: None, patience_s=1)
    service.get("me")
    assert service.now() - time.time() == pytest.approx(ahead_s, abs=5)
    meddler.close()


def test_a_timeout_holds_while_nothing_is_told(labmark):
    """A service that says every few seconds that it is there does not prolong it."""
    labmark.login()
    submission_id = labmark.hand_in(source="silent = 1\n")
    labmark.api.enter(submission_id, labmark.api.claim(submission_id), "training")
    started = time.monotonic()
    told = labmark("watch", submission_id, "--timeout", "2", status=6)
    assert 2 <= time.monotonic() - started < 10  # it says so every fifteen
    assert f"(training). Go on with:\n  labmark watch {submission_id}\n" in told.stderr


def test_what_is_not_python_costs_no_attempt(labmark):
    labmark.login()
    before = labmark.api.submissions()
    file = labmark.write(source="import torch\n\ndef train(lab:\n    return 1\n")
    told = labmark("submit", file, "-a", "iris-one", status=2)
    assert f"{file}, line 3, is not Python: '(' was never closed\n  3 | def train(lab:\n" in told.stderr
    assert "cost no attempt" in told.stderr
    assert json.loads(labmark("submit", file, "-a", "iris-one", "--json", status=2).stdout)["error"]["code"] == "syntax_error"
    assert labmark.api.submissions() == before
    labmark("submit", file, "-a", "iris-one", "--unchecked")
    assert len(labmark.api.submissions()) == len(before) + 1


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfx = 1\n", "ț = '\\d'\n".encode(), b"x = 1\r\n\x0c\ny = 2\r\n"])
def test_what_python_takes_is_handed_in_without_a_word(labmark, content):
    labmark.login()
    (labmark.folder / "lab.py").write_bytes(content)
    told = labmark("submit", "lab.py", "-a", "iris-one")
    assert "Warning" not in told.stderr


def test_lateness_is_said_at_once_and_in_the_grade(labmark):
    labmark.login()
    told = labmark("submit", labmark.write(source="late = 1\n"), "-a", "iris-late")
    assert re.search(r"^This comes after the due date \(\d{4}-\d\d-\d\d \d\d:\d\d\)\.$", told.stderr, re.MULTILINE)
    submission_id = labmark.api.submissions()[-1][0]
    labmark.api.grade(submission_id, graded_report())
    told = labmark("results", submission_id)
    assert "\n6 of 10 points\n" in told.stdout
    assert re.search(r"\nYour grade: 4\.5 of 10 points\n  .* counts\.\n", told.stdout)
    assert "They take off 25 %, which is 1.5 points." in told.stdout
    assert json.loads(labmark("results", submission_id, "--json").stdout)["grade"]["points"] == 4.5
    assert "Nota ta: 4,5 din 10 puncte" in labmark("results", submission_id, LABMARK_LANG="ro").stdout
    told = labmark("results", submission_id, LABMARK_LANG="ro").stdout
    assert "Predat cu întârziere" in told
    assert "after the due date" not in labmark("submit", labmark.write(), "-a", "iris-one").stderr


def test_another_submission_that_counts_is_named(labmark):
    labmark.login("dan")
    for number, points in enumerate((8, 2)):
        labmark("submit", labmark.write(source=f"counts = {number}\n"), "-a", "iris-late")
        report = graded_report().model_copy(update={"points": points})
        labmark.api.grade(labmark.api.submissions("dan")[-1][0], report)
    (better, _), (worse, _) = labmark.api.submissions("dan")[-2:]
    assert f"Another submission counts: {better}" in labmark("results", worse).stdout
    assert "Another submission counts" not in labmark("results", better).stdout


def test_staff_see_a_students_report_without_a_grade_of_their_own(labmark):
    labmark.login()
    submission_id = labmark.hand_in(source="for_staff = 1\n")
    labmark.api.grade(submission_id, graded_report())
    labmark.login("ivan")
    told = labmark("results", submission_id).stdout
    assert "6 of 10 points" in told
    assert "Your grade" not in told


def test_what_has_not_run_yet_has_no_log_yet(labmark):
    labmark.login()
    submission_id = labmark.hand_in(source="no_log = 1\n")
    assert "There is nothing yet (waiting)" in labmark("log", submission_id).stderr
    told = labmark("results", submission_id, status=6)
    assert re.search(r"^place \d+ in the queue", told.stdout, re.MULTILINE)
    assert f"labmark watch {submission_id}" in told.stderr
    labmark.api.grade(submission_id, graded_report(), log="")
    assert "The code printed nothing." in labmark("log", submission_id).stderr


def test_a_thread_that_reads_ends_with_the_stream(labmark):
    labmark.login()
    submission_id = labmark.hand_in(source="threads = 1\n")
    labmark.api.grade(submission_id, graded_report())
    before = threading.active_count()
    labmark("watch", submission_id)
    wait_until(lambda: threading.active_count() <= before)
