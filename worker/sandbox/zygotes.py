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

# All forks of a zygote share the layout of its memory: what a jail learns of it ages with this.
_FORKS_PER_ZYGOTE = 2000
_GROWTH_BYTES = 64 * 1024**2
_STAGING = ("/srv", "/mnt", "/media", "/opt")
_ZYGOTE_START_S = 120
ZYGOTE_COMMAND = (sys.executable, "-m", "worker.sandbox.zygote")


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
        for folder in {sys.base_prefix, sys.prefix}:
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

    def __init__(self, family: str, staged: dict[str, str], command: tuple[str, ...]) -> None:
        self.family, self.forks, self._ready_bytes = family, 0, 0
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        # What the frameworks write while they are imported; gone before the first jail.
        self._home = tempfile.TemporaryDirectory(prefix="labmark-zygote-")
        homes = dict.fromkeys(HOME_VARIABLES, self._home.name)
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **homes, **ENVIRONMENT}
        arguments = [family, str(theirs.fileno()), json.dumps(staged)]
        self._process = subprocess.Popen(
            [*command, *arguments], env=environment, cwd=_code_root(),
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()

    def wait_ready(self) -> dict[str, Any]:
        self._control.settimeout(_ZYGOTE_START_S)
        frame = protocol.receive(self._control)
        if frame is None:
            raise ZygoteError(f"the {self.family} zygote died while importing; its error is above")
        if frame.kind is not Kind.STATUS:
            raise ZygoteError(f"the {self.family} zygote did not come up: {frame.json()['error']}")
        self._control.settimeout(30)
        self._home.cleanup()
        self._ready_bytes = _anonymous_bytes(self._process.pid)
        return frame.json()

    def fork(self, cage: dict[str, Any], descriptors: tuple[int, ...]) -> None:
        """A new jail. Raises ZygoteError when the zygote refuses or is gone."""
        with self._lock:
            self.forks += 1
            try:
                protocol.send(self._control, Kind.FORK, cage, descriptors)
                frame = protocol.receive(self._control)
            except (OSError, protocol.ProtocolError) as error:
                # One that answers too late would answer the next question: it is of no use any more.
                self._process.kill()
                self._process.wait()
                raise ZygoteError(f"the {self.family} zygote is gone: {error}") from error
            if frame is None or frame.kind is not Kind.STARTED:
                self._process.wait(5)  # it ends after refusing, and `alive` should say so at once
                answer = frame.json() if frame else "it died"
                raise ZygoteError(f"the {self.family} zygote refused: {answer}")

    @property
    def grown_bytes(self) -> int:
        """What it holds more than when it was ready. It only forks, so this should stay near zero."""
        return max(0, _anonymous_bytes(self._process.pid) - self._ready_bytes)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Once a fork that is under way has ended: it would leave half a jail."""
        with self._lock:
            self._process.kill()
            self._process.wait()
            self._control.close()
            self._home.cleanup()


class Zygotes:
    """One of each family, once `warm_up` has started them."""

    def __init__(self, families: tuple[str, ...] = tuple(FAMILIES)) -> None:
        self.families = families
        # Families that cannot be imported here, and why.
        self.missing: dict[str, str] = {}
        self.recycled = 0
        self._staged = stage_tree()
        self._running: dict[str, Zygote] = {}
        self._lock = threading.Lock()
        self._reviving = {family: threading.Lock() for family in families}
        self._recycling: set[str] = set()

    def warm_up(self) -> None:
        """Start every zygote at once and wait for all. One that cannot import is told in `missing`.

        Raises ZygoteError when none comes up.
        """
        starting = {family: Zygote(family, self._staged, ZYGOTE_COMMAND) for family in self.families}
        for family, zygote in starting.items():
            try:
                ready = zygote.wait_ready()
            except ZygoteError as error:
                log.error("zygote.missing", family=family, error=str(error))  # noqa: TRY400 - its own is above
                zygote.stop()
                self.missing[family] = str(error)
                continue
            seconds = round(ready["seconds"], 1)
            log.info("zygote.ready", family=family, seconds=seconds, threads=ready["threads"])
            self._running[family] = zygote
        if self.families and not self._running:
            raise ZygoteError("; ".join(self.missing.values()))

    def of(self, family: str) -> Zygote:
        """A living one. Raises ZygoteError when the family is missing or a new one does not come up."""
        if family in self.missing:
            raise ZygoteError(self.missing[family])
        zygote = self._running[family]
        if not zygote.alive:
            return self._revive(family)
        if zygote.forks >= _FORKS_PER_ZYGOTE or zygote.grown_bytes >= _GROWTH_BYTES:
            self._recycle(family, zygote)
        return zygote

    def _revive(self, family: str) -> Zygote:
        """Whoever comes first starts it; the others wait for that one."""
        with self._reviving[family]:
            zygote = self._running[family]
            if zygote.alive:
                return zygote
            log.warning("zygote.died", family=family, forks=zygote.forks)
            return self._replace(family)

    def _recycle(self, family: str, old: Zygote) -> None:
        """The old one goes on forking until the new one is there."""
        with self._lock:
            if family in self._recycling:
                return
            self._recycling.add(family)

        def replace() -> None:
            try:
                with self._reviving[family]:
                    self._replace(family)
            except (ZygoteError, OSError) as error:
                log.warning("zygote.not_recycled", family=family, error=str(error))
            finally:
                with self._lock:
                    self._recycling.discard(family)

        log.info("zygote.recycled", family=family, forks=old.forks, grown_bytes=old.grown_bytes)
        threading.Thread(target=replace, daemon=True).start()

    def _replace(self, family: str) -> Zygote:
        fresh = Zygote(family, self._staged, ZYGOTE_COMMAND)
        try:
            fresh.wait_ready()
        except BaseException:
            fresh.stop()
            raise
        old, self._running[family] = self._running[family], fresh
        self.recycled += 1
        old.stop()
        return fresh

    def facts(self) -> dict[str, Any]:
        return {name: {"alive": z.alive, "forks": z.forks} for name, z in self._running.items()}

    def stop(self) -> None:
        for zygote in list(self._running.values()):
            zygote.stop()


def _anonymous_bytes(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))


def _code_root() -> str:
    return str(Path(__file__).resolve().parents[2])
