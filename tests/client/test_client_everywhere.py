"""On Windows and macOS, against a server elsewhere: no POSIX modules, old code pages, other folders, other line ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from live_api import ROOT, graded_report

import client.config

PROGRAM = Path(__file__).with_name("as_on_windows.py")
# What consoles of Western and Central Europe, and of the United States, can show.
CODE_PAGES = ("cp1252", "cp1250", "cp437", "ascii", "utf-8")


@pytest.fixture
def windows(labmark):
    def run(*arguments, status=0, encoding="cp1252", language="ro", **more):
        environment = labmark.process_environment(
            LABMARK_LANG=language, PYTHONIOENCODING=encoding, PYTHONPATH=str(ROOT), **more
        )
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *map(str, arguments)], cwd=labmark.folder, env=environment,
            capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        out, errors = done.stdout.decode(encoding, "replace"), done.stderr.decode(encoding, "replace")
        assert done.returncode == status, out + errors
        assert "Traceback" not in errors
        return out, errors

    return run


def test_the_way_of_a_student_needs_no_posix(labmark, windows):
    out, _ = windows("login", "--server", labmark.api.url, "--token", labmark.api.tokens["ana"])
    assert "Te-ai autentificat" in out
    # Romanian letters that the code page lacks lose their marks, and nothing else.
    assert "Preda un fisier" in windows("submit", "--help")[0]
    windows("assignments")
    out, _ = windows("start", "iris-one", "--framework", "keras")
    assert "iris-one" in out
    # A starter holds ț and ș, whatever the console can show.
    assert "ț" in (labmark.folder / "iris-one" / "lab.py").read_text(encoding="utf-8")
    assert b"\r\n" not in (labmark.folder / "iris-one" / "lab.py").read_bytes()
    windows("submit", "iris-one/lab.py")
    submission_id = labmark.api.submissions()[-1][0]
    _, errors = windows("watch", submission_id, "--timeout", "1", status=6)
    assert "labmark watch" in errors
    labmark.api.grade(submission_id, graded_report(), log="ș ✓ 🙂\n")
    out, _ = windows("watch", submission_id)
    assert "6 din 10 puncte" in out
    windows("log", submission_id)
    windows("status")
    windows("whoami")
    windows("logout")


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_what_a_code_page_lacks_is_replaced_and_ends_nothing(labmark, windows, encoding):
    labmark.login()
    submission_id = labmark.hand_in(source="t = 'ț ✓ 🙂'\n")
    labmark.api.grade(submission_id, graded_report(), log="ț ✓ 🙂\n")
    for command in (("results", submission_id), ("log", submission_id), ("status",), ("assignments",),
                    ("assignments", "iris-one"), ("submit", "--help"), ("--help",)):  # fmt: skip
        out, _ = windows(*command, encoding=encoding)
        assert out.strip()
    out, _ = windows("results", submission_id, encoding=encoding)
    assert ("✓" in out) == (encoding == "utf-8")
    # A grade is told by its words; a sign that cannot be shown is another sign, and no question mark.
    assert ("+ acurate" in out) == (encoding != "utf-8")
    assert "?┤" not in out
    document = json.loads(windows("results", submission_id, "--json", encoding=encoding)[0])
    assert document["submission"]["id"] == submission_id


def test_an_error_in_an_old_code_page_is_told(labmark, windows):
    labmark.login()
    name = "fișier-cu-ț.py"
    _, errors = windows("submit", name, "-a", "iris-one", status=2)
    assert "nu poate fi citit" in errors
    (labmark.folder / name).write_bytes("# ț\r\ndef train(lab):\r\n    return 1\r\n".encode())
    windows("submit", name, "-a", "iris-one")
    assert labmark.api.submissions()[-1][1] == "# ț\r\ndef train(lab):\r\n    return 1\r\n"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("win32", {"APPDATA": "/users/eva/AppData/Roaming"}, "/users/eva/AppData/Roaming/labmark"),
        ("darwin", {"HOME": "/users/eva"}, "/users/eva/Library/Application Support/labmark"),
        ("linux", {"HOME": "/users/eva"}, "/users/eva/.config/labmark"),
        ("linux", {"HOME": "/users/eva", "XDG_CONFIG_HOME": "/users/eva/.settings"}, "/users/eva/.settings/labmark"),
    ],
)
def test_settings_are_where_each_system_keeps_them(monkeypatch, platform, variables, expected):
    import inspect

    import typer

    for name in ("LABMARK_CONFIG_DIR", "APPDATA", "HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    # The module that decides, wherever typer keeps it.
    monkeypatch.setattr(inspect.getmodule(typer.get_app_dir), "WIN", platform == "win32")
    assert os.fspath(client.config.folder()).replace("\\", "/") == expected
