"""What a version needs before it is released."""

import re
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from client import cli as client_cli
from release import check
from release.dependencies import ROOT, project
from release.tools import CheckError
from server import cli as server_cli

PACKAGES = ("api", "client", "graders", "server", "store", "worker")


@pytest.fixture
def changelog(monkeypatch, tmp_path):
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "run", lambda _command: "")
    return tmp_path / "CHANGELOG.md"


def test_the_version_stands_in_pyproject_alone():
    number = re.compile(rf"(?<![\d.]){re.escape(project()['version'])}(?![\d.])")
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert sources
    assert [str(path) for path in sources if number.search(path.read_text())] == []


def test_unreleased_work_may_be_checked(changelog):
    changelog.write_text("# Changelog\n\n## Unreleased (2026-11-25)\n")
    assert check.check_version(final=False) == project()["version"]


def test_a_final_version_needs_its_dated_section(changelog):
    changelog.write_text("# Changelog\n\n## Unreleased (2026-11-25)\n")
    with pytest.raises(CheckError, match=r"no section"):
        check.check_version(final=True)
    changelog.write_text(f"# Changelog\n\n## {project()['version']} (2026-12-01)\n")
    assert check.check_version(final=True) == project()["version"]


def test_a_final_version_is_committed(changelog, monkeypatch):
    changelog.write_text(f"# Changelog\n\n## {project()['version']} (2026-12-01)\n")
    monkeypatch.setattr(check, "run", lambda _command: " M api/app.py\n")
    with pytest.raises(CheckError, match=r"api/app\.py"):
        check.check_version(final=True)


@pytest.mark.parametrize(("name", "app"), [("labmark", client_cli.app), ("labmark-server", server_cli.app)])
def test_a_program_says_its_version_whatever_the_settings(name, app, monkeypatch):
    monkeypatch.setenv("LABMARK_PORT", "none")
    said = CliRunner().invoke(app, ["--version"])
    assert said.exit_code == 0
    assert said.output == f"{name} {version(name.partition('-')[0])}\n"
