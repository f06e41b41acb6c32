"""The whole of docker-compose.yml, built and up under a project name of its own, and taken down with its volumes."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from log_lines import say

from server.demo import free_port
from server.demo_course import INSTRUCTOR

ROOT = Path(__file__).resolve().parents[2]


class Stack:
    def __init__(self, env_file, port):
        self.command = ["docker", "compose", "--project-name", "labmark-smoke", "--env-file", str(env_file)]
        self.url = f"http://127.0.0.1:{port}"
        self.tokens = {}

    def compose(self, *arguments, check=True):
        done = subprocess.run([*self.command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done

    def exec(self, service, *command, check=True):
        return self.compose("exec", "-T", service, *command, check=check)

    def sql(self, query):
        return self.exec("postgres", "psql", "-U", "labmark", "-At", "-c", query).stdout.strip()

    def inspect(self, service):
        identifier = self.compose("ps", "--quiet", service).stdout.split()[0]
        found = subprocess.run(["docker", "inspect", identifier], capture_output=True, text=True, check=True)
        return json.loads(found.stdout)[0]

    def http(self, who=INSTRUCTOR):
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.tokens[who]}"}, timeout=30)

    def crash(self, service):
        """SIGKILL, and up again as an operator would."""
        self.compose("kill", "--signal", "KILL", service)
        say(f"{service} killed")
        self.compose("up", "--detach", "--no-deps", service)
        say(f"{service} started again")


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    try:
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=True)
        subprocess.run(["docker", "info"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.exit(f"no Docker engine with Compose v2 answers ({error}): start one, then make test-compose again", 1)
    port, env_file = free_port(), tmp_path_factory.mktemp("compose") / "env"
    example = (ROOT / ".env.example").read_text()
    assert "LABMARK_PORT=8000\n" in example
    env_file.write_text(example.replace("LABMARK_PORT=8000\n", f"LABMARK_PORT={port}\n"))
    made = Stack(env_file, port)
    made.compose("down", "--volumes", "--remove-orphans")
    try:
        say("building")
        made.compose("build")
        say("starting")
        # Compose counts a one-shot service that has ended as not running: wait for the last of the chain.
        made.compose("up", "--detach")
        wait_until_ready(made)
        say("ready")
        made.tokens = json.loads(made.exec("api", "labmark-server", "course", "demo").stdout)
        yield made
    finally:
        Path("var/log").mkdir(parents=True, exist_ok=True)
        Path("var/log/compose.log").write_text(made.compose("logs", "--no-color", "--timestamps", check=False).stdout)
        made.compose("down", "--volumes", "--remove-orphans")
        say("taken down; the containers' logs are in var/log/compose.log")


def wait_until_ready(stack, seconds=180):
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = httpx.get(f"{stack.url}/readyz", timeout=5).json()
        except (httpx.HTTPError, ValueError) as error:
            answer = {"checks": {}, "error": str(error)}
        if answer.get("checks", {}).get("worker") == "ok":
            return
        assert time.monotonic() < deadline, f"{answer}\n{stack.compose('ps', '--all').stdout}"
        time.sleep(0.5)
