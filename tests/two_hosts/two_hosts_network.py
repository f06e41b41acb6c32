"""Two network namespaces with one cable between them: two hosts, as far as the network is concerned.

`Hosts` needs root. The process that makes them becomes part of the first host; what it starts is, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import subprocess
from pathlib import Path

FIRST, SECOND = "10.231.77.1", "10.231.77.2"
_CLONE_NEWNET = 0x40000000


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class Hosts:
    def __init__(self):
        name = secrets.token_hex(2)
        self.names = f"lm-a-{name}", f"lm-b-{name}"
        self.cable = f"lm{name}a", f"lm{name}b"

    def __enter__(self):
        self._before = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            for name in self.names:
                _ip("netns", "add", name)
            _ip("link", "add", self.cable[0], "netns", self.names[0], "type", "veth", "peer", self.cable[1], "netns", self.names[1])
            for name, end, address in zip(self.names, self.cable, (FIRST, SECOND), strict=True):
                _ip("-n", name, "addr", "add", f"{address}/30", "dev", end)
                _ip("-n", name, "link", "set", "lo", "up")
                _ip("-n", name, "link", "set", end, "up")
            enter_network(Path("/run/netns", self.names[0]))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        _set_network(self._before)
        os.close(self._before)
        for name in self.names:
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "del", name)

    def on_second(self, command):
        """The same command on the second host, which has another name, too. It keeps its process id."""
        inside = 'hostname second-host && exec "$@"'
        return ["nsenter", f"--net=/run/netns/{self.names[1]}", "unshare", "--uts", "sh", "-c", inside, "sh", *command]

    def pull_cable(self):
        _ip("-n", self.names[1], "link", "set", self.cable[1], "down")

    def put_cable_back(self):
        _ip("-n", self.names[1], "link", "set", self.cable[1], "up")


def enter_network(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _set_network(descriptor)
    finally:
        os.close(descriptor)


def _set_network(descriptor):
    """Of this thread, and of what it starts from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
