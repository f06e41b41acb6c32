# A failure in which everything is of a type, size or alphabet that nobody expects.
import json
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


SCRIPT = "<script>alert(1)</script>"


def train(lab):
    odd = [10**4000, -(10**18), 1e308, 5e-324, -0.0, True, None, "\x00", "\ud800", "\x1b[2J", [[[]]], {"a": {}}]
    parameters = {f"{SCRIPT}\x00\ud800{number}": value for number, value in enumerate(odd)}
    parameters.update({"exception": odd, "message": {SCRIPT: "\x00"}, "__class__": 1, "limit_s": "x", "@": 0, "": ""})
    failure = {"code": "raised", "parameters": parameters, "line": True, "traceback": ["\x00", SCRIPT, "\ud800\x1b[2J"]}
    send(wire(), 8, json.dumps(failure).encode())
    time.sleep(60)
