"""The runner daemon: keeps the zygotes warm and gives each connection one jail.

It holds no labels, no credentials and no network; it is asked over one UNIX socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import structlog

from worker.harness.warm import ENVIRONMENT, FAMILIES, FAMILY_OF, HOME_VARIABLES
from worker.sandbox import client, linux, protocol, selftest
from worker.sandbox.cgroup import Cgroups, GroupFacts
from worker.sandbox.protocol import Kind
from worker.sandbox.supervise import Watch

log = structlog.get_logger()

FIRST_JAIL_UID = 61_000
_FORKS_PER_ZYGOTE = 2000
_STAGING = ("/srv", "/mnt", "/media", "/opt")
_ZYGOTE_START_S = 120


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
            raise RuntimeError(f"the {self.family} zygote died while importing; its error is above")
        self._control.settimeout(30)
        self._home.cleanup()
        return frame.json()

    def fork(self, job: dict[str, Any], descriptors: tuple[int, ...]) -> int:
        """Pid of the new warden. Raises RuntimeError when the zygote refuses or is gone."""
        with self._lock:
            self.forks += 1
            try:
                protocol.send(self._control, Kind.JOB, job, descriptors)
                frame = protocol.receive(self._control)
            except (OSError, protocol.ProtocolError) as error:
                raise RuntimeError(f"the {self.family} zygote is gone: {error}") from error
            if frame is None or frame.kind is not Kind.STARTED:
                answer = frame.json() if frame else "it died"
                raise RuntimeError(f"the {self.family} zygote refused: {answer}")
            return int(frame.json()["pid"])

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._home.cleanup()


def _code_root() -> str:
    return str(Path(__file__).resolve().parents[2])


def _pipe(ours: contextlib.ExitStack, given_away: contextlib.ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    ours.callback(os.close, reader)
    given_away.callback(os.close, writer)
    return reader, writer


def _ended(watch: Watch, counted: GroupFacts) -> dict[str, Any]:
    """What the kernel counted of all processes goes before what the warden saw of one."""
    facts = watch.facts()
    facts["cpu_s"] = facts.get("cpu_s", 0.0) if counted.cpu_s is None else counted.cpu_s
    facts["peak_memory_bytes"] = counted.peak_memory_bytes or facts.get("peak_memory_bytes", 0)
    return {**facts, "oom_kills": counted.oom_kills, "processes_refused": counted.processes_refused}


class Runner:
    """All zygotes, the free slots, and the self-test's verdict. `slots` jails run at once."""

    def __init__(
        self, *, slots: int, families: tuple[str, ...] = tuple(FAMILIES), name: str = "labmark"
    ) -> None:
        self._own_uid = os.geteuid() == 0
        self.cgroups = Cgroups(f"{name}-{os.getpid()}")
        self.cgroups.remove_orphans(name)
        self._staged = stage_tree()
        self._families = families
        self._zygotes: dict[str, Zygote] = {}
        self._replacing = threading.Lock()
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for slot in range(slots):
            self._free.put(slot)
        self._numbers = iter(range(1, 2**62))
        # Fail closed: no job is taken before the self-test has seen every layer.
        self.missing: dict[str, str] = {"self_test": "has not run yet"}
        self.accepted: list[str] = []

    def warm_up(self) -> None:
        """Start every zygote at once and wait for all. Raises RuntimeError naming the one that fails."""
        starting = {family: Zygote(family, self._staged) for family in self._families}
        for family, zygote in starting.items():
            ready = zygote.wait_ready()
            seconds = round(ready["seconds"], 1)
            log.info("zygote.ready", family=family, seconds=seconds, threads=ready["threads"])
            self._zygotes[family] = zygote

    def _zygote(self, family: str) -> Zygote:
        with self._replacing:
            zygote = self._zygotes[family]
            if not zygote.alive or zygote.forks >= _FORKS_PER_ZYGOTE:
                log.warning("zygote.replaced", family=family, forks=zygote.forks, alive=zygote.alive)
                zygote.stop()
                zygote = Zygote(family, self._staged)
                zygote.wait_ready()
                self._zygotes[family] = zygote
            return zygote

    def self_test(self, path: Path) -> None:
        """Attack the layers through the socket, and take jobs only if all (but the accepted ones) hold."""
        first = next(name for name, family in FAMILY_OF.items() if family in self._zygotes)
        try:
            checks = selftest.check(path, self.status(), first)
        except client.SandboxUnavailableError as error:
            self.missing = {"jail": str(error)}
        else:
            self.missing, self.accepted = selftest.missing(checks), selftest.accepted(checks)
            log.info("runner.self_test", **{check.layer: check.present for check in checks})
        for layer, remedy in self.missing.items():
            log.error("runner.refuses_jobs", missing=layer, remedy=remedy)

    def status(self) -> dict[str, Any]:
        return {
            "missing": self.missing, "accepted": self.accepted,
            "cgroup_version": self.cgroups.version, "own_uid": self._own_uid,
            "families": {name: {"alive": z.alive, "forks": z.forks} for name, z in self._zygotes.items()},
        }  # fmt: skip

    def handle(self, worker: socket.socket) -> None:
        """One connection, one job (or one STATUS question)."""
        with worker:
            frame = protocol.receive(worker, accept_descriptors=True)
            if frame is None:
                return
            try:
                if frame.kind is Kind.STATUS:
                    protocol.send(worker, Kind.STATUS, self.status())
                elif frame.kind is Kind.JOB and self.missing and not frame.json().get("self_test"):
                    refusal = {"error": "sandbox layers are missing", "missing": self.missing}
                    protocol.send(worker, Kind.REFUSED, refusal)
                elif frame.kind is Kind.JOB:
                    self._run_job(worker, frame)
            finally:
                for descriptor in frame.descriptors:
                    with contextlib.suppress(OSError):
                        os.close(descriptor)

    def _run_job(self, worker: socket.socket, frame: protocol.Frame) -> None:
        job = frame.json()
        slot, name = self._free.get(), f"job-{next(self._numbers)}"
        try:
            limits = job["limits"]
            job["uid"] = FIRST_JAIL_UID + slot if self._own_uid else None
            job["join_files"] = self.cgroups.create(
                name, memory_bytes=limits["memory_bytes"], processes=limits["processes"] + 1
            )
            try:
                self._watch(worker, job, name, frame.descriptors)
            finally:
                self.cgroups.remove(name)
        except BrokenPipeError:
            log.info("job.worker_left", job=name)
        except (RuntimeError, OSError) as error:
            log.exception("job.errored", job=name)
            with contextlib.suppress(OSError):
                protocol.send(worker, Kind.REFUSED, {"error": str(error)})
        finally:
            self._free.put(slot)

    def _watch(self, worker: socket.socket, job: dict[str, Any], name: str, data: tuple[int, ...]) -> None:
        """Every descriptor has one owner and is closed once: later its number may be another job's."""
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as given_away:
            jail, inside = (ours.enter_context(end) for end in socket.socketpair(socket.AF_UNIX))
            stdout, stdout_in = _pipe(ours, given_away)
            status, status_in = _pipe(ours, given_away)
            # The jail dies with the write end, which is the watch's to close.
            lifeline_out, lifeline = os.pipe()
            given_away.callback(os.close, lifeline_out)
            watch = Watch(worker, jail, stdout, status, lifeline, job["limits"], job["max_frame_bytes"])
            ours.callback(watch.cut_lifeline)
            os.set_blocking(stdout, False)
            descriptors = (inside.fileno(), stdout_in, status_in, lifeline_out, *data)
            self._zygote(FAMILY_OF[job["framework"]]).fork(job, descriptors)
            inside.close()
            given_away.close()
            protocol.send(worker, Kind.STARTED, {})
            watch.run()
            counted = self.cgroups.facts(name)
            # Taking down a jail takes the kernel up to 30 ms. Of a job that has answered nobody asks how it
            # ended, so where the kernel has counted what it used, the worker does not wait for that.
            told = watch.ended == "completed" and counted.cpu_s is not None
            if told:
                protocol.send(worker, Kind.ENDED, _ended(watch, counted))
            watch.reap()
            if not told:
                protocol.send(worker, Kind.ENDED, _ended(watch, self.cgroups.facts(name)))

    def stop(self) -> None:
        for zygote in self._zygotes.values():
            zygote.stop()
        self.cgroups.remove_all()


def listen(path: Path) -> socket.socket:
    """The UNIX socket, only for this user; in a setgid folder also for that folder's group.

    A stale file of a dead runner is replaced.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a short name: socket paths end at 107 bytes
        link = Path(folder) / "d"
        link.symlink_to(path.parent.resolve())
        server.bind(str(link / path.name))
    # In a container the worker is another user: who set the folder's group has said who may knock.
    path.chmod(0o660 if path.parent.stat().st_mode & stat.S_ISGID else 0o600)
    server.listen(64)
    return server


def serve(runner: Runner, server: socket.socket) -> None:
    """Accept until the socket is closed; a thread a connection."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=runner.handle, args=(connection,), daemon=True).start()


def main() -> None:
    path, slots = Path(sys.argv[1]), int(sys.argv[2])
    runner = Runner(slots=slots)
    runner.warm_up()
    server = listen(path)

    def stop(*_: object) -> None:
        server.close()
        runner.stop()
        path.unlink(missing_ok=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=serve, args=(runner, server), daemon=True).start()
    runner.self_test(path)
    log.info("runner.ready", socket=str(path), slots=slots, **runner.status())
    threading.Event().wait()


if __name__ == "__main__":
    main()
