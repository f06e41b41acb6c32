"""Starts the service out of an installed wheel, has the installed client hand in a submission, stops it.

As root all of it happens in a network namespace of its own: whatever ports this machine uses, these are free.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from release.tools import ROOT, WORK, CheckError, run

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_S, _STOP_S = 180.0, 60.0
_SUBMISSION = ROOT / "examples" / "iris-single-layer" / "pytorch" / "submission.py"
_HOME = WORK / "service"
_STUDENT = "sam-student"  # of the demo's course
_KEPT = ("HOME", "LANG", "TMPDIR")
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def served(server: Path, client: Path) -> str:
    """`server`, `client`: folders of the installed programs. Raises CheckError; returns what was seen."""
    _make_home()
    for what in (("datasets", "fetch"), ("assets",)):
        run([str(server / "labmark-server"), *what], folder=_HOME, environment=_environment(server))
    apart = ("unshare", "--net") if os.geteuid() == 0 else ()
    said = run([*apart, sys.executable, "-m", "release.smoke", str(server), str(client)])
    return said.strip().splitlines()[-1]


def _serve(server: Path, client: Path) -> str:
    environment, address = _environment(server), "http://127.0.0.1:8000"
    began = time.monotonic()
    with _up(server, environment) as process:
        _wait_ready(process, address)
        ready_s = time.monotonic() - began
        said = run([str(server / "labmark-server"), "course", "demo"], folder=_HOME, environment=environment)
        points = _graded(client, address, token=json.loads(said)[_STUDENT])
        with urllib.request.urlopen(f"{address}/login", timeout=10) as answer:
            if b"<form" not in answer.read():
                raise CheckError(f"{address}/login shows no form to sign in")
    return (
        f"installed with all that grades, `labmark-server up` is ready after {ready_s:.0f} s; a submission by"
        f" the client earns {points}; it stops when asked"
    )


def _loopback_up() -> None:
    """In a new network namespace it is down (netdevice(7))."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _make_home() -> None:
    """A folder from which the source is not imported; with nothing in it but data sets that were fetched."""
    shutil.rmtree(_HOME, ignore_errors=True)
    (_HOME / "var").mkdir(parents=True)
    if (ROOT / "var" / "datasets").exists():
        (_HOME / "var" / "datasets").symlink_to((ROOT / "var" / "datasets").resolve())


def _environment(programs: Path, **more: str) -> dict[str, str]:
    """Nothing of whoever runs the check: no setting, no path to the source."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name in _KEPT}
    return {**kept, "PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin", **more}


@contextmanager
def _up(server: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with (_HOME / "up.log").open("wb") as out:
        process = subprocess.Popen(
            [str(server / "labmark-server"), "up", "--workers", "1"],
            cwd=_HOME, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        yield process
        process.send_signal(signal.SIGINT)
        status = process.wait(_STOP_S)
        if status != 0:
            raise CheckError(f"`labmark-server up` ended with {status} when interrupted: {_HOME}/up.log")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_STOP_S)


def _wait_ready(process: subprocess.Popen[bytes], address: str) -> None:
    deadline, answer = time.monotonic() + _START_S, {}
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CheckError(f"`labmark-server up` ended with {process.returncode}: {_tail()}")
        answer = _ask(f"{address}/readyz")
        checks = answer.get("checks", {})
        if answer.get("status") == "ready" and checks["worker"] == checks["runner"] == "ok":
            return
        time.sleep(0.5)
    raise CheckError(f"/readyz after {_START_S:.0f} s: {answer}; {_tail()}")


def _ask(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError) as error:
        return {"status": str(error)}


def _tail() -> str:
    return f"{_HOME}/up.log and var/log/ say:\n{(_HOME / 'up.log').read_text()[-2000:]}"


def _graded(client: Path, address: str, *, token: str) -> str:
    """Its points, as the client tells them."""
    environment = _environment(client, LABMARK_SERVER=address, LABMARK_TOKEN=token)
    options = ("--assignment", "iris-single-layer", "--wait", "--json")
    said = run(
        [str(client / "labmark"), "submit", str(_SUBMISSION), *options], folder=_HOME, environment=environment
    )
    submission = json.loads(said)["submission"]
    got, most = submission["points"], submission["max_points"]
    if got is None or got != most:
        raise CheckError(f"the reference solution got {got} of {most} points: {said[-2000:]}")
    return f"{got} of {most} points"


if __name__ == "__main__":
    if os.geteuid() == 0:
        _loopback_up()
    try:
        print(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
    except CheckError as error:
        sys.exit(str(error))
