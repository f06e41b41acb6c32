"""The files that a service's parts share: made once, kept, and read as settings."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from server.cli import app
from store.settings import Settings


@pytest.fixture
def folders(tmp_path, monkeypatch):
    for name in ("POSTGRES_PASSWORD", "LABMARK_METRICS_TOKEN", "DATABASE_URL", "LABMARK_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "database", tmp_path / "monitoring"
    for folder in made:
        folder.mkdir()
    return made


def make(folders):
    return CliRunner().invoke(app, ["secrets", "--database", str(folders[0]), "--monitoring", str(folders[1])])


def read(folders):
    return {path.name: path.read_text() for folder in folders for path in folder.iterdir()}


def test_secrets_are_made_once_and_kept(folders):
    assert make(folders).exit_code == 0
    made = read(folders)
    assert set(made) == {"postgres_password", "database_url", "labmark_metrics_token", "grafana_password"}
    assert len(set(made.values())) == 4
    assert all(len(text) >= 32 for text in made.values())
    assert make(folders).exit_code == 0
    assert read(folders) == made


def test_settings_are_read_from_the_files_and_a_variable_goes_before(folders, monkeypatch):
    make(folders)
    monkeypatch.setenv("LABMARK_SECRETS", f"{folders[0]}:{folders[1]}")
    found, made = Settings(), read(folders)
    assert found.database_url == f"postgresql://labmark:{made['postgres_password']}@postgres/labmark"
    assert found.metrics_token.get_secret_value() == made["labmark_metrics_token"]
    monkeypatch.setenv("DATABASE_URL", "sqlite:///elsewhere.sqlite3")
    assert Settings().database_url == "sqlite:///elsewhere.sqlite3"
    monkeypatch.setenv("DATABASE_URL", "")  # as compose hands over what .env does not say
    assert Settings().database_url == found.database_url


def test_a_password_that_is_given_is_taken_whatever_characters_it_has(folders, monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "p@ss/w:rd%41")
    make(folders)
    monkeypatch.setenv("LABMARK_SECRETS", str(folders[0]))
    from sqlalchemy.engine import make_url

    assert make_url(Settings().database_url).password == "p@ss/w:rd%41"
    assert read(folders)["postgres_password"] == "p@ss/w:rd%41"


def test_another_password_than_the_databases_is_refused_and_nothing_is_changed(folders, monkeypatch):
    make(folders)
    made = read(folders)
    monkeypatch.setenv("POSTGRES_PASSWORD", "another")
    refused = make(folders)
    assert refused.exit_code == 2
    assert "not the password that the database was made with" in " ".join(refused.output.replace("│", " ").split())
    assert read(folders) == made


def test_a_metrics_token_that_is_given_replaces_the_one_that_was_made(folders, monkeypatch):
    make(folders)
    monkeypatch.setenv("LABMARK_METRICS_TOKEN", "one-of-the-operators-own")
    make(folders)
    assert read(folders)["labmark_metrics_token"] == "one-of-the-operators-own"
