"""How long it takes, and how often one may: in coarse words, for what is reckoned changes every second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from client.messages import counted, say
from client.problems import DENIED, StopError

if TYPE_CHECKING:
    from client.service import Service

# (below so many seconds, seconds of one unit, its name in the catalog)
_UNITS: Final = ((120, 1, "wait.seconds"), (7200, 60, "wait.minutes"), (172_800, 3600, "wait.hours"))
_DAY: Final = (86_400, "wait.days")
_SOON_S: Final = 10.0
# Of an assignment that somebody may no longer look at.
_GONE: Final = {"not_found", "not_enrolled", "forbidden"}


def duration(seconds: float) -> str:
    """42 s, 5 min, 3 h, 2 days; never 0, which would be now."""
    for limit, unit, name in _UNITS:
        if seconds < limit:
            return counted(name, max(1, round(seconds / unit)))
    unit, name = _DAY
    return counted(name, round(seconds / unit))


def starts(start_at: object, *, now: float) -> str:
    """When a submission begins that waits; empty where the service has nothing to reckon with."""
    if not isinstance(start_at, int | float):
        return ""
    seconds = start_at - now
    if seconds < _SOON_S:
        return say("watch.starts_soon")
    step = 10 if seconds < 120 else 60
    return say("watch.starts_in", time=duration(step * round(seconds / step)))


def place_words(submission: dict[str, Any], *, now: float) -> str:
    """The place in the queue and when it begins; empty for one that does not wait."""
    position = submission.get("queue_position")
    if not isinstance(position, int) or position < 1:
        return ""
    begins = starts(submission.get("estimated_start_at"), now=now)
    return ", ".join(filter(None, [say("watch.place", position=position), begins]))


def attempts_words(quota: dict[str, Any] | None, *, now: float) -> str:
    """How many attempts are left and when one more comes; empty where there may be as many as one likes.

    `quota`: as the service gives it for one student and one assignment.
    """
    if quota is None:
        return ""
    left, next_at = int(quota["left"]), quota["next_at"]
    sentences = [counted("attempts.left", left) if left else say("attempts.none_left")]
    if not left and not quota["failed_left"]:
        sentences.append(say("attempts.too_many_failed"))
    if next_at is not None:
        sentences.append(say("attempts.comes_back", time=duration(next_at - now)))
    return " ".join(sentences)


def quota_of(service: Service, assignment: str) -> dict[str, Any] | None:
    """None: as often as one likes, or of an assignment that is no longer theirs."""
    try:
        found: dict[str, Any] | None = service.get("assignments", assignment).get("quota")
    except StopError as stop:
        if stop.code not in _GONE and stop.exit_status != DENIED:
            raise
        return None
    return found
