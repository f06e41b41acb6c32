# A failure whose parameters are numbers that are no JSON, though Python reads them.
import os
import socket
import struct
import time


def wire():
    """The harness' own socket, found among our descriptors."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                return socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
    raise RuntimeError("no socket")


def send(connection, kind, body):
    connection.sendall(struct.pack("!IB", len(body), kind) + body)


def train(lab):
    send(wire(), 8, b'{"code": "raised", "parameters": {"exception": NaN, "message": -Infinity}}')
    time.sleep(60)
