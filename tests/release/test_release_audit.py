"""An audit that could not be made never looks like one that found nothing."""

import json
import subprocess

import pytest

from release import audit
from release.tools import CheckError

PACKAGES = {"torch": "2.13.0+cpu", "jinja2": "3.1.6"}
ADVISORY = {"id": "PYSEC-1", "fix_versions": ["3.1.7"], "aliases": [], "description": ""}


@pytest.fixture
def database(monkeypatch, tmp_path):
    """pip-audit, answering from advisories {(name, version): [...]}; names that are not in `known` are skipped."""

    def answers(advisories, known=("torch", "jinja2")):
        asked = []

        def run(command, **_options):
            lines = (tmp_path / "audited.txt").read_text().splitlines()
            found = []
            for line in lines:
                name, version = line.split("==")
                asked.append((name, version))
                if name in known:
                    vulns = advisories.get((name, version), [])
                    found.append({"name": name, "version": version, "vulns": vulns})
                else:
                    found.append({"name": name, "skip_reason": "Dependency not found"})
            return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": found}), "")

        monkeypatch.setattr(audit.subprocess, "run", run)
        return asked

    monkeypatch.setattr(audit, "WORK", tmp_path)
    monkeypatch.setattr(audit, "programs", lambda: tmp_path)
    return answers


def outcome():
    return audit.judge("pypi", audit.ask("pypi", PACKAGES), count=len(PACKAGES))


def test_nothing_affected_ends_with_0(database):
    asked = database({audit.CANARY: [ADVISORY]})
    assert outcome()[0] == 0
    assert ("torch", "2.13.0") in asked  # no database knows a local version


def test_an_affected_package_ends_with_1_and_says_what_mends_it(database):
    database({audit.CANARY: [ADVISORY], ("jinja2", "3.1.6"): [ADVISORY]})
    status, said = outcome()
    assert status == 1
    assert "jinja2 3.1.6: PYSEC-1, mended in 3.1.7" in said


def test_an_index_without_advisories_is_no_clean_bill(database):
    database({})
    status, said = outcome()
    assert status == 2
    assert "without its advisories" in said


def test_a_package_that_the_database_does_not_know_is_named(database):
    database({audit.CANARY: [ADVISORY]}, known=("jinja2",))
    status, said = outcome()
    assert status == 2
    assert "not audited: torch" in said


def test_a_database_that_cannot_be_reached_says_why(database, monkeypatch):
    database({})
    broken = subprocess.CompletedProcess([], 1, "", "Traceback\nConnectionError: no such host")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_args, **_options: broken)
    with pytest.raises(CheckError, match="no such host"):
        audit.ask("osv", PACKAGES)
