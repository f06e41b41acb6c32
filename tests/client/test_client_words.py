"""The catalogs, the languages, and the learning curve's characters."""

from __future__ import annotations

import ast
import doctest
import re
import string
from pathlib import Path

import pytest

import client
import client.curve
import client.following
import client.screen
from client.curve import Curve, Point, bars, draw_curve
from client.messages import CATALOGS, counted, language, named, number, per_cent, points, say

FOLDER = Path(client.__file__).parent
FIELDS = string.Formatter()
# Looked up by the service's own words.
LOOKED_UP = ("state.", "criterion.", "verdict.", "fit.", "part.", "role.", "column.", "stop.", "differs.", "layer.")


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for name in ("LABMARK_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LABMARK_LANG", "en")


def names_in_code():
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                yield node.values[0].value


def test_doctests_hold():
    for module in (client.curve, client.following, client.screen):
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed


def test_every_language_says_everything_with_the_same_values():
    english = CATALOGS["en"]
    for code, catalog in CATALOGS.items():
        assert set(catalog) == set(english), code
        for name, text in catalog.items():
            assert text.strip(), (code, name)
            fields = {field for _, field, _, _ in FIELDS.parse(text) if field}
            expected = {field for _, field, _, _ in FIELDS.parse(english[name]) if field}
            assert fields == expected, (code, name)
            assert text.count("|") == english[name].count("|"), (code, name)


def test_translations_are_translations():
    same = {name for name, text in CATALOGS["ro"].items() if text == CATALOGS["en"][name]}
    # Words that are the same in both, and patterns without words.
    assert same == {"courses.line", "results.head", "part.test", "role.student", "role.admin", "status.standing",
                    "wait.seconds", "wait.minutes"}  # fmt: skip


def test_every_name_in_the_code_is_in_the_catalog_and_every_entry_is_used():
    found = set(names_in_code())
    asked = {name for name in found if re.fullmatch(r"[a-z]+\.[a-z_]+", name)}
    sections = {name.partition(".")[0] for name in CATALOGS["en"]}
    missing = {name for name in asked if name.partition(".")[0] in sections} - set(CATALOGS["en"])
    assert missing <= {"config.json"}
    used = found | {"results.errored", "results.cancelled", "results.superseded", "results.measured", "results.asked"}
    assert {name for name in CATALOGS["en"] if name not in used and not name.startswith(LOOKED_UP)} == set()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ro_RO.UTF-8"}, "ro"),
        ({"LANG": "ro_RO.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LABMARK_LANG": "ro"}, "ro"),
        ({"LABMARK_LANG": "RO-ro"}, "ro"),
        ({"LC_MESSAGES": "ro.UTF-8", "LANG": "en_US"}, "ro"),
        ({"LABMARK_LANG": "xx"}, "en"),
    ],
)
def test_the_language_is_that_of_the_terminal(monkeypatch, variables, expected):
    monkeypatch.delenv("LABMARK_LANG")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_numbers_and_counts_are_written_as_the_language_does(monkeypatch):
    assert (number(1.25, 2), per_cent(0.0333), points(40.0), points(2.5), points(0)) == ("1.25", "3.3 %", "40", "2.5", "0")
    assert [counted("watch.epochs", n) for n in (1, 2, 20)] == ["1 epoch", "2 epochs", "20 epochs"]
    monkeypatch.setenv("LABMARK_LANG", "ro")
    assert (number(1.25, 2), per_cent(0.0333), points(2.5), points(100)) == ("1,25", "3,3 %", "2,5", "100")
    assert [counted("watch.epochs", n) for n in (1, 2, 19, 20, 101, 120)] == [
        "o epocă", "2 epoci", "19 epoci", "20 de epoci", "101 epoci", "120 de epoci"
    ]  # fmt: skip
    assert say("results.line", line=3) == "rândul 3"


def test_a_word_of_a_newer_service_is_shown_as_it_is():
    assert named("state", "being_weighed") == "being weighed"


def curve(*pairs):
    return [Point(epoch=i, training_error=a, validation_error=b) for i, (a, b) in enumerate(pairs, start=1)]


def test_a_curve_shows_both_errors_on_one_scale_with_their_figures():
    lines = draw_curve(curve((0.4, 0.4), (0.2, 0.25), (0.0, 0.3)), columns=100)
    text = "\n".join(lines)
    assert "training error" in lines[0]
    assert "validation error" in lines[0]
    assert lines[1].count("40 % ┤") == 2
    assert "last 0.0 %" in text
    assert "last 30.0 %" in text
    assert "best 25.0 %, epoch 2" in text
    assert max(map(len, lines)) <= 100
    left, right = (line[9:18] for line in (lines[5], lines[5][len(lines[5]) - 18 :]))
    assert left.rstrip() == "██████"  # three columns an epoch, and none for no error
    assert right.endswith("█████████")


@pytest.mark.parametrize("columns", [20, 30, 46, 60, 80, 200])
@pytest.mark.parametrize("epochs", [1, 2, 7, 40, 1999])
def test_a_curve_fits_its_place(columns, epochs):
    lines = draw_curve(curve(*[(1 / (n + 1), 0.5) for n in range(epochs)]), columns=columns)
    figures = [line for line in lines if "best" in line or "last" in line or "error" in line]
    assert max(len(line) for line in lines if line not in figures) <= columns
    assert any("best 50.0 %, epoch 1" in line for line in lines)


def test_a_curve_without_points_is_nothing():
    assert draw_curve([], columns=80) == []


def test_a_curve_in_ascii():
    assert "\n".join(draw_curve(curve((0.3, 0.3), (0.1, 0.2)), columns=80, unicode=False)).isascii()


def test_bars_say_how_much():
    assert bars([0.0, 0.01, 0.5, 1.0], top=1.0, width=4, rows=1, unicode=True) == [" ▁▄█"]
    assert bars([0.5], top=1.0, width=10, rows=1, unicode=True) == ["▄▄▄"]
    # A thousand epochs in ten columns: means of neighbours.
    assert bars([1.0] * 500 + [0.0] * 500, top=1.0, width=10, rows=1, unicode=True) == ["█████     "]


def test_a_live_curve_is_the_mean_of_the_repeats_and_a_second_attempt_replaces():
    live = Curve()
    for repeat, error in ((0, 10.0), (1, 30.0)):
        live.add({"repeat": repeat, "epoch": 1, "train_error_percent": error, "validation_error_percent": 50})
    assert live.points() == [Point(epoch=1, training_error=0.2, validation_error=0.5)]
    live.add({"repeat": 1, "epoch": 1, "train_error_percent": 10, "validation_error_percent": 50})
    assert live.points()[0].training_error == pytest.approx(0.1)
    live.clear()
    assert live.points() == []
