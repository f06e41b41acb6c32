"""Workers with their runners: what each can do, and what its sandbox lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api import wording
from api.dashboard.texts import named, say
from api.dashboard.words import Badge, duration

if TYPE_CHECKING:
    from api.language import Language
    from store.presence import Gpu, Presence, Worker

_SIGNS: Final = {"ok": "✓", "unreachable": "✗", "refuses": "!"}


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """One worker and its runner. `missing`: layers of the sandbox for want of which it runs nothing."""

    name: str
    health: Badge
    queues: str
    runs_at_once: int
    slots: int
    missing: str
    accepted: str
    gpus: tuple[str, ...]
    without: tuple[str, ...]  # frameworks that it could not import, and why
    recycled: int
    heard: str


def worker_rows(presence: Presence, language: Language) -> tuple[WorkerRow, ...]:
    return tuple(
        WorkerRow(
            name=worker.name,
            health=Badge(
                kind=f"runner-{worker.runner}",
                sign=_SIGNS.get(worker.runner, "–"),
                word=named(language, "runner", worker.runner),
            ),
            queues=", ".join(named(language, "device", device) for device in worker.queues),
            runs_at_once=worker.runs_at_once,
            slots=worker.slots,
            missing=", ".join(worker.missing),
            accepted=", ".join(worker.accepted),
            gpus=(*(_gpu(gpu, language) for gpu in worker.gpus), *worker.no_gpu_because),
            without=worker.frameworks_missing,
            recycled=worker.zygotes_recycled,
            heard=_heard(worker, presence, language),
        )
        for worker in presence.workers
    )


def _gpu(gpu: Gpu, language: Language) -> str:
    busy = "" if gpu.busy_since is None else say(language, "queue.gpu_busy")
    return f"{gpu.name}, {wording.size(language, gpu.memory_bytes)}{busy}"


def _heard(worker: Worker, presence: Presence, language: Language) -> str:
    silent_s = max(0.0, presence.silent_s.get(worker.name, 0.0))
    return say(language, "frame.ago", time=duration(language, silent_s))
