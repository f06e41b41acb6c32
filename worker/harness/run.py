"""The one job of a jail: it comes over the jail's socket, with its data in sealed memory."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING, Any

from worker.harness import warm
from worker.harness.failures import describe
from worker.harness.lab import bound_threads
from worker.harness.mapping import Array, map_array
from worker.harness.work import Given, first_operation, work
from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

# Descriptors of a JOB frame, in this order.
JOB_DESCRIPTORS = ("source", "train_x", "train_y", "curve_x")


def serve_one_job(descriptor: int, *, threads: int, first_step: str | None) -> None:
    """All that a jail ever does: wait for one job on its socket, train, predict, end.

    A spare jail takes the `first_step` of this family while nobody waits for it.
    """
    connection = socket.socket(fileno=descriptor)
    with _silence():
        bound_threads(threads)
        if first_step is not None:
            with contextlib.suppress(Exception):
                warm.step_inside(first_step)
        first_operation()
    frame = protocol.receive(connection, accept_descriptors=True)
    if frame is None:
        return  # nobody needed it
    os.register_at_fork(after_in_child=connection.close)
    try:
        given = _given(frame.json(), dict(zip(JOB_DESCRIPTORS, frame.descriptors, strict=True)))
    except Exception as error:  # noqa: BLE001 - of its memory limit, say
        protocol.send(connection, Kind.FAILED, describe(error))
        return
    work(given, _SocketLine(connection))


def _given(job: dict[str, Any], descriptors: dict[str, int]) -> Given:
    with os.fdopen(descriptors["source"], "rb") as stream:
        stream.seek(0)
        source = stream.read()
    arrays = {
        name: map_array(descriptors[name], **job["arrays"][name])
        for name in ("train_x", "train_y", "curve_x")
    }
    return Given(source=source, facts=job["lab"], **arrays)


class _SocketLine:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, kind: Kind, payload: bytes | dict[str, Any]) -> None:
        protocol.send(self._connection, kind, payload)

    def rows(self) -> Array | None:
        request = protocol.receive(self._connection, accept_descriptors=True)
        if request is None:
            return None
        asked = request.json()
        if not request.descriptors:
            raise OSError(errno.EMFILE, "Too many open files: there was none left for the evaluation rows")
        return map_array(request.descriptors[0], dtype="float32", shape=asked["shape"])


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """What the frameworks say of themselves before there is a student to read it."""
    kept = [(number, os.dup(number)) for number in (1, 2)]
    nowhere = os.open("/dev/null", os.O_WRONLY)
    for number, _ in kept:
        os.dup2(nowhere, number)
    os.close(nowhere)
    try:
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
