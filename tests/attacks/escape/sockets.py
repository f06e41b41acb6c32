# Reach anything by network: the internet, the service's own ports, the kernel's tables.
import socket

import torch


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error)


def train(lab):
    for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_UNIX"):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            attempt(f"{family} {kind}", lambda: socket.socket(getattr(socket, family), kind))
    return torch.nn.Linear(4, 3)
