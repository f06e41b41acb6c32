# A failure whose parameter is a number of five thousand digits.
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
    send(wire(), 8, b'{"code": "raised", "parameters": {"exception": "E", "message": 1' + b"0" * 5000 + b"}}")
    time.sleep(60)
