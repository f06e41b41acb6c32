"""A project of docker-compose.yml under a name of its own, as an operator would type it."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from log_lines import say

from server.demo_course import INSTRUCTOR

ROOT = Path(__file__).resolve().parents[2]


def require_docker():
    try:
        subprocess.run(["docker", "compose", "version"], capture_output=True, check=True)
        subprocess.run(["docker", "info"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.exit(f"no Docker engine with Compose v2 answers ({error}): start one, then try again", 1)


def write_env(path, example, **settings):
    """`example` with some lines changed; a line that is not there is added."""
    lines = example.splitlines()
    for name, value in settings.items():
        lines = [line for line in lines if not line.startswith(f"{name}=")] + [f"{name}={value}"]
    path.write_text("\n".join(lines) + "\n")
    return path


class Stack:
    """`folder` holds docker-compose.yml. `tokens`: login to token, once the demo's course is made."""

    def __init__(self, project, env_file, port, folder=ROOT):
        self.project, self.env_file, self.folder = project, env_file, folder
        self.url = f"http://127.0.0.1:{port}"
        self.tokens = {}
        self.built_in_s = self.began_at = 0.0

    @property
    def command(self):
        return ["docker", "compose", "--project-name", self.project, "--env-file", str(self.env_file)]

    def compose(self, *arguments, check=True, text=True, **more):
        done = subprocess.run(
            [*self.command, *arguments], cwd=self.folder, capture_output=True, text=text, check=False, **more
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done

    def exec(self, service, *command, check=True):
        return self.compose("exec", "-T", service, *command, check=check)

    def sql(self, query):
        return self.exec("postgres", "psql", "-U", "labmark", "-At", "-c", query).stdout.strip()

    def containers(self, service):
        return self.compose("ps", "--quiet", service).stdout.split()

    def inspect(self, service):
        (found,) = json.loads(
            subprocess.run(["docker", "inspect", self.containers(service)[0]], capture_output=True, text=True, check=True).stdout
        )
        return found

    def http(self, who=INSTRUCTOR):
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.tokens[who]}"}, timeout=30)

    def crash(self, service):
        """SIGKILL, and up again as an operator would."""
        self.compose("kill", "--signal", "KILL", service)
        say(f"{service} killed")
        self.compose("up", "--detach", "--no-deps", "--no-recreate", service)
        say(f"{service} started again")

    def log_in_as_demo(self):
        self.tokens = json.loads(self.exec("api", "labmark-server", "course", "demo").stdout)

    def wait_until_ready(self, seconds=240):
        """Compose counts a one-shot service that has ended as not running: ask for the last of the chain."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = httpx.get(f"{self.url}/readyz", timeout=5).json()
            except (httpx.HTTPError, ValueError) as error:
                answer = {"checks": {}, "error": str(error)}
            if answer.get("checks", {}).get("worker") == "ok":
                return
            assert time.monotonic() < deadline, f"{answer}\n{self.compose('ps', '--all').stdout}"
            time.sleep(0.5)

    def destroy(self):
        self.compose("down", "--volumes", "--remove-orphans")

    def keep_log(self, name):
        Path("var/log").mkdir(parents=True, exist_ok=True)
        logged = self.compose("logs", "--no-color", "--timestamps", check=False).stdout
        Path(f"var/log/{name}.log").write_text(logged)
        say(f"the containers' logs are in var/log/{name}.log")
