"""What runs now and what waits, and whether somebody is there to work on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.words import Badge, duration, starts_in, state_badge
from api.waiting import WAITS_FOR_TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.forecast import Place
    from store.presence import Presence
    from store.repository import QueueRow


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    submission_id: str
    student: str
    assignment: str
    state: Badge
    place: str
    starts: str  # empty when nobody knows, and when it has begun
    age: str
    running: str
    attempt: str
    device: str
    waits_for: str  # what is missing for it to begin; empty: nothing
    silent: bool  # its worker has not been heard of in time


@dataclass(frozen=True, kw_only=True)
class Health:
    name: str
    kind: str  # good | bad
    sign: str
    text: str


@dataclass(frozen=True, kw_only=True)
class QueuePage:
    running: int
    waiting: int
    health: tuple[Health, ...]
    rows: tuple[QueueItem, ...]


def queue_page(
    rows: list[QueueRow], *, presence: Presence | None, now: float, places: Mapping[str, Place]
) -> QueuePage:
    """`presence` is None when Redis does not answer. `places`: of those that wait, by run."""
    no_gpu = presence is not None and not presence.gpus
    items = tuple(_item(row, now, no_gpu=no_gpu, place=places.get(row.run_id)) for row in rows)
    waiting = sum(row.state == "queued" for row in rows)
    return QueuePage(
        running=len(rows) - waiting,
        waiting=waiting,
        health=(
            _health("Queue", "connected", "unreachable", ok=presence is not None),
            *_workers(presence),
            *_gpus(presence, waiting=sum(row.state == "queued" and row.device == "gpu" for row in rows)),
            _leases(rows, now),
        ),
        rows=items,
    )


def _workers(presence: Presence | None) -> tuple[Health, ...]:
    if presence is None:
        return ()
    count = len(presence.workers)
    missing = sorted({layer for worker in presence.workers for layer in worker.missing})
    accepted = sorted({layer for worker in presence.workers for layer in worker.accepted})
    refusal = f"refuses: {', '.join(missing)} missing" if missing else "unreachable"
    sandbox = f"ready, without {', '.join(accepted)} as accepted" if accepted else "ready"
    frameworks = sorted({reason for worker in presence.workers for reason in worker.frameworks_missing})
    if frameworks:
        sandbox += f"; submissions that need it wait, since {'; '.join(frameworks)}"
    answering = f"{count} answering, {_at_once(presence)}"
    return (
        _health("Workers", answering, "none has been heard of for 30 s", ok=bool(count)),
        *([_health("Sandbox", sandbox, refusal, ok=bool(presence.able))] if count else []),
        _health("Beat", "answering", "not heard of for 30 s", ok=presence.beat),
    )


def _at_once(presence: Presence) -> str:
    found = sum(presence.runs_at_once.values())
    return f"{found} {'run' if found == 1 else 'runs'} at once"


def _gpus(presence: Presence | None, *, waiting: int) -> tuple[Health, ...]:
    """Where somebody has one, should have one, or waits for one: most courses need none."""
    if presence is None or not (presence.gpus or presence.no_gpu_because or waiting):
        return ()
    why = "".join(f"; {reason}" for reason in presence.no_gpu_because)
    busy = sum(gpu.busy_since is not None for gpu in presence.gpus)
    names = ", ".join(f"{n} × {name}" for name, n in sorted(Counter(g.name for g in presence.gpus).items()))
    ready = f"{names}; {busy} in use by somebody else{why}" if busy else f"{names}{why}"
    return (_health("GPUs", ready, f"none; {waiting} waiting for one{why}", ok=bool(presence.gpus)),)


def _item(row: QueueRow, now: float, *, no_gpu: bool, place: Place | None) -> QueueItem:
    lacks_gpu = no_gpu and row.state == "queued" and row.device == "gpu"
    waits = row.state == "queued" and not lacks_gpu
    start_at = place.start_at if place is not None and waits else None
    return QueueItem(
        submission_id=row.submission_id,
        student=row.student,
        assignment=row.assignment_slug,
        state=state_badge(row.state),
        place="" if row.position is None else str(row.position),
        starts="" if start_at is None else starts_in(start_at - now).removeprefix("begins "),
        age=duration(now - row.created_at),
        running=duration(now - row.started_at) if row.started_at and row.state != "queued" else "",
        attempt=f"{row.attempt} of {row.attempts_allowed}" if row.attempt else "",
        device=row.device,
        waits_for=WAITS_FOR_TEXTS["gpu_worker"] if lacks_gpu else "",
        silent=_is_silent(row, now),
    )


def _is_silent(row: QueueRow, now: float) -> bool:
    return row.lease_until is not None and row.lease_until < now


def _leases(rows: list[QueueRow], now: float) -> Health:
    silent = sum(_is_silent(row, now) for row in rows)
    return _health("Runs", "all report in time", f"{silent} without a sign of life", ok=not silent)


def _health(name: str, good: str, bad: str, *, ok: bool) -> Health:
    return Health(name=name, kind="good" if ok else "bad", sign="✓" if ok else "✗", text=good if ok else bad)
