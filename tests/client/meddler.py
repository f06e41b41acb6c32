"""A proxy before the real api that does to answers what networks, proxies and restarts do."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field

LINE = b"\r\n"


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes


@dataclass(frozen=True)
class Answer:
    """In place of the api's; nothing reaches it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def raw(self):
        headers = {"Content-Length": len(self.body), "Connection": "close", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Told", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


SWALLOW = "swallow"  # the api gets it and answers, the client never hears of it
HANG_UP = "hang_up"  # nothing reaches the api


@dataclass(frozen=True)
class Cut:
    """The connection breaks when so many lines of the body have been passed on."""

    lines: int


class Meddler:
    """`meddle(request)` says what becomes of each; None: it is passed on. `seen`: all of them."""

    def __init__(self, target_port, meddle):
        self.target_port, self.meddle = target_port, meddle
        self.seen: list[Request] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                request = self._read(connection)
                if request is not None:
                    self.seen.append(request)
                    self._answer(connection, request, self.meddle(request))
            except OSError:
                return

    def _answer(self, connection, request, action):
        if action == HANG_UP:
            return
        if isinstance(action, Answer):
            connection.sendall(action.raw())
            return
        with socket.create_connection(("127.0.0.1", self.target_port)) as target:
            target.sendall(request.raw)
            lines_left = action.lines if isinstance(action, Cut) else None
            head_passed = False
            while data := target.recv(65536):
                if action == SWALLOW:
                    continue
                if lines_left is None:
                    connection.sendall(data)
                    continue
                head = b""
                if not head_passed:
                    head, _, data = data.partition(2 * LINE)
                    head, head_passed = head + 2 * LINE, True
                parts = data.split(b"\n")
                connection.sendall(head + b"\n".join(parts[: lines_left + 1]))
                lines_left -= len(parts) - 1
                if lines_left <= 0:
                    return

    def _read(self, connection):
        data = b""
        while 2 * LINE not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(2 * LINE)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in headers.items()}
        while len(body) < int(headers.get("content-length", 0)):
            body += connection.recv(65536)
        # One request a connection, so that each is decided on its own.
        kept = [line for line in lines if not line.lower().startswith("connection:")]
        raw = "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1") + body
        return Request(method=method, path=path, headers=headers, raw=raw)
