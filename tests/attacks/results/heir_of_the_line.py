# A child that keeps the line and talks in between when the harness answers.
import os
import socket
import struct
import time

import torch


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
    connection = wire()  # a copy, which is not closed in a child
    if os.fork() == 0:
        for _ in range(10_000):
            send(connection, 8, b'{"code": "raised", "parameters": {"exception": "from", "message": "a child"}}')
            time.sleep(0.001)
        os._exit(0)
    time.sleep(0.05)
    return torch.nn.Linear(4, 3)
