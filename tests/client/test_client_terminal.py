"""What a person sees in a terminal of a given width: whole ids, whole words, no colour where none is wanted."""

from __future__ import annotations

import re

import pyte
import pytest
from live_api import graded_report
from terminal import Terminal

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture
def seen(labmark):
    """(lines on the screen, bytes that came)."""

    def look(*arguments, columns=80, status=0, **environment):
        variables = labmark.process_environment(**{"TERM": "xterm-256color", "LANG": "C.UTF-8", **environment})
        terminal = Terminal(labmark.command(*arguments), environment=variables, folder=labmark.folder, columns=columns)
        assert terminal.end(60) == status, terminal.text
        screen = pyte.Screen(columns, 300)
        pyte.ByteStream(screen).feed(terminal.shown)
        return [line.rstrip() for line in screen.display], terminal.shown

    return look


@pytest.fixture
def graded(labmark):
    labmark.login("ana")
    labmark("submit", labmark.write(source="in a terminal\n".replace(" ", "_")), "-a", "iris-late")
    submission_id = labmark.api.submissions()[-1][0]
    labmark.api.grade(submission_id, graded_report())
    return submission_id


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("language", ["en", "ro"])
def test_tables_fit_and_ids_stay_whole(labmark, seen, graded, columns, language):
    labmark("submit", labmark.write(source="waits_here = 1\n"), "-a", "iris-one")
    waiting = labmark.api.submissions()[-1][0]
    lines, _ = seen("status", columns=columns, LABMARK_LANG=language)
    rows = [line for line in lines if re.match(rf"{UUID} ", line)]
    assert {graded, waiting} <= {row.split()[0] for row in rows}
    assert all(row.split()[1].startswith("iris-") for row in rows)
    assert sum(line.startswith("─") for line in lines) == 1
    has_times = all(re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d$", row) for row in rows)
    assert has_times == (columns == 120)
    lines, _ = seen("assignments", columns=columns, LABMARK_LANG=language)
    rows = [line for line in lines if re.match(r"(iris|wine)-\S+ ", line)]
    assert [row.split()[0] for row in rows] == ["iris-few", "iris-late", "iris-one", "wine-lab"]
    labmark.api.settle()


def test_what_is_to_be_copied_is_broken_at_no_place_but_a_space(labmark, seen, graded):
    lines, _ = seen("results", graded)
    assert any(re.fullmatch(r"  (✓|✗) .*", line) for line in lines)
    labmark("submit", labmark.write(source="copied = 1\n"), "-a", "iris-one")
    submission_id = labmark.api.submissions()[-1][0]
    lines, _ = seen("watch", submission_id, "--timeout", "1", status=6)
    assert f"  labmark watch {submission_id}" in lines
    lines, _ = seen("whoami", "--server", "http://127.0.0.1:9", status=3)
    assert "  labmark login --server http://127.0.0.1:9" in lines


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [({}, {"colour", "motion"}), ({"NO_COLOR": "1"}, {"motion"}), ({"TERM": "dumb"}, set())],
)
def test_colour_and_motion_are_left_out_where_they_are_not_wanted(seen, graded, variables, wanted):
    _, written = seen("watch", graded, **variables)
    found = {"colour"} if any(re.search(rb"[\[;]3[1-7]", found) for found in COLOUR.findall(written)) else set()
    found |= {"motion"} if b"\x1b[?25l" in written else set()
    assert found == wanted
    assert "6 of 10 points" in written.decode()


def test_the_report_stays_within_a_narrow_terminal(labmark, seen, graded):
    lines, _ = seen("results", graded, columns=50)
    text = " ".join(" ".join(lines).split())
    assert "Accuracy on the test part is 93.3 %; 90.0 % was asked." in text
    assert "Your grade: 4.5 of 10 points" in text
