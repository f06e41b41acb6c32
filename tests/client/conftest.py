from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from databases import migrated_database
from live_api import ROOT, LiveApi, Valkey
from typer.testing import CliRunner

from client.cli import app


@pytest.fixture(scope="session")
def valkey(tmp_path_factory):
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def shared_api(tmp_path_factory, valkey):
    folder = tmp_path_factory.mktemp("api")
    with migrated_database(folder) as database_url:
        api = LiveApi(folder, database_url, valkey.url)
        api.start()
        yield api
        api.kill()
        api.engine.dispose()


@pytest.fixture
def api(shared_api):
    """Alive again after a test that has killed it."""
    if shared_api.process.poll() is not None:
        shared_api.start()
    return shared_api


class Labmark:
    """The command line with a home and a working folder of its own."""

    def __init__(self, home, api, monkeypatch):
        self.home, self.api, self.folder = home / "home", api, home / "work"
        self.folder.mkdir()
        self.environment = {"LABMARK_CONFIG_DIR": str(self.home), "LABMARK_LANG": "en"}
        for name in ("LABMARK_SERVER", "LABMARK_TOKEN", "COLUMNS", "LC_ALL", "LANG"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(self.folder)

    def __call__(self, *arguments, status=0, stdin="", **environment):
        """In this process, off a terminal; what it wrote."""
        result = CliRunner().invoke(app, [*map(str, arguments)], env={**self.environment, **environment}, input=stdin)
        told = f"{result.stdout}\n--- stderr\n{result.stderr}"
        assert result.exit_code == status, told
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        return result

    def login(self, who="ana", server=None):
        self("login", "--server", server or self.api.url, "--token", self.api.tokens[who])
        return self

    def write(self, name="lab.py", source="def train(lab):\n    return 1\n"):
        path = self.folder / name
        path.write_text(source)
        return path

    def command(self, *arguments):
        return [sys.executable, "-m", "client", *map(str, arguments)]

    def process_environment(self, **more):
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(self.home), **self.environment, **more}

    def start(self, *arguments, **environment):
        """A process of its own, off a terminal."""
        return subprocess.Popen(
            self.command(*arguments), cwd=self.folder, env=self.process_environment(LANG="C.UTF-8", **environment),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def hand_in(self, *arguments, **source):
        """A file handed in; its id."""
        self("submit", self.write(**source), "-a", "iris-one", *arguments)
        return self.api.submissions()[-1][0]


@pytest.fixture
def labmark(tmp_path, api, monkeypatch):
    return Labmark(Path(tmp_path), api, monkeypatch)
