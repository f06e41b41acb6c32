# A child that writes into the middle of the harness' own frames.
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
        while True:
            try:
                connection.send(b"\x00\x00")
            except OSError:
                pass
            time.sleep(0.0001)
    time.sleep(0.2)
    return torch.nn.Linear(4, 3)
