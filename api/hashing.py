"""Where passwords are compared: beside the threads that serve requests, and few at once.

Each takes 64 MiB and a good part of a processor. A crowd that signs in waits in line, outside of all threads,
and the rest of the service goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple, Unpack

from anyio import CapacityLimiter, to_thread

from api.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE: Final = 2
# At some 20 a second, the last one waits for ten seconds.
_MAX_WAITING: Final = 200
_RETRY_AFTER_S: Final = 10

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class Hashing:
    """One for each process."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None

    async def run(
        self, work: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments
    ) -> Result:
        """Raises ProblemError when too many wait already."""
        if self._limiter is None:
            # Not in __init__: it belongs to the running loop.
            self._limiter = CapacityLimiter(_AT_ONCE)
        if self._limiter.statistics().tasks_waiting >= _MAX_WAITING:
            raise ProblemError("too_many_tries", "busy", headers={"Retry-After": str(_RETRY_AFTER_S)})
        return await to_thread.run_sync(work, *arguments, limiter=self._limiter)
