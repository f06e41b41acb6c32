"""The whole of docker-compose.yml, built and up under a project name of its own, and taken down with its volumes."""

from __future__ import annotations

import time

import pytest
from log_lines import say
from stack import ROOT, Stack, require_docker, write_env

from server.demo import free_port


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    require_docker()
    port = free_port()
    example = (ROOT / ".env.example").read_text()
    assert "LABMARK_PORT=8000\n" in example
    env_file = write_env(tmp_path_factory.mktemp("compose") / "env", example, LABMARK_PORT=port)
    made = Stack("labmark-smoke", env_file, port)
    made.destroy()
    try:
        say("building")
        began = time.monotonic()
        made.compose("build")
        made.built_in_s, made.began_at = time.monotonic() - began, time.monotonic()
        say("starting")
        made.compose("up", "--detach")
        made.wait_until_ready()
        say("ready")
        made.log_in_as_demo()
        yield made
    finally:
        made.keep_log("compose")
        made.destroy()
        say("taken down")
