"""Jails that stand, and spare ones: put up while nobody waits, with every layer on and nothing inside yet.

A jail is forked for certain limits and gets its job afterwards, over its own socket. So one can be ready
before there is a job: what takes the kernel 50 ms, and a framework's first step as long again, is then done.
A spare serves one job, as every jail does, and none that asks for other limits.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from worker.sandbox import protocol
from worker.sandbox.protocol import Kind
from worker.sandbox.uids import UidBlock
from worker.sandbox.zygotes import ZygoteError

if TYPE_CHECKING:
    from worker.sandbox.cgroup import Cgroups
    from worker.sandbox.gpu_grant import GpuGrant
    from worker.sandbox.zygotes import Zygotes

log = structlog.get_logger()

_REAP_S = 30.0
# What of a job's limits is built into its jail; the runner watches over the rest.
BUILT_IN_LIMITS = (
    "memory_bytes", "processes", "scratch_bytes", "threads", "wall_time_s", "evaluation_time_s",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JailKind:
    """What a jail is made for."""

    family: str
    limits: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, family: str, limits: dict[str, Any]) -> JailKind:
        return cls(family=family, limits=tuple((name, limits[name]) for name in BUILT_IN_LIMITS))


@dataclass(kw_only=True)
class Jail:
    """Our ends. `socket` carries frames, `stdout` and `status` are read, closing `lifeline` kills it."""

    kind: JailKind
    name: str
    uid: int
    socket: socket.socket
    stdout: int
    status: int
    lifeline: int
    gpu: GpuGrant | None = None

    @property
    def fresh(self) -> bool:
        """Nothing has been said yet, and nobody has hung up."""
        watched: list[Any] = [self.socket, self.status]
        return not select.select(watched, [], [], 0)[0]

    def give(self, job: dict[str, Any], descriptors: tuple[int, ...]) -> None:
        """Raises OSError when it has died meanwhile."""
        protocol.send(self.socket, Kind.JOB, job, descriptors)

    def cut_lifeline(self) -> None:
        """The warden kills what is left, then reports. Does nothing the second time."""
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1

    def close(self) -> None:
        self.cut_lifeline()
        self.socket.close()
        os.close(self.stdout)
        os.close(self.status)


class Jails:
    """Puts jails up and takes them down. At most `spares` stand ready; each has a uid of its own."""

    def __init__(self, zygotes: Zygotes, cgroups: Cgroups, *, slots: int, own_uid: bool) -> None:
        self._zygotes, self._cgroups, self._own_uid = zygotes, cgroups, own_uid
        self._most_spares = slots
        self._numbers = iter(range(1, 2**62))
        self._uids: queue.SimpleQueue[int] = queue.SimpleQueue()
        # As many as can be in use at once: running ones, spare ones, and those being taken down.
        self._uid_block = UidBlock(4 * slots)
        for uid in self.uids:
            self._uids.put(uid)
        self._spares: list[Jail] = []
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def uids(self) -> range:
        return self._uid_block.uids

    def take(self, family: str, limits: dict[str, Any], gpu: GpuGrant | None = None) -> Jail:
        """A spare made for these limits, else a new one. Raises ZygoteError, OSError.

        A spare has no GPU, which would stand idle with it.
        """
        kind = JailKind.of(family, limits)
        if gpu is not None:
            return self._put_up(kind, warm=False, gpu=gpu)
        while (spare := self._pop(kind)) is not None:
            if spare.fresh:
                return spare
            log.warning("jail.spare_died", family=family, jail=spare.name)
            self.take_down(spare)
        try:
            return self._put_up(kind, warm=False)
        except ZygoteError as error:
            # It may have died in the middle of the fork: half a jail goes with its lifeline, another is made.
            log.warning("jail.fork_failed", family=family, error=str(error))
            return self._put_up(kind, warm=False)

    def prepare(self, family: str, limits: dict[str, Any]) -> None:
        """A spare for a next job like the last one; the oldest spare goes for it.

        Failing is no harm: the next job gets a new jail.
        """
        kind = JailKind.of(family, limits)
        with self._lock:
            if self._stopped or any(spare.kind == kind for spare in self._spares):
                return
        try:
            spare = self._put_up(kind, warm=True)
        except (ZygoteError, OSError) as error:
            log.warning("jail.no_spare", family=family, error=str(error))
            return
        with self._lock:
            self._spares.append(spare)
            surplus = self._spares[: -self._most_spares] if not self._stopped else self._spares[:]
            del self._spares[: len(surplus)]
        for old in surplus:
            self.take_down(old)

    def take_down(self, jail: Jail) -> None:
        """Kill what is left of it, wait for its warden, and give back what it held."""
        jail.cut_lifeline()
        try:
            # Empty only when the warden is gone, and with it everything in the jail.
            while select.select([jail.status], [], [], _REAP_S)[0] and os.read(jail.status, 4096):
                pass
            self._cgroups.remove(jail.name)
        except OSError:
            log.exception("jail.not_removed", jail=jail.name)
        finally:
            jail.close()
            self._uids.put(jail.uid)

    def spares(self) -> list[dict[str, Any]]:
        """Those that stand ready."""
        with self._lock:
            return [{"family": spare.kind.family, "uid": spare.uid} for spare in self._spares]

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            spares, self._spares = self._spares, []
        for spare in spares:
            self.take_down(spare)
        self._uid_block.close()

    def _pop(self, kind: JailKind) -> Jail | None:
        with self._lock:
            found = next((spare for spare in self._spares if spare.kind == kind), None)
            if found is not None:
                self._spares.remove(found)
            return found

    def _put_up(self, kind: JailKind, *, warm: bool, gpu: GpuGrant | None = None) -> Jail:
        """Every descriptor has one owner and is closed once: later its number may be another jail's."""
        limits, name, uid = dict(kind.limits), f"job-{next(self._numbers)}", self._uids.get()
        try:
            join_files = self._cgroups.create(
                name,
                memory_bytes=int(limits["memory_bytes"]),
                processes=int(limits["processes"]) + 1,
                threads=int(limits["threads"]),
            )
            own_uid = uid if self._own_uid else None
            cage = {
                "uid": own_uid, "join_files": join_files, "limits": limits, "warm": warm,
                "gpu": None if gpu is None else gpu.to_json(),
            }  # fmt: skip
            with contextlib.ExitStack() as given_away, contextlib.ExitStack() as ours:
                outside, inside = socket.socketpair(socket.AF_UNIX)
                ours.callback(outside.close)
                given_away.callback(inside.close)
                stdout, stdout_in = _pipe(ours, given_away)
                status, status_in = _pipe(ours, given_away)
                lifeline_out, lifeline = os.pipe()
                given_away.callback(os.close, lifeline_out)
                ours.callback(os.close, lifeline)
                os.set_blocking(stdout, False)
                descriptors = (inside.fileno(), stdout_in, status_in, lifeline_out)
                self._zygotes.of(kind.family).fork(cage, descriptors)
                ours.pop_all()
        except BaseException:
            with contextlib.suppress(OSError):
                self._cgroups.remove(name)
            self._uids.put(uid)
            raise
        return Jail(
            kind=kind, name=name, uid=uid, socket=outside, stdout=stdout, status=status, lifeline=lifeline,
            gpu=gpu,
        )  # fmt: skip


def _pipe(ours: contextlib.ExitStack, given_away: contextlib.ExitStack) -> tuple[int, int]:
    reader, writer = os.pipe()
    ours.callback(os.close, reader)
    given_away.callback(os.close, writer)
    return reader, writer
