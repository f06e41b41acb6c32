"""Builds the container images and asks each for its version, where there is Docker."""

from __future__ import annotations

import os
import shutil
import subprocess

from release.dependencies import project
from release.tools import CheckError, run


def check_images() -> str:
    """What was done, or why nothing was."""
    if shutil.which("docker") is None:
        return "images NOT built: no docker here"
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    if asked.returncode:
        return f"images NOT built: docker does not answer ({asked.stderr.strip()[:200]})"
    environment = {**os.environ, "POSTGRES_PASSWORD": "not-used"}
    run(["docker", "compose", "build", "--quiet"], environment=environment)
    said = run(["docker", "run", "--rm", "--network", "none", "labmark-api", "labmark-server", "--version"])
    version = project()["version"]
    if said.strip() != f"labmark-server {version}":
        raise CheckError(f"the image labmark-api says {said.strip()!r}, pyproject.toml {version}")
    return "images built; labmark-api says its version"
