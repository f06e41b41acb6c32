# The queue, the database and the cloud's metadata answer whoever asks. Ask by every library that can.
import asyncio
import http.client
import os
import socket
import subprocess
import urllib.request
from datetime import timedelta

import torch

PORTS = {"queue": 6379, "database": 5432, "API": 8000, "ssh": 22}


def attempt(what, action):
    try:
        print("DONE", what, action(), flush=True)
    except Exception as error:
        print("REFUSED", what, f"{type(error).__name__}: {error}"[:120].replace("\n", " "), flush=True)


def fetch(url):
    with urllib.request.urlopen(url, timeout=1) as answer:
        return answer.status


def ask(host):
    connection = http.client.HTTPConnection(host, timeout=1)
    connection.request("GET", "/")
    return connection.getresponse().status


def by_shell(host, port):
    """bash opens sockets itself."""
    command = f"exec 9<>/dev/tcp/{host}/{port} && echo open"
    ran = subprocess.run(["/usr/bin/bash", "-c", command], capture_output=True, text=True, timeout=3)
    if "open" not in ran.stdout:
        raise OSError(ran.stderr.strip())
    return ran.stdout


def by_event_loop(host, port):
    async def connect():
        return await asyncio.wait_for(asyncio.open_connection(host, port), 1)

    return asyncio.run(connect())


def train(lab):
    for name, port in PORTS.items():
        attempt(f"{name} at 127.0.0.1", lambda: socket.create_connection(("127.0.0.1", port), 1))
        attempt(f"{name} at ::1", lambda: socket.create_connection(("::1", port), 1))
        attempt(f"{name} by bash", lambda: by_shell("127.0.0.1", port))
    attempt("event loop", lambda: by_event_loop("127.0.0.1", 6379))
    attempt("PyTorch's own server", lambda: torch.distributed.TCPStore("127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=1)))
    attempt("metadata of a cloud", lambda: ask("169.254.169.254"))
    attempt("metadata by name", lambda: fetch("http://metadata.google.internal/computeMetadata/v1/"))
    for name in ("localhost", "redis", "postgres", "host.docker.internal", "example.org"):
        attempt(f"resolve {name}", lambda: socket.getaddrinfo(name, 80))
    for name in ("unix:/run/labmark/runner.sock", "/var/run/docker.sock", "/run/systemd/private"):
        attempt(f"knock at {name}", lambda: socket.socket(socket.AF_UNIX).connect(name.removeprefix("unix:")))
    attempt("a download", lambda: fetch("https://example.org/iris.csv"))
    attempt("Keras' cache, or a download", lambda: torch.hub.load_state_dict_from_url("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"))
    attempt("interfaces", lambda: [name for _, name in socket.if_nameindex()])
    attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)))
    return torch.nn.Linear(4, 3)
