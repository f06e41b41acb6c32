"""A runner that does not speak as a runner does: each connection gets another kind of noise."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import threading
from itertools import cycle

from worker.sandbox import protocol
from worker.sandbox.runner import listen

STARTED = struct.pack("!IB", 0, 2)


def frame(kind, body):
    return struct.pack("!IB", len(body), kind) + body


NOISE = {
    "random bytes": b"\x9d\x0b\xfe\x11" * 64,
    "a frame of 4 GiB": b"\xff\xff\xff\xff\x02",
    "half a header": b"\x00\x00",
    "half a frame": STARTED + frame(3, b"x" * 100)[:50],
    "a kind that does not exist": STARTED + frame(77, b"{}"),
    "no JSON": STARTED + frame(9, b"}{"),
    "an ending without facts": STARTED + frame(9, b"{}"),
    "an ending with wrong facts": STARTED + frame(9, json.dumps({"ended": 1, "phase": None}).encode()),
    "scores that nobody asked for": frame(7, b"{}\n"),
    "an epoch of one byte": STARTED + frame(4, b"\x00"),
    "a question": STARTED + frame(6, b"{}"),
    "nothing": b"",
}


class NoisyRunner:
    """Listens until closed. `heard`: the kinds of noise that jobs were answered with."""

    def __init__(self, path):
        self.heard, self._noise, self._server = [], cycle(NOISE.items()), listen(path)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, protocol.ProtocolError):
                self._answer(connection)

    def _answer(self, connection):
        asked = protocol.receive(connection, accept_descriptors=True)
        for descriptor in asked.descriptors:
            os.close(descriptor)
        name, noise = next(self._noise)
        connection.sendall(noise)
        if asked.kind is protocol.Kind.JOB:
            self.heard.append(name)

    def close(self):
        # A thread that waits in accept() is woken by this, and not by close().
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
