"""One runner or several beside a worker: which takes the next job, and what all of them say.

LABMARK_RUNNER_SOCKET is the socket of one runner, or a folder that holds the socket of each.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from worker.sandbox import client
from worker.sandbox.client import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from worker.sandbox.client import Calls, Job, Outcome, Sealed

SUFFIX = ".sock"
# Who is asked how much it has in hand answers at once, or has no room.
_WITHIN_S = 1.0


def sockets(path: Path) -> list[Path]:
    """Those of all runners, also of ones that died and left theirs."""
    return sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]


def statuses(path: Path, *, within_s: float) -> dict[Path, dict[str, Any]]:
    """What each runner says of itself. Raises SandboxUnavailableError where none says anything."""
    found, silent = {}, []

    def ask(socket: Path) -> dict[str, Any] | SandboxUnavailableError:
        try:
            return client.status(socket, within_s=within_s)
        except SandboxUnavailableError as error:
            return error

    asked = sockets(path)
    if not asked:
        raise SandboxUnavailableError(f"no runner has a socket in {path}")
    with ThreadPoolExecutor(len(asked)) as pool:
        for socket, said in zip(asked, pool.map(ask, asked), strict=True):
            if isinstance(said, SandboxUnavailableError):
                silent.append(said)
            else:
                found[socket] = said
    if not found:
        raise silent[0]
    return found


def status(path: Path, *, within_s: float) -> dict[str, Any]:
    """What all of them can do together, in the form in which one says it.

    One that refuses jobs is only told of where all do. Raises SandboxUnavailableError where none answers.
    """
    said = list(statuses(path, within_s=within_s).values())
    able = [one for one in said if not one["missing"]] or said[:1]
    return {
        **able[0],
        "accepted": sorted({layer for one in able for layer in one["accepted"]}),
        "slots": sum(one["slots"] for one in able),
        "gpus": {
            "found": [gpu for one in able for gpu in one["gpus"]["found"]],
            "reasons": [reason for one in able for reason in one["gpus"]["reasons"]],
        },
        "frameworks_missing": {name: why for one in able for name, why in one["frameworks_missing"].items()},
        "zygotes_recycled": sum(one["zygotes_recycled"] for one in able),
    }


def choose(path: Path) -> Path:
    """The socket of the runner that has most room. Raises SandboxUnavailableError where none answers.

    Where all refuse, one of these: its words say why.
    """
    there = sockets(path)
    if len(there) == 1:
        return there[0]

    def burden(socket: Path) -> tuple[bool, float, float]:
        said = answers[socket]
        # By chance among equals: workers that ask at the same time do not all go to the same one.
        return bool(said["missing"]), said["busy"] / said["slots"], random.random()  # noqa: S311

    answers = statuses(path, within_s=_WITHIN_S)
    return min(answers, key=burden)


@dataclass(frozen=True)
class Pool:
    """The runners at `path`: trains a job in a jail of one of them."""

    path: Path

    def run(
        self,
        job: Job,
        evaluation_inputs: Callable[[], Sealed],
        *,
        on_phase: Callable[[str], None],
        on_epoch: Callable[[int, npt.NDArray[np.int16]], None],
        calls: Calls,
    ) -> Outcome:
        """As `worker.sandbox.client.run`. Raises SandboxUnavailableError."""
        runner = choose(self.path)
        return client.run(runner, job, evaluation_inputs, on_phase=on_phase, on_epoch=on_epoch, calls=calls)
