"""The uids of a runner's jails: a block of them that no other runner beside it has."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from typing import Final

# Uids that no distribution gives to people or services, also within the 65,536 of a mapped container.
_FIRST_UID: Final = 61_000
_LAST_UID: Final = 65_000
_BLOCK: Final = 64


class UidBlock:
    """`count` uids, held until `close` or the end of this process.

    The kernel counts the processes of a uid on the whole host, so two jails that share one would share that
    limit. A block is held by an abstract UNIX socket of its name (unix(7)), which ends with its holder.
    Runners in containers of their own do not see each other's; among those it is left to chance, or to
    RUNNER_FIRST_UID, which names the first and is taken as it is.
    """

    def __init__(self, count: int) -> None:
        self._held: list[socket.socket] = []
        named = os.environ.get("RUNNER_FIRST_UID")
        first = int(named) if named else self._free(count)
        self.uids = range(first, first + count)

    def _free(self, count: int) -> int:
        """One after another in random order; where all are taken, one of these."""
        starts = list(range(_FIRST_UID, max(_FIRST_UID, _LAST_UID - count) + 1, _BLOCK))
        secrets.SystemRandom().shuffle(starts)
        for start in starts:
            with contextlib.ExitStack() as holding:
                try:
                    for block in range(start, start + count, _BLOCK):
                        held = holding.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                        held.bind(f"\0labmark-uids-{block}")
                        self._held.append(held)
                except OSError:
                    self._held.clear()
                    continue
                holding.pop_all()
                return start
        return starts[0]

    def close(self) -> None:
        for held in self._held:
            held.close()
