"""Makes Python look as on a system that has none of Linux's calls, as far as the large packages bear it.

They are imported before, since they ask themselves what system this is.
"""

import contextlib
import ctypes
import importlib
import os
import select
import signal
import socket
import sys

GONE = {
    os: ("fork", "memfd_create", "sched_getaffinity", "wait4", "killpg", "setsid", "register_at_fork", "pread",
         "pwrite", "pidfd_open", "geteuid", "eventfd", "pipe2", "posix_fallocate"),
    socket: ("AF_UNIX", "SCM_RIGHTS", "MSG_CMSG_CLOEXEC", "MSG_DONTWAIT", "send_fds", "recv_fds"),
    signal: ("SIGSYS", "SIGCHLD"),
    select: ("poll", "epoll"),
}  # fmt: skip


class _Refused:
    def __get__(self, *_):
        raise AttributeError("not on this system")


def _no_library(name, *arguments, _original=ctypes.CDLL, **options):
    if name is None:
        raise TypeError("bad argument type for built-in operation")
    return _original(name, *arguments, **options)


def bare():
    packages = ("numpy", "scipy.special", "sklearn.datasets", "pydantic", "babel.numbers", "structlog", "subprocess", "socketserver")
    is_trainer = "worker.harness.plain" in sys.orig_argv
    for name in (*packages, *(("torch", "lightning.pytorch") if is_trainer else ())):
        importlib.import_module(name)
    for module, names in GONE.items():
        for name in names:
            with contextlib.suppress(AttributeError):
                delattr(module, name)
    for name in ("fcntl", "resource", "pwd", "grp", "termios"):
        sys.modules[name] = None
    socket.socket.sendmsg = socket.socket.recvmsg = _Refused()
    ctypes.CDLL = _no_library
    # A name that no library knows: what it does there is what it does everywhere.
    sys.platform = "plan9"


if os.environ.get("LABMARK_TEST_BARE_SYSTEM"):
    bare()
