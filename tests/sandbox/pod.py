"""Starts a command as Kubernetes starts a container of a pod with `hostUsers: false`, as far as rights go.

    python pod.py COMMAND...

65,536 ids of a user namespace of its own, process ids, mounts and network of its own, a whole /proc, and of all
capabilities only SETUID and SETGID, which nothing can add to. Needs root.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

FIRST_ID_OUTSIDE, IDS = 1_000_000, 65_536
BIND, REC_PRIVATE = 0x1000, 0x4000 | 0x40000
NEW_USER, NEW_NAMESPACE, NEW_PID, NEW_NET = 0x10000000, 0x00020000, 0x20000000, 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags, options=None):
    told = [None if each is None else os.fsencode(each) for each in (source, target, kind, options)]
    if _libc.mount(told[0], told[1], told[2], flags, told[3]):
        raise OSError(ctypes.get_errno(), f"mount {target}")


def unshare(flags):
    if _libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def let_everybody_reach(folder):
    """In mounts of our own: an interpreter under a home of mode 0700 is shown at the same place for all.

    An image has none such; here it would be nobody's fault but the machine's.
    """
    unshare(NEW_NAMESPACE)
    mount(None, "/", None, REC_PRIVATE)
    closed = next((above for above in reversed(folder.parents) if not above.stat().st_mode & 1), None)
    if closed is None:
        return
    held = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    mount("tmpfs", closed, "tmpfs", 0, "mode=755")
    folder.mkdir(parents=True)
    mount(f"/proc/self/fd/{held}", folder, None, BIND)
    os.close(held)


def ends_with_its_parent():
    """Forgotten when ids change, so it is asked for after that."""
    _libc.prctl(1, signal.SIGKILL, 0, 0, 0)


def mapped(child):
    for kind in ("uid", "gid"):
        Path(f"/proc/{child}/{kind}_map").write_text(f"0 {FIRST_ID_OUTSIDE} {IDS}\n")


def inside(ready, command):
    unshare(NEW_USER)
    os.write(ready[1], b"u")
    os.read(ready[2], 1)  # until the ids are there
    os.setresgid(0, 0, 0)
    os.setgroups([])
    os.setresuid(0, 0, 0)
    ends_with_its_parent()
    unshare(NEW_NAMESPACE | NEW_PID | NEW_NET)
    first = os.fork()
    if first:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]))
    ends_with_its_parent()
    mount("proc", "/proc", "proc", 0)
    rights = ["--bounding-set=-all,+setuid,+setgid", "--inh-caps=-all", "--no-new-privs"]
    os.execvp("setpriv", ["setpriv", *rights, *command])


def main():
    let_everybody_reach(Path(sys.base_prefix))
    up, down = os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        inside((up[0], up[1], down[0]), sys.argv[1:])
    os.read(up[0], 1)
    mapped(child)
    os.write(down[1], b"m")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
