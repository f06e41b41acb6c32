"""The runner beside this process, if there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.doctor.finding import Part
from worker.sandbox import client, pool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from server.doctor.finding import Finding, Patient

_PART = Part("runner")
_WITHIN_S = 5.0


def check_runner(patient: Patient) -> Iterator[Finding]:
    path = patient.settings.runner_socket
    beside = [socket for socket in pool.sockets(path) if socket.exists()]
    if not beside and patient.presence is not None and patient.presence.workers:
        what = "there is none beside this command; what workers say of theirs stands above"
        yield _PART.note("reachable", what)
        return
    for socket in beside or [path]:
        yield from _check_one(socket)


def _check_one(path: Path) -> Iterator[Finding]:
    try:
        said = client.status(path, within_s=_WITHIN_S)
    except client.SandboxUnavailableError as error:
        remedy = "start it (docker compose up -d runner, or labmark-server up); runs wait until then"
        yield _PART.wrong("reachable", str(error), remedy)
        return
    yield _PART.ok("reachable", f"{said['slots']} slots, at {path}")
    if said["missing"] == {"self_test": "has not run yet"}:
        what = "the self-test has not ended yet; until then no job is taken"
        yield _PART.warning("layers", what, "ask again in a moment")
    else:
        for layer, remedy in said["missing"].items():
            what = f"it refuses every job: {layer} is missing"
            yield _PART.wrong("layers", what, remedy)
    if not said["missing"]:
        accepted = ", ".join(said["accepted"])
        what = f"all layers hold but {accepted}, which you accept" if accepted else "all layers hold"
        yield _PART.finding("layers", "note" if accepted else "ok", what)
    yield from _frameworks(said["frameworks_missing"], list(said["families"]))
    for reason in said["gpus"]["reasons"]:
        yield _PART.note("gpu", reason)


def _frameworks(missing: dict[str, str], there: list[str]) -> Iterator[Finding]:
    for family, reason in missing.items():
        what = f"{family} cannot be imported: {reason}"
        remedy = "install it where the runner runs and restart that; runs that use it wait until then"
        yield _PART.wrong("frameworks", what, remedy)
    if there:
        yield _PART.ok("frameworks", f"{', '.join(there)} are warm")
