"""The runner daemon: keeps the zygotes warm and gives each connection one jail.

It holds no labels, no credentials and no network; it is asked over one UNIX socket.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from worker.harness.run import JOB_DESCRIPTORS
from worker.harness.warm import FAMILIES, FAMILY_OF
from worker.sandbox import client, linux, pool, protocol, selftest, selftest_gpu
from worker.sandbox.cgroup import Cgroups, GroupFacts
from worker.sandbox.devices import MIB, Gpus, installed_nvml
from worker.sandbox.jails import BUILT_IN_LIMITS, Jail, Jails
from worker.sandbox.logs import bind_job, set_up_logs
from worker.sandbox.protocol import Kind
from worker.sandbox.supervise import Watch
from worker.sandbox.zygotes import Zygotes

if TYPE_CHECKING:
    from worker.sandbox.gpu_grant import GpuGrant

log = structlog.get_logger()

# A worker that neither reads nor hangs up: stopped, or its machine is out of memory.
_WORKER_S = 30.0


def _ended(watch: Watch, counted: GroupFacts) -> dict[str, Any]:
    """What the kernel counted of all processes goes before what the warden saw of one."""
    facts = watch.facts()
    facts["cpu_s"] = facts.get("cpu_s", 0.0) if counted.cpu_s is None else counted.cpu_s
    facts["peak_memory_bytes"] = counted.peak_memory_bytes or facts.get("peak_memory_bytes", 0)
    # The kernel kills for memory with SIGKILL; we cut lifelines, and then `ended` says why. So of jobs that
    # share a group, one that was killed otherwise than by us is one of those that the group counted.
    killed = facts.get("status") == -signal.SIGKILL
    oom_kills = counted.oom_kills if killed or not counted.of_neighbours_too else 0
    facts["gpu"] = None if watch.jail.gpu is None else watch.jail.gpu.facts
    refused, in_group = counted.processes_refused, counted.peak_memory_bytes
    return {**facts, "oom_kills": oom_kills, "processes_refused": refused, "group_memory_bytes": in_group}


def _fault(job: dict[str, Any], descriptors: tuple[int, ...]) -> str | None:
    """What of a job no jail could be made for: a worker of another version, most likely."""
    if job.get("framework") not in FAMILY_OF:
        return f"unknown framework {job.get('framework')!r}"
    if len(descriptors) != len(JOB_DESCRIPTORS):
        return f"{len(descriptors)} descriptors; needed: {', '.join(JOB_DESCRIPTORS)}"
    limits, lab, arrays = job.get("limits"), job.get("lab"), job.get("arrays")
    if not isinstance(limits, dict) or not isinstance(lab, dict) or not isinstance(arrays, dict):
        return "limits, lab and arrays are needed"
    wanted = (*BUILT_IN_LIMITS, "output_bytes")
    absent = [name for name in wanted if not isinstance(limits.get(name), int | float)]
    absent += [name for name in JOB_DESCRIPTORS[1:] if name not in arrays]
    absent += [name for name in ("n_classes", "seed") if not isinstance(lab.get(name), int)]
    return f"missing: {', '.join(absent)}" if absent else None


class Runner:
    """The zygotes, the jails, and the self-test's verdict. `slots` jobs run at once."""

    def __init__(
        self,
        *,
        slots: int,
        families: tuple[str, ...] = tuple(FAMILIES),
        name: str = "labmark",
        gpus: Gpus | None = None,
    ) -> None:
        self._own_uid = os.geteuid() == 0
        self.cgroups = Cgroups(f"{name}-{os.getpid()}")
        self.cgroups.remove_orphans(name)
        self._zygotes = Zygotes(families)
        self._jails = Jails(self._zygotes, self.cgroups, slots=slots, own_uid=self._own_uid)
        self._slots, self._slot_count = threading.Semaphore(slots), slots
        # Jobs that are here, also those that wait for a slot: by their threads.
        self._in_hand: set[int] = set()
        self._gpus = gpus or Gpus(nvml=None)
        # Fail closed: no job is taken before the self-test has seen every layer.
        self.missing: dict[str, str] = {"self_test": "has not run yet"}
        self.accepted: list[str] = []

    def warm_up(self) -> None:
        """Raises ZygoteError when no framework comes up; one that is missing is told by `status`."""
        self._zygotes.warm_up()

    def self_test(self, path: Path) -> None:
        """Attack the layers through the socket, and take jobs only if all (but the accepted ones) hold."""
        there = set(self._zygotes.families) - set(self._zygotes.missing)
        first = next(name for name, family in FAMILY_OF.items() if family in there)
        try:
            checks = selftest.check(path, self.status(), first)
        except client.SandboxUnavailableError as error:
            self.missing = {"jail": str(error)}
        else:
            self.missing, self.accepted = selftest.missing(checks), selftest.accepted(checks)
            log.info("runner.self_test", **{check.layer: check.present for check in checks})
        for layer, remedy in self.missing.items():
            log.error("runner.refuses_jobs", missing=layer, remedy=remedy)

    def test_gpus(self, path: Path) -> None:
        """A GPU is handed out only where every framework that is here can use it from inside a jail."""
        there = set(self._zygotes.families) - set(self._zygotes.missing)
        asked = {family: name for name, family in FAMILY_OF.items() if family in there}
        frameworks = asked.values() if self._gpus.facts()["found"] else ()
        for framework, fault in [(name, selftest_gpu.fault(path, name)) for name in frameworks]:
            if fault:
                self._gpus.withhold(f"{framework}: {fault}")

    def status(self) -> dict[str, Any]:
        return {
            "missing": self.missing, "accepted": self.accepted,
            "cgroup_version": self.cgroups.version, "own_uid": self._own_uid,
            "uids": [self._jails.uids.start, self._jails.uids.stop],
            "namespaces": selftest.own_namespaces(),
            "families": self._zygotes.facts(), "spares": self._jails.spares(),
            "slots": self._slot_count, "busy": len(self._in_hand), "gpus": self._gpus.facts(),
            "frameworks_missing": self._zygotes.missing, "zygotes_recycled": self._zygotes.recycled,
        }  # fmt: skip

    def handle(self, worker: socket.socket) -> None:
        """One connection, one job (or one STATUS question). Whatever comes in, the runner lives on."""
        with worker:
            worker.settimeout(_WORKER_S)
            try:
                frame = protocol.receive(worker, accept_descriptors=True)
                if frame is not None:
                    self._answer(worker, frame)
            except (OSError, protocol.ProtocolError) as error:
                log.warning("runner.connection_broken", error=f"{type(error).__name__}: {error}")

    def _answer(self, worker: socket.socket, frame: protocol.Frame) -> None:
        """Raises OSError and ProtocolError where the other side broke off or does not speak as it should."""
        try:
            if frame.kind is Kind.STATUS:
                protocol.send(worker, Kind.STATUS, self.status())
            elif frame.kind is Kind.JOB:
                job = frame.json()
                if self.missing and not job.get("self_test"):
                    refusal = {"error": "sandbox layers are missing", "missing": self.missing}
                    protocol.send(worker, Kind.REFUSED, refusal)
                elif (fault := _fault(job, frame.descriptors)) is not None:
                    protocol.send(worker, Kind.REFUSED, {"error": fault})
                else:
                    self._run_job(worker, job, frame.descriptors)
            else:
                raise protocol.ProtocolError(f"a {frame.kind.name} frame opens no connection")
        finally:
            for descriptor in frame.descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)

    def _run_job(self, worker: socket.socket, job: dict[str, Any], data: tuple[int, ...]) -> None:
        bind_job(job)
        family, limits = FAMILY_OF[job["framework"]], job["limits"]
        on_gpu = job.get("device") == "gpu"
        with contextlib.ExitStack() as held:
            self._in_hand.add(threading.get_ident())
            held.callback(self._in_hand.discard, threading.get_ident())
            try:
                # The GPU first: who waits for one keeps no processor from the others.
                gpu = held.enter_context(self._gpus.one()) if on_gpu else None
                held.enter_context(self._slots)
                jail = self._jail_with(job, data, gpu)
            except (RuntimeError, OSError) as error:
                log.exception("job.no_jail", family=family)
                with contextlib.suppress(OSError):
                    protocol.send(worker, Kind.REFUSED, {"error": str(error)})
                return
            try:
                self._watch(worker, job, jail)
            except (BrokenPipeError, TimeoutError):
                log.info("job.worker_left", jail=jail.name)
            except (OSError, protocol.ProtocolError) as error:
                log.exception("job.errored", jail=jail.name)
                with contextlib.suppress(OSError):
                    protocol.send(worker, Kind.REFUSED, {"error": str(error)})
            finally:
                self._jails.take_down(jail)
        if not job.get("self_test") and not on_gpu:
            self._prepare(family, limits)

    def _prepare(self, family: str, limits: dict[str, Any]) -> None:
        """While others wait for a slot there is no time to spare: they fork their own."""
        if self._slots.acquire(blocking=False):
            try:
                self._jails.prepare(family, limits)
            finally:
                self._slots.release()

    def _jail_with(self, job: dict[str, Any], data: tuple[int, ...], gpu: GpuGrant | None) -> Jail:
        """A jail that has taken the job. Raises ZygoteError, OSError."""
        given = {name: job[name] for name in ("lab", "arrays")}
        for last in (False, True):
            jail = self._jails.take(FAMILY_OF[job["framework"]], job["limits"], gpu)
            try:
                jail.give(given, data)
            except OSError:
                # It died before anything of the student's was in it: nobody's fault but ours, so another one.
                self._jails.take_down(jail)
                if last:
                    raise
            else:
                return jail
        raise AssertionError

    def _watch(self, worker: socket.socket, job: dict[str, Any], jail: Jail) -> None:
        curve_rows, n_classes = job["arrays"]["curve_x"]["shape"][0], job["lab"]["n_classes"]
        watch = Watch(worker, jail, job["limits"], curve_rows=curve_rows, n_classes=n_classes)
        protocol.send(worker, Kind.STARTED, {})
        watch.run()
        counted = self.cgroups.facts(jail.name)
        # Taking down a jail takes the kernel up to 30 ms. Of a job that has answered nobody asks how it
        # ended, so where the kernel has counted what it used, the worker does not wait for that.
        told = watch.ended == "completed" and counted.cpu_s is not None
        if told:
            protocol.send(worker, Kind.ENDED, _ended(watch, counted))
        watch.reap()
        wall_s = round(watch.train_wall_s + watch.evaluation_wall_s, 3)
        log.info("job.ended", jail=jail.name, ended=watch.ended, phase=watch.phase, wall_s=wall_s)
        if not told:
            protocol.send(worker, Kind.ENDED, _ended(watch, self.cgroups.facts(jail.name)))

    def stop(self) -> None:
        self._jails.stop()
        self._zygotes.stop()
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


def own_socket(place: Path) -> Path:
    """`place`, or one of our own in it where it is a folder that several runners share.

    What runners that are gone have left there is removed.
    """
    if not place.is_dir():
        return place
    for other in pool.sockets(place):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            try:
                knock.connect(str(other))
            except ConnectionRefusedError:
                other.unlink(missing_ok=True)
            except OSError:
                log.warning("runner.neighbour_unclear", socket=str(other), exc_info=True)
    return place / f"{socket.gethostname()}{pool.SUFFIX}"


def serve(runner: Runner, server: socket.socket) -> None:
    """Accept until the socket is closed; a thread a connection."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=runner.handle, args=(connection,), daemon=True).start()


def main() -> None:
    set_up_logs()
    # A thread a connection, thousands a day: their pools would be kept, one after another.
    linux.bound_arenas(2)
    # 0 slots: one for each processor that this process may use.
    path, slots = own_socket(Path(sys.argv[1])), int(sys.argv[2]) or len(os.sched_getaffinity(0))
    most_used_mib = int(os.environ.get("GPU_MEMORY_IN_USE_MIB", "512"))
    gpus = Gpus(nvml=installed_nvml(), most_used_bytes=most_used_mib * MIB)
    runner = Runner(slots=slots, gpus=gpus)
    runner.warm_up()
    server = listen(path)

    def stop(*_: object) -> None:
        # Told again in the middle of it, this would wait for itself: the kernel tells of a dead supervisor
        # once for each of its threads, and a service manager tells every process beside it.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        server.close()
        runner.stop()
        path.unlink(missing_ok=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=serve, args=(runner, server), daemon=True).start()
    # Before the other test, until which no student's job is taken.
    runner.test_gpus(path)
    runner.self_test(path)
    log.info("runner.ready", socket=str(path), **runner.status())
    threading.Event().wait()


if __name__ == "__main__":
    main()
