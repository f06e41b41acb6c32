"""Help is in the reader's language whole, also where Typer writes it."""

from __future__ import annotations

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from client.cli import app
from client.messages import CATALOGS

COMMANDS = [(), *((name,) for name in get_command(app).commands)]
OF_TYPER = [name for name in CATALOGS["en"] if name.startswith("typer.")]


def shown(monkeypatch, language, *arguments):
    monkeypatch.setenv("LABMARK_LANG", language)
    done = CliRunner().invoke(app, [*arguments, "--help"])
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_of_typers_own_english_is_left_for_a_romanian(monkeypatch, command):
    text = shown(monkeypatch, "ro", *command)
    assert text.lstrip().startswith("Folosire: ")
    for name in OF_TYPER:
        assert CATALOGS["en"][name].strip() not in text, name
    for words in ("completion", "and exit", "customize"):
        assert words not in text.replace("--install-completion", "").replace("--show-completion", "")


def test_typer_still_writes_what_is_replaced(monkeypatch):
    """Else a new version of it would go on in English, unseen."""
    text = "".join(shown(monkeypatch, "en", *command) for command in COMMANDS)
    unseen = {name for name in OF_TYPER if CATALOGS["en"][name].strip() not in text}
    assert unseen <= {"typer.default"}
