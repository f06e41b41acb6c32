"""A runner whose jails lack one layer: `sabotage.py runner LAYER SOCKET`. It starts its zygote through this file too.

The zygote imports numpy alone, so that it is there at once; the layers are the same.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from dataclasses import replace
from pathlib import Path

from worker.harness import warm
from worker.sandbox import cgroup, jail, linux, protocol, runner, syscall_filter, zygote, zygotes


def preload(family):
    """As the real one: a throw-away child, whose fork ends the threads that OpenBLAS starts."""
    import numpy as np  # noqa: F401

    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


zygote.preload = preload
# A spare jail would import what the zygote has not.
warm.step_inside = lambda family: None

_unshare, _imprison, _mount = linux.unshare, jail.imprison, linux.mount
NAMESPACES = {
    "net": linux.CLONE_NEWNET, "ipc": linux.CLONE_NEWIPC, "uts": linux.CLONE_NEWUTS, "cgroup": linux.CLONE_NEWCGROUP,
}  # fmt: skip


def without_namespace(name):
    linux.unshare = lambda flags: _unshare(flags & ~NAMESPACES[name])
    jail.socket.sethostname = lambda name: None


def with_cage(**changed):
    jail.imprison = lambda cage, work: _imprison(replace(cage, **changed), work)


def with_mount_options(target, change):
    def mount(source, where, kind, flags, options=None):
        if where.endswith(target) and kind == "tmpfs":
            flags, options = change(flags, options)
        _mount(source, where, kind, flags, options)

    linux.mount = mount


def with_hidden_nothing():
    original = zygote.plan_tree
    zygote.plan_tree = lambda **k: replace(original(**k), hidden_folders=(), hidden_files=())


def with_open_filter():
    """A filter is there, and allows everything."""
    import tempfile

    import pyseccomp

    def compile_filter(**_):
        with tempfile.TemporaryFile() as out:
            pyseccomp.SyscallFilter(pyseccomp.ALLOW).export_bpf(out)
            out.seek(0)
            return out.read()

    syscall_filter.compile_filter = compile_filter


def leaking_environment():
    os.environ["DATABASE_URL"] = "postgresql://secret"


def leaking_descriptors():
    jail._close_all_but = lambda keep: [os.dup(0) for _ in range(12)]


def recycled_after_three_forks():
    zygotes._FORKS_PER_ZYGOTE = 3


def grown_at_once():
    zygotes._GROWTH_BYTES = 0


def without_tensorflow():
    original = zygote.preload

    def fails(family):
        if family == "tensorflow":
            raise ModuleNotFoundError("No module named 'tensorflow'")
        original(family)

    zygote.preload = fails


def dies_in_the_middle_of_its_second_fork():
    """The child is there, the runner has not been told: what a zygote killed by the kernel leaves. Once."""
    original, forks = protocol.send, []

    def send(connection, kind, *rest):
        if kind is protocol.Kind.STARTED and rest and "pid" in rest[0]:
            forks.append(1)
            marker = Path(os.environ["HOME"]).parent / "died"
            if len(forks) == 2 and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), 9)
        original(connection, kind, *rest)

    zygote.protocol.send = send


def hides_a_file():
    original = zygote.plan_tree
    zygote.plan_tree = lambda **k: replace(original(**k), hidden_files=(json.__file__,))


# Not a layer: what befalls a runner.
TROUBLES = {
    "hides_a_file": hides_a_file,
    "recycled": recycled_after_three_forks,
    "grown": grown_at_once,
    "no_tensorflow": without_tensorflow,
    "dies_mid_fork": dies_in_the_middle_of_its_second_fork,
}
ON_ZYGOTE = {
    "nothing": lambda: None,
    "own_uid": lambda: setattr(jail, "_drop_user", lambda uid: linux.prctl(linux.PR_SET_DUMPABLE, 1)),
    "namespaces": lambda: without_namespace("net"),
    "namespaces_ipc": lambda: without_namespace("ipc"),
    "namespaces_cgroup": lambda: without_namespace("cgroup"),
    "host_name": lambda: setattr(socket, "sethostname", lambda name: None),
    "mounts": lambda: setattr(linux, "mount_read_only", lambda target: None),
    "mounts_programs": lambda: with_mount_options("/scratch", lambda f, o: (f & ~linux.MS_NOEXEC, o)),
    "scratch": lambda: with_mount_options("/scratch", lambda f, o: (f, "size=8m,mode=700")),
    "hidden_data": with_hidden_nothing,
    "descriptors": leaking_descriptors,
    "limits": lambda: setattr(resource, "setrlimit", lambda which, values: None),
    "capabilities": lambda: setattr(linux, "drop_all_capabilities", lambda: None),
    "landlock": lambda: setattr(linux, "landlock", lambda **k: None),
    "seccomp": lambda: setattr(linux, "load_seccomp", lambda program: None),
    "seccomp_open": with_open_filter,
    "environment": leaking_environment,
}
ON_RUNNER = {
    "cgroup": lambda: setattr(cgroup.Cgroups, "_find_version", lambda self: 0),
    "cgroup_unjoined": lambda: setattr(
        cgroup.Cgroups, "create", lambda self, job, *, _made=cgroup.Cgroups.create, **limits: _made(self, job, **limits)[:0]
    ),
}
LAYERS = [name for name in (*ON_ZYGOTE, *ON_RUNNER) if name != "nothing"]

if __name__ == "__main__":
    role, layer, *rest = sys.argv[1:]
    if role == "runner":
        {**ON_RUNNER, **TROUBLES}.get(layer, lambda: None)()
        zygotes.ZYGOTE_COMMAND = (sys.executable, __file__, "zygote", layer)
        families = ("torch", "tensorflow") if layer == "no_tensorflow" else ("torch",)
        runner.Runner.__init__.__kwdefaults__["families"] = families
        sys.argv = ["runner", rest[0], "1"]
        runner.main()
    else:
        os.environ.update(warm.ENVIRONMENT)
        {**ON_ZYGOTE, **TROUBLES}.get(layer, lambda: None)()
        zygote.serve(socket.socket(fileno=int(rest[1])), rest[0], json.loads(rest[2]))
