"""The warm processes: one a framework family, replaced when it dies or has forked a lot."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import structlog

from worker.harness.warm import ENVIRONMENT, FAMILIES, HOME_VARIABLES
from worker.sandbox import linux, protocol
from worker.sandbox.protocol import Kind

log = structlog.get_logger()

_FORKS_PER_ZYGOTE = 2000
_STAGING = ("/srv", "/mnt", "/media", "/opt")
_ZYGOTE_START_S = 120


class ZygoteError(RuntimeError):
    """It refused to fork, or it is gone. Our fault."""


def stage_tree() -> dict[str, str]:
    """Bind the interpreter and packages where an unprivileged uid can reach them; root only.

    Needed when they lie under a home of mode 0700. Returns {folder: staged folder}, empty where not possible.
    """
    if os.geteuid() != 0:
        return {}
    point = next((p for p in _STAGING[1:] if Path(p).is_dir()), None)
    if point is None:
        return {}
    try:
        linux.unshare(linux.CLONE_NEWNS)
        linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
        staged = {}
        held = {}
        for folder in {str(Path(sys.base_prefix).resolve()), str(Path(sys.prefix).resolve())}:
            held[folder] = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        linux.mount("tmpfs", point, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
        for number, (folder, descriptor) in enumerate(held.items()):
            target = f"{point}/{number}"
            os.mkdir(target)
            linux.mount(f"/proc/self/fd/{descriptor}", target, None, linux.MS_BIND)
            os.close(descriptor)
            staged[folder] = target
    except OSError as error:
        log.info("runner.no_staging", reason=str(error))
        return {}
    return staged


class Zygote:
    """A warm process and the socket that asks it for forks. One request at a time."""

    def __init__(self, family: str, staged: dict[str, str]) -> None:
        self.family, self.forks = family, 0
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        # What the frameworks write while they are imported; gone before the first jail.
        self._home = tempfile.TemporaryDirectory(prefix="labmark-zygote-")
        homes = dict.fromkeys(HOME_VARIABLES, self._home.name)
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **homes, **ENVIRONMENT}
        arguments = [family, str(theirs.fileno()), json.dumps(staged)]
        command = [sys.executable, "-m", "worker.sandbox.zygote", *arguments]
        self._process = subprocess.Popen(
            command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, cwd=_code_root()
        )
        theirs.close()

    def wait_ready(self) -> dict[str, Any]:
        self._control.settimeout(_ZYGOTE_START_S)
        frame = protocol.receive(self._control)
        if frame is None:
            raise ZygoteError(f"the {self.family} zygote died while importing; its error is above")
        self._control.settimeout(30)
        self._home.cleanup()
        return frame.json()

    def fork(self, cage: dict[str, Any], descriptors: tuple[int, ...]) -> None:
        """A new jail. Raises ZygoteError when the zygote refuses or is gone."""
        with self._lock:
            self.forks += 1
            try:
                protocol.send(self._control, Kind.FORK, cage, descriptors)
                frame = protocol.receive(self._control)
            except (OSError, protocol.ProtocolError) as error:
                raise ZygoteError(f"the {self.family} zygote is gone: {error}") from error
            if frame is None or frame.kind is not Kind.STARTED:
                answer = frame.json() if frame else "it died"
                raise ZygoteError(f"the {self.family} zygote refused: {answer}")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._home.cleanup()


class Zygotes:
    """One of each family, once `warm_up` has started them."""

    def __init__(self, families: tuple[str, ...] = tuple(FAMILIES)) -> None:
        self.families = families
        self._staged = stage_tree()
        self._running: dict[str, Zygote] = {}
        self._replacing = threading.Lock()

    def warm_up(self) -> None:
        """Start every zygote at once and wait for all. Raises ZygoteError naming the one that fails."""
        starting = {family: Zygote(family, self._staged) for family in self.families}
        for family, zygote in starting.items():
            ready = zygote.wait_ready()
            seconds = round(ready["seconds"], 1)
            log.info("zygote.ready", family=family, seconds=seconds, threads=ready["threads"])
            self._running[family] = zygote

    def of(self, family: str) -> Zygote:
        """A living one. Raises ZygoteError when a new one does not come up."""
        with self._replacing:
            zygote = self._running[family]
            if not zygote.alive or zygote.forks >= _FORKS_PER_ZYGOTE:
                log.warning("zygote.replaced", family=family, forks=zygote.forks, alive=zygote.alive)
                zygote.stop()
                zygote = Zygote(family, self._staged)
                zygote.wait_ready()
                self._running[family] = zygote
            return zygote

    def facts(self) -> dict[str, Any]:
        return {name: {"alive": z.alive, "forks": z.forks} for name, z in self._running.items()}

    def stop(self) -> None:
        for zygote in self._running.values():
            zygote.stop()


def _code_root() -> str:
    return str(Path(__file__).resolve().parents[2])
