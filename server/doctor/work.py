"""Whether the work goes on: what waits, what is stuck, what errored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from server.doctor.finding import Part
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.doctor.finding import Finding, Patient, Status
    from store.repository import Queue

_PART = Part("work")
_OLD_S = 120.0
_LAG_WRONG_S = 30.0


def check_work(patient: Patient) -> Iterator[Finding]:
    if not patient.database_up:
        yield _PART.note("queue", "not checked without the database")
        return
    with reading(patient.engine) as session:
        queues, last_at = repository.queues(session), repository.last_finished_at(session)
        lag_s, stuck = repository.outbox_lag_s(session), repository.stuck_runs(session)
        errored = repository.runs_by_state(session)["errored"]
        reasons = repository.errors_by_reason(session, limit=3)
    yield from _queues(queues, last_at)
    yield _lag(lag_s)
    yield _stuck(stuck)
    yield _errored(errored, reasons)


def _queues(queues: list[Queue], last_at: float | None) -> Iterator[Finding]:
    waiting = [queue for queue in queues if queue.runs]
    if not waiting:
        yield _PART.ok("queue", "nothing waits")
    idle_s = None if last_at is None else time.time() - last_at
    for queue in waiting:
        what = f"{queue.runs} {queue.urgency} runs wait for {queue.device}"
        what += f", the oldest for {queue.oldest_age_s:.0f} s"
        if queue.urgency == "background" or queue.oldest_age_s <= _OLD_S:
            yield _PART.ok("queue", what)
        elif idle_s is not None and idle_s < _OLD_S:
            what += f"; others are being graded, the last {idle_s:.0f} s ago"
            remedy = "it is busy: wait, or add workers and slots (docs/deployment.md, Growing)"
            yield _PART.warning("queue", what, remedy)
        else:
            what += ", and nothing was ever" if idle_s is None else f", and for {idle_s:.0f} s nothing was"
            what += " finished"
            remedy = "see redis, workers and runner above; if all are well: the log of a worker"
            yield _PART.wrong("queue", what, remedy)


def _lag(lag_s: float) -> Finding:
    status: Status = "wrong" if lag_s > _LAG_WRONG_S else "ok"
    what = f"the oldest unsent doorbell is {lag_s:.0f} s late" if lag_s > 1 else "no doorbell is late"
    remedy = "beat sends them, through Redis: see both above"
    return _PART.finding("outbox", status, what, remedy)


def _stuck(stuck: int) -> Finding:
    if not stuck:
        return _PART.ok("stuck", "no run is stuck")
    what = f"{stuck} runs are held by workers that fell silent over a minute ago"
    remedy = "beat takes them back: see it above. labmark-server runs list --state stuck"
    return _PART.wrong("stuck", what, remedy)


def _errored(errored: int, reasons: list[tuple[str, int]]) -> Finding:
    if not errored:
        return _PART.ok("errored", "no run is errored")
    told = "; ".join(f"{count} times {_short(reason)}" for reason, count in reasons)
    what = f"{errored} runs errored and wait for you: {told}"
    remedy = "mend the reason, then labmark-server runs retry --all-errored (runs list shows them)"
    return _PART.wrong("errored", what, remedy)


def _short(reason: str) -> str:
    line = reason.splitlines()[-1] if reason else "no reason told"  # of the newest attempt
    return line if len(line) <= 120 else f"{line[:117]}..."
