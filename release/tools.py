"""The programs that a release is checked with, in an environment of their own, made once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "var" / "release"
PINNED = ("build==1.6.1", "twine==7.0.0", "pip-audit==2.10.1", "pip-licenses==5.5.5")


class CheckError(Exception):
    """What is wrong with the release, and what to do about it."""


def programs() -> Path:
    """The folder of the programs. Raises CheckError with what pip said."""
    home = WORK / "tools"
    marker, asked = home / "installed.txt", "\n".join(PINNED)
    if not marker.exists() or marker.read_text() != asked:
        make_environment(home)
        run([str(home / "bin" / "pip"), "install", "--quiet", *PINNED])
        marker.write_text(asked)
    return home / "bin"


def make_environment(home: Path) -> None:
    """Empty, whatever was there before."""
    run([sys.executable, "-m", "venv", "--clear", str(home)])


def run(command: list[str], *, folder: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """What it printed on stdout. Raises CheckError with what it said when it fails."""
    # Else pip would find this very folder's project, and install nothing.
    own = environment or {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-3000:]
        raise CheckError(f"`{' '.join(command)}` ended with {done.returncode}:\n{said}")
    return done.stdout
