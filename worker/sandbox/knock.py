"""`python -m worker.sandbox.knock SOCKET`: does a runner listen there, and take jobs; status 1 if not.

Asked every few seconds while a container starts, so it imports next to nothing: the worker's own client
brings numpy along, which on a busy machine takes longer than the runner's answer.
"""

from __future__ import annotations

import socket
import sys

from worker.sandbox import protocol
from worker.sandbox.protocol import Kind

_WITHIN_S = 5.0


def fault(path: str) -> str | None:
    """Why no job would be taken; None where one would be."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_WITHIN_S)
        try:
            connection.connect(path)
            protocol.send(connection, Kind.STATUS)
            frame = protocol.receive(connection)
        except (OSError, protocol.ProtocolError) as error:
            return f"no runner answers at {path}: {error}"
    if frame is None:
        return f"the runner at {path} hung up"
    missing = frame.json()["missing"]
    return f"the runner refuses jobs, missing: {missing}" if missing else None


def main() -> None:
    told = fault(sys.argv[1])
    if told:
        sys.exit(told)


if __name__ == "__main__":
    main()
