"""What became of a submission, as a person reads it; and nothing of somebody else's that moves a terminal."""

from __future__ import annotations

import json

import pytest
from live_api import failed_report, graded_report
from terminal import Terminal

from client.screen import safe, safe_line

# Clears the screen, sets the title, hides, reports the cursor back as if it had been typed.
EVIL = "\x1b[2J\x1b]0;owned\x07\x1b[?25l\x1b[6n\x9b31m\u202egnp\u2066\x08\x07\x00"
SOURCE = "import torch\n\ndef train(lab):\n    return lab.nothing\n"


def test_a_grade_shows_points_figures_sentences_curve_and_errors(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    labmark.api.grade(submission_id, graded_report())
    told = labmark("results", submission_id).stdout
    for words in (
        "iris-one, lab.py: graded",
        "6 of 10 points",
        "✓ accuracy: passed, 6 of 6 points (measured 93.3 %; asked ≥ 90.0 %)",
        "Accuracy on the test part is 93.3 %; 90.0 % was asked.",
        "✗ layers: failed, 0 of 4 points (measured multi layer; asked single layer)",
        "Diagnosis: overfitting",
        "Learning curve, mean of 2 repeats",
        "validation: 10.0 % (5.0 % to 15.0 %) of 30 rows",
        f"On the web: {labmark.api.url}/submissions/{submission_id}",
    ):
        assert words in told
    assert labmark("results").stdout == told  # the newest one, where none is named
    document = json.loads(labmark("results", "--json").stdout)
    assert document["submission"]["id"] == submission_id
    assert [criterion["verdict"] for criterion in document["criteria"]] == ["passed", "failed"]


def test_a_grade_in_romanian(labmark):
    labmark.login()
    labmark.api.grade(labmark.hand_in(), graded_report())
    told = labmark("results", LABMARK_LANG="ro").stdout
    for words in ("6 din 10 puncte", "✓ acuratețe: îndeplinit", "Diagnostic: supraînvățare", "Curba de învățare",
                  "validare: 10,0 % (5,0 % până la 15,0 %) din 30 de rânduri"):  # fmt: skip
        assert words in told


def test_a_failure_shows_the_students_own_line_and_how_it_came_there(labmark):
    labmark.login()
    submission_id = labmark.hand_in(source=SOURCE)
    trace = ('  File "submission.py", line 4, in train\n    return lab.nothing\n  File "submission.py", line 1, in f\n'
             "    import torch\nAttributeError: no such thing")  # fmt: skip
    labmark.api.grade(submission_id, failed_report(line=4, traceback=trace))
    told = labmark("results", submission_id, status=1).stdout
    for words in (
        "iris-one, lab.py: no model",
        "Your code gave no model: raised (line 4)",
        "Your code raised AttributeError: no such thing.",
        "    3 | def train(lab):\n  > 4 |     return lab.nothing\n",
        'File "submission.py", line 1, in f',
    ):
        assert words in told
    assert "Criteria" not in told


@pytest.mark.parametrize(("language", "heading"), [("en", "What to try"), ("ro", "Ce poți încerca")])
def test_what_to_try_is_said_with_the_line_to_look_at(labmark, language, heading):
    labmark.login()
    submission_id = labmark.hand_in(source=SOURCE.replace("lab.nothing", "lab.X_train"))
    labmark.api.grade(submission_id, failed_report(line=4, message="'Lab' object has no attribute 'X_train'"))
    told = labmark("results", submission_id, status=1, LABMARK_LANG=language).stdout
    assert f"\n{heading}\n" in told
    assert "| return lab.X_train\n" in told
    assert "`X_train`" in told


def test_what_has_not_ended_is_told_by_its_state(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    assert "iris-one, lab.py: waiting" in labmark("results", submission_id, status=6).stdout
    labmark.api.error(submission_id)
    assert "It costs you nothing" in labmark("results", submission_id, status=5).stdout


def test_a_log_is_what_the_code_printed(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    assert "nothing yet (waiting)" in labmark("log", submission_id).stderr
    labmark.api.grade(submission_id, graded_report(), log="epoch 1\r\nepoch 2 ă")
    assert labmark("log", submission_id).stdout == "epoch 1\nepoch 2 ă\n"
    assert json.loads(labmark("log", submission_id, "--json").stdout)["log"] == "epoch 1\r\nepoch 2 ă"


def test_status_lists_ones_own_newest_first(labmark):
    labmark.login()
    first, second = labmark.hand_in(), labmark.hand_in()
    labmark.api.grade(first, graded_report())
    lines = labmark("status", "--limit", 2).stdout.splitlines()[2:4]
    assert lines[0].startswith(f"{second} ")
    assert "waiting" in lines[0]
    assert lines[1].startswith(f"{first} ")
    assert "graded" in lines[1]
    assert "6 / 10" in lines[1]
    document = json.loads(labmark("status", "--json", "-a", "iris-one", "--limit", 1).stdout)
    assert [item["id"] for item in document["items"]] == [second]


def test_who_has_handed_in_nothing_is_told_so(labmark):
    labmark.login("ivan")
    assert "handed in nothing" in labmark("status").stdout
    assert "nothing to show" in labmark("results", status=2).stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[1;31mb\x1b[0mc", "abc"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x1b\\", "link"),
        ("a\x1b]0;never ended", "a"),
        ("\x9b2Jx", "x"),
        ("50 %\r100 %\r\nnext", "50 %\n100 %\nnext"),
        ("tab\tand ă 🙂", "tab\tand ă 🙂"),
        ("\x1b", "�"),
        ("a\u2028b", "a\nb"),
        ("a\u202eb\u200fc\ud800", "a�b�c�"),
    ],
)
def test_text_of_others_moves_nothing(text, shown):
    assert safe(text) == shown
    assert "\n" not in safe_line(text)


def test_nothing_hostile_reaches_a_terminal(labmark):
    """In the file's name, its code, the exception, the traceback and what was printed."""
    labmark.login()
    source = f"# {EVIL}\ndef train(lab):\n    raise ValueError('{EVIL}')\n".replace("\x00", "")
    submission_id = labmark.hand_in(name="l\x1b[2Jab.py", source=source)
    trace = "  File\n    x\n  File\n    " + EVIL + "\nValueError"
    labmark.api.grade(submission_id, failed_report(line=1, message=EVIL, traceback=trace.replace("\x00", "")),
                      log=EVIL.replace("\x00", "") + "\n")  # fmt: skip
    environment = labmark.process_environment(TERM="xterm-256color", LANG="C.UTF-8")
    for command in ("results", "log", "status", "watch"):
        arguments = [command] if command == "status" else [command, submission_id]
        terminal = Terminal(labmark.command(*arguments), folder=labmark.folder, environment=environment)
        terminal.end()
        shown = terminal.shown.decode()
        for evil in ("\x1b[2J", "\x1b]", "\x1b[6n", "\x9b", "\u202e", "\u2066", "\x08", "\x07"):
            assert evil not in shown, (command, evil)
    assert "gnp" in shown
    document = labmark("log", submission_id, "--json").stdout
    assert document.isascii()
    assert "\x1b" not in document
    assert json.loads(document)["log"].startswith("\x1b[2J")


def test_a_terminal_without_unicode_gets_plain_characters(labmark):
    labmark.login()
    submission_id = labmark.hand_in()
    labmark.api.grade(submission_id, graded_report())
    process = labmark.start("results", submission_id, PYTHONIOENCODING="ascii")
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert out.isascii()
    assert "+ accuracy: passed" in out
    assert "100 % |" in out or "80 % |" in out
