"""What runs now and what waits, and whether somebody is there to work on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.workers import WorkerRow, worker_rows
from api.dashboard.texts import say
from api.dashboard.words import Badge, duration, starts_in, state_badge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.dashboard.pages.paging import Paging
    from api.language import Language
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
    workers: tuple[WorkerRow, ...]
    rows: tuple[QueueItem, ...]
    paging: Paging


def queue_page(
    rows: list[QueueRow],
    language: Language,
    *,
    counts: Mapping[tuple[str, str], int],
    paging: Paging,
    presence: Presence | None,
    now: float,
    places: Mapping[str, Place],
) -> QueuePage:
    """`counts`: of all runs, by device and state. `presence` is None when Redis does not answer.

    `places`: of those that wait, by run.
    """
    no_gpu = presence is not None and not presence.gpus
    under_way = sum(counts.values())
    waiting = sum(count for (_, state), count in counts.items() if state == "queued")
    return QueuePage(
        running=under_way - waiting,
        waiting=waiting,
        health=(
            _health(language, "queue.queue", "queue.connected", "queue.unreachable", ok=presence is not None),
            *_workers(presence, language),
            *_gpus(presence, language, waiting=counts.get(("gpu", "queued"), 0)),
            _leases(rows, now, language),
        ),
        workers=() if presence is None else worker_rows(presence, language),
        rows=tuple(_item(row, now, language, no_gpu=no_gpu, place=places.get(row.run_id)) for row in rows),
        paging=paging,
    )


def _workers(presence: Presence | None, language: Language) -> tuple[Health, ...]:
    if presence is None:
        return ()
    count, at_once = len(presence.workers), sum(presence.runs_at_once.values())
    answering = say(language, "queue.workers_answering", count=count, at_once=at_once)
    silent = say(language, "queue.workers_silent")
    workers = _told(language, "queue.workers", answering, silent, ok=bool(count))
    beat = _health(language, "queue.beat", "queue.beat_answers", "queue.beat_silent", ok=presence.beat)
    return (workers, *([_sandbox(presence, language)] if count else []), beat)


def _sandbox(presence: Presence, language: Language) -> Health:
    missing = sorted({layer for worker in presence.workers for layer in worker.missing})
    accepted = sorted({layer for worker in presence.workers for layer in worker.accepted})
    frameworks = sorted({reason for worker in presence.workers for reason in worker.frameworks_missing})
    refusal = say(language, "queue.refuses" if missing else "queue.unreachable", layers=", ".join(missing))
    key = "queue.ready_without" if accepted else "queue.ready"
    ready = say(language, key, layers=", ".join(accepted))
    if frameworks:
        ready += say(language, "queue.frameworks_missing", reasons="; ".join(frameworks))
    return _told(language, "queue.sandbox", ready, refusal, ok=bool(presence.able))


def _gpus(presence: Presence | None, language: Language, *, waiting: int) -> tuple[Health, ...]:
    """Where somebody has one, should have one, or waits for one: most courses need none."""
    if presence is None or not (presence.gpus or presence.no_gpu_because or waiting):
        return ()
    why = "".join(f"; {reason}" for reason in presence.no_gpu_because)
    busy = sum(gpu.busy_since is not None for gpu in presence.gpus)
    names = ", ".join(f"{n} × {name}" for name, n in sorted(Counter(g.name for g in presence.gpus).items()))
    ready = say(language, "queue.gpus_busy", names=names, busy=busy) if busy else names
    none = say(language, "queue.gpus_none", waiting=waiting)
    return (_told(language, "queue.gpus", f"{ready}{why}", f"{none}{why}", ok=bool(presence.gpus)),)


def _item(row: QueueRow, now: float, language: Language, *, no_gpu: bool, place: Place | None) -> QueueItem:
    lacks_gpu = no_gpu and row.state == "queued" and row.device == "gpu"
    waits = row.state == "queued" and not lacks_gpu
    start_at = place.start_at if place is not None and waits else None
    attempt = say(language, "queue.attempt_of", attempt=row.attempt, of=row.attempts_allowed)
    return QueueItem(
        submission_id=row.submission_id,
        student=row.student,
        assignment=row.assignment_slug,
        state=state_badge(language, row.state),
        place="" if row.position is None else str(row.position),
        starts="" if start_at is None else starts_in(language, start_at - now),
        age=say(language, "frame.ago", time=duration(language, now - row.created_at)),
        running=duration(language, now - row.started_at) if row.started_at and row.state != "queued" else "",
        attempt=attempt if row.attempt else "",
        device=row.device,
        waits_for=say(language, "queue.waits_for_gpu") if lacks_gpu else "",
        silent=_is_silent(row, now),
    )


def _is_silent(row: QueueRow, now: float) -> bool:
    return row.lease_until is not None and row.lease_until < now


def _leases(rows: list[QueueRow], now: float, language: Language) -> Health:
    silent = sum(_is_silent(row, now) for row in rows)
    bad = say(language, "queue.runs_silent", count=silent)
    return _told(language, "queue.runs", say(language, "queue.runs_report"), bad, ok=not silent)


def _health(language: Language, name: str, good: str, bad: str, *, ok: bool) -> Health:
    return _told(language, name, say(language, good), say(language, bad), ok=ok)


def _told(language: Language, name: str, good: str, bad: str, *, ok: bool) -> Health:
    """`name` by its key, `good` and `bad` ready to read."""
    return Health(
        name=say(language, name),
        kind="good" if ok else "bad",
        sign="✓" if ok else "✗",
        text=good if ok else bad,
    )
