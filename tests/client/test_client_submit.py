"""Handing in once, whatever the network, a proxy, or a restart of the service does in between."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time

import pytest
from live_api import failed_report, graded_report, wait_until
from meddler import HANG_UP, SWALLOW, Answer, Meddler

from client.handing_in import Pending
from client.service import path_of


def problem(status, code, **headers):
    body = json.dumps({"title": "Not now", "detail": "It is not the time.", "code": code, "status": status})
    return Answer(status, {"Content-Type": "application/problem+json", **headers}, body.encode())


@pytest.fixture
def through(labmark):
    """The api behind a meddler; logged in there."""
    made = []

    def make(meddle):
        armed = threading.Event()
        meddler = Meddler(labmark.api.port, lambda request: meddle(request) if armed.is_set() else None)
        made.append(meddler)
        labmark.login(server=meddler.url)
        meddler.seen.clear()
        armed.set()
        return meddler

    yield make
    for meddler in made:
        meddler.close()


def posts(meddler):
    return [request for request in meddler.seen if request.method == "POST"]


def first_times(count, action):
    """What happens to the first POSTs; those after them pass."""
    left = [action] * count

    def meddle(request):
        return left.pop() if request.method == "POST" and left else None

    return meddle


def test_a_file_is_handed_in_and_its_id_told(labmark):
    labmark.login()
    before = len(labmark.api.submissions())
    told = labmark("submit", labmark.write(source="x = 1\n"), "--assignment", "iris-one")
    (submission_id, source) = labmark.api.submissions()[-1]
    assert len(labmark.api.submissions()) == before + 1
    assert source == "x = 1\n"
    assert told.stdout == f"Handed in to iris-one: {submission_id}\n"
    assert f"{labmark.api.url}/submissions/{submission_id}" in told.stderr


def test_the_folder_says_for_which_assignment(labmark, monkeypatch):
    labmark.login()
    (labmark.folder / ".labmark.toml").write_text(f'assignment = "iris-one"\nserver = "{labmark.api.url}"\n')
    inner = labmark.folder / "inner"
    inner.mkdir()
    (inner / "lab.py").write_text("y = 1\n")
    monkeypatch.chdir("/")
    document = json.loads(labmark("submit", inner / "lab.py", "--json").stdout)
    assert document["id"] == labmark.api.submissions()[-1][0]
    assert document["again"] is False
    assert document["page"] == f"{labmark.api.url}/submissions/{document['id']}"


def test_without_an_assignment_nothing_is_sent(labmark):
    labmark.login()
    assert "--assignment" in labmark("submit", labmark.write(), status=2).stderr


@pytest.mark.parametrize(
    ("name", "content", "slug", "sentence"),
    [
        ("lab.py", b"\xff\xfe", "iris-one", "Line 1 is not UTF-8"),
        ("lab.txt", b"x", "iris-one", "ends in neither .py nor .ipynb"),
        ("lab.ipynb", b"{", "iris-one", "not JSON, so it is not a notebook"),
        ("lab.py", b"#" * 1_100_000, "iris-one", "Remove data and stored outputs"),
        ("lab.py", b"x = 1", "no-such-lab", "There is no assignment 'no-such-lab'"),
        ("lab.py", b"x = 1", "../me", "is not the short name of an assignment"),
    ],
)
def test_what_is_refused_is_told_in_the_services_words(labmark, name, content, slug, sentence):
    labmark.login()
    file = labmark.folder / name
    file.write_bytes(content)
    before = labmark.api.submissions()
    assert sentence in " ".join(labmark("submit", file, "-a", slug, status=2).stderr.split())
    assert labmark.api.submissions() == before
    assert list(labmark.home.glob("pending/*")) == []


def test_a_file_that_is_not_there(labmark):
    labmark.login()
    assert "cannot be read" in labmark("submit", "nothing.py", "-a", "iris-one", status=2).stderr
    assert "cannot be read" in labmark("submit", labmark.folder, "-a", "iris-one", status=2).stderr


def test_waiting_ends_with_the_report_and_its_status(labmark):
    labmark.login()

    def worker(report):
        submission_id = wait_until(lambda: next((i for i, s in labmark.api.submissions() if s == report[1]), None))
        if report[0] is None:
            labmark.api.error(submission_id)
        else:
            labmark.api.grade(submission_id, report[0])

    for number, (report, status, said) in enumerate(
        ((graded_report(), 0, "6 of 10 points"), (failed_report(), 1, "Your code gave no model: raised"),
         (None, 5, "Something broke on our side."))
    ):  # fmt: skip
        source = f"waits = {number}\n"
        thread = threading.Thread(target=worker, args=((report, source),))
        thread.start()
        told = labmark("submit", labmark.write(source=source), "-a", "iris-one", "--wait", "--timeout", 60, status=status)
        thread.join()
        assert said in told.stdout


def test_an_answer_that_was_lost_leads_to_one_submission(labmark, through):
    """The api has taken it; the client cannot know."""
    meddler = through(first_times(2, SWALLOW))
    before = len(labmark.api.submissions())
    told = labmark("submit", labmark.write(source="lost = 1\n"), "-a", "iris-one")
    assert len(labmark.api.submissions()) == before + 1
    keys = {request.headers["idempotency-key"] for request in posts(meddler)}
    assert (len(posts(meddler)), len(keys)) == (3, 1)
    assert "is not handed in twice: " + labmark.api.submissions()[-1][0] in told.stdout
    assert "trying again" in told.stderr


def test_a_request_that_never_arrived_is_sent_again(labmark, through):
    meddler = through(first_times(2, HANG_UP))
    told = labmark("submit", labmark.write(source="hung = 1\n"), "-a", "iris-one", "--json")
    assert json.loads(told.stdout)["again"] is False
    assert len(posts(meddler)) == 3
    assert labmark.api.submissions()[-1][1] == "hung = 1\n"


@pytest.mark.parametrize(
    "answer",
    [problem(503, "http_error"), Answer(502, {}, b"<html>Bad gateway"), Answer(504), problem(429, "queue_full"),
     Answer(429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"slow down")],
)  # fmt: skip
def test_not_now_is_tried_again(labmark, through, answer):
    meddler = through(first_times(1, answer))
    labmark("submit", labmark.write(source="later = 1\n"), "-a", "iris-one")
    assert len(posts(meddler)) == 2


def test_retry_after_is_waited_for(labmark, through):
    through(first_times(1, problem(429, "queue_full", **{"Retry-After": "2"})))
    started = time.monotonic()
    told = labmark("submit", labmark.write(), "-a", "iris-one")
    assert time.monotonic() - started >= 2
    assert "Too many submissions are waiting, so none is taken now; trying again in 2 s." in told.stderr


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (problem(429, "queue_full", **{"Retry-After": "3600"}), 4),
        (problem(429, "quota_exhausted", **{"Retry-After": "1"}), 4),
        (problem(500, "internal_error"), 5),
        (problem(403, "forbidden"), 3),
        (problem(401, "unauthenticated"), 3),
        (problem(409, "idempotency_conflict"), 2),
        (Answer(302, {"Location": "https://elsewhere.example.org/"}), 2),
        (Answer(404, {}, b"<html>"), 4),
        (Answer(200, {"Content-Type": "text/html"}, b"<html>"), 4),
    ],
)
def test_what_trying_again_does_not_help_is_told_at_once(labmark, through, answer, status):
    meddler = through(first_times(5, answer))
    started = time.monotonic()
    told = labmark("submit", labmark.write(), "-a", "iris-one", "--json", status=status)
    assert time.monotonic() - started < 5
    assert len(posts(meddler)) == 1
    assert json.loads(told.stdout)["error"]["exit_status"] == status


def test_given_up_and_given_again_it_is_still_one_submission(labmark, through):
    """The first command ends without knowing that its request came through."""
    through(first_times(1, SWALLOW))
    file = labmark.write(source="given_up = 1\n")
    before = len(labmark.api.submissions())
    told = labmark("submit", file, "-a", "iris-one", "--patience", "0", status=4)
    assert "it will not be handed in twice" in told.stderr
    assert len(labmark.api.submissions()) == before + 1
    assert "is not handed in twice" in labmark("submit", file, "-a", "iris-one").stdout
    assert len(labmark.api.submissions()) == before + 1
    # Once it is known to be there, the same file is handed in anew, on purpose.
    assert "Handed in to" in labmark("submit", file, "-a", "iris-one").stdout
    assert len(labmark.api.submissions()) == before + 2


def test_a_command_killed_before_its_answer_leaves_what_the_next_needs(labmark, through):
    reached = threading.Event()

    def meddle(request):
        if request.method == "POST" and not reached.is_set():
            reached.set()
            time.sleep(3)

    through(meddle)
    file = labmark.write(source="killed = 1\n")
    before = len(labmark.api.submissions())
    process = labmark.start("submit", file, "-a", "iris-one")
    assert reached.wait(30)
    process.kill()
    process.communicate()
    wait_until(lambda: len(labmark.api.submissions()) == before + 1)
    assert "is not handed in twice" in labmark("submit", file, "-a", "iris-one").stdout
    assert len(labmark.api.submissions()) == before + 1


def test_another_file_or_assignment_is_another_submission(tmp_path, monkeypatch):
    monkeypatch.setenv("LABMARK_CONFIG_DIR", str(tmp_path))
    keys = [Pending(*asked).key() for asked in (
        ("https://a", "one", b"x"), ("https://a", "one", b"y"), ("https://a", "two", b"x"), ("https://b", "one", b"x"),
        ("https://a", "on", b"ex"),
    )]  # fmt: skip
    assert len(set(keys)) == len(keys)
    again = Pending("https://a", "one", b"x")
    assert again.key() == keys[0]
    again.forget()
    assert Pending("https://a", "one", b"x").key() != keys[0]


def test_commands_at_the_same_moment_share_their_key(tmp_path, monkeypatch):
    monkeypatch.setenv("LABMARK_CONFIG_DIR", str(tmp_path))
    keys, gate = [], threading.Barrier(8)

    def one():
        gate.wait()
        keys.append(Pending("https://a", "one", b"x").key())

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_number_that_was_never_written_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("LABMARK_CONFIG_DIR", str(tmp_path))
    pending = Pending("https://a", "one", b"x")
    pending._path.parent.mkdir()
    pending._path.write_text("12")
    assert pending.key() == Pending("https://a", "one", b"x").key()


def test_a_restart_between_handing_in_and_the_result_is_survived(labmark):
    """The api is killed while it is waited for, and comes back; the result is the one of the one submission."""
    labmark.login()
    file = labmark.write(source="restart = 1\n")
    before = len(labmark.api.submissions())
    process = labmark.start("submit", file, "-a", "iris-one", "--wait", "--json")
    wait_until(lambda: len(labmark.api.submissions()) == before + 1)
    submission_id = labmark.api.submissions()[-1][0]
    claimed = labmark.api.claim(submission_id)
    labmark.api.enter(submission_id, claimed, "training")
    labmark.api.tell_epochs(submission_id, 1, 3)
    time.sleep(1)
    labmark.api.kill()
    time.sleep(2)
    assert process.poll() is None
    labmark.api.start()
    labmark.api.finish(submission_id, claimed, graded_report())
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    document = json.loads(out)
    assert (document["submission"]["id"], document["submission"]["points"]) == (submission_id, 6)
    assert len(labmark.api.submissions()) == before + 1


def test_a_service_that_starts_only_now_is_waited_for(labmark):
    labmark.login()
    labmark.api.kill()
    file = labmark.write(source="early = 1\n")
    before = len(labmark.api.submissions())
    process = labmark.start("submit", file, "-a", "iris-one")
    first = process.stderr.readline()
    assert process.poll() is None
    labmark.api.start()
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Handed in to iris-one" in out
    assert "trying again in" in first
    assert len(labmark.api.submissions()) == before + 1


def test_ctrl_c_while_waiting_says_how_to_go_on(labmark):
    labmark.login()
    before = len(labmark.api.submissions())
    process = labmark.start("submit", labmark.write(source="stopped = 1\n"), "-a", "iris-one", "--wait")
    assert "Handed in to iris-one" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert len(labmark.api.submissions()) == before + 1
    assert process.returncode == 130
    assert f"labmark watch {labmark.api.submissions()[-1][0]}" in errors
    assert "Traceback" not in errors


def test_a_name_never_leaves_its_place_in_an_address():
    assert path_of("submissions", "../x", "..", "log") == "/api/v1/submissions/..%2Fx/%2E%2E/log"


def test_a_reader_that_has_read_enough_is_no_error(labmark):
    labmark.login()
    submission_id = labmark.hand_in(source="chatty = 1\n")
    labmark.api.grade(submission_id, graded_report(), log="line\n" * 200_000)
    command = " ".join(labmark.command("log", submission_id)) + " | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], env=labmark.process_environment(),
                          cwd=labmark.folder, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert done.stdout == "line\n"
    assert done.stderr == ""
