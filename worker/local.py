"""A runner of one's own, for as long as one file is tried: zygote, jail and limits as a service's."""

from __future__ import annotations

import contextlib
import importlib
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.harness.warm import FAMILY_OF
from worker.sandbox import selftest
from worker.sandbox.client import SandboxUnavailableError
from worker.sandbox.runner import Runner, listen, serve
from worker.sandbox.zygotes import ZygoteError

if TYPE_CHECKING:
    from collections.abc import Iterator

# An ordinary user has neither. They keep jobs from their neighbours, of which there are none here; memory and
# time are counted all the same.
NOT_NEEDED: Final = frozenset({"cgroup", "own_uid"})
_NAME: Final = "labmark-check"
_REMEDY_OF: Final = {"user id": "user_id", "host name": "host_name", "process": "processes"}


class NoJailError(Exception):
    """What of the sandbox this machine lacks, and what to do about each."""

    def __init__(self, missing: dict[str, str]) -> None:
        super().__init__("; ".join(f"{layer}: {remedy}" for layer, remedy in missing.items()))
        self.missing = missing


@contextlib.contextmanager
def local_runner(framework: str, *, slots: int) -> Iterator[Path]:
    """The socket of a runner whose self-test held. Raises NoJailError, ZygoteError where an import fails."""
    _require_libseccomp()
    with _serving(Runner(slots=slots, families=(FAMILY_OF[framework],), name=_NAME)) as (runner, path):
        missing = _missing(runner, path, framework)
        if missing:
            raise NoJailError(missing)
        runner.missing = {}
        yield path


def _require_libseccomp() -> None:
    """Said before seconds of imports; the zygote would end with a traceback."""
    try:
        importlib.import_module("pyseccomp")
    except (ImportError, OSError, RuntimeError) as error:
        raise NoJailError({"seccomp": f"{error}; {selftest.REMEDIES['seccomp']}"}) from error


@contextlib.contextmanager
def _serving(runner: Runner) -> Iterator[tuple[Runner, Path]]:
    with contextlib.ExitStack() as held:
        held.callback(runner.stop)
        runner.warm_up()
        path = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="labmark-check-"))) / "runner.sock"
        server = listen(path)
        held.callback(server.close)
        threading.Thread(target=serve, args=(runner, server), daemon=True).start()
        yield runner, path


def _missing(runner: Runner, path: Path, framework: str) -> dict[str, str]:
    try:
        checks = selftest.check(path, runner.status(), framework)
    except selftest.LayerError as error:
        remedy = selftest.REMEDIES.get(_REMEDY_OF.get(error.layer, error.layer), "")
        return {error.layer: "; ".join(filter(None, (error.error, remedy)))}
    except (SandboxUnavailableError, ZygoteError) as error:
        return {"jail": str(error)}
    return {layer: remedy for layer, remedy in selftest.missing(checks).items() if layer not in NOT_NEEDED}
