"""Redis, as Celery needs it; and who has said there that they are at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from redis import RedisError
from sqlalchemy.engine import make_url

from server.doctor.finding import Part
from store import repository
from store.engine import reading
from store.presence import FORGOTTEN_AFTER_S, present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.doctor.finding import Finding, Patient, Status
    from store.presence import Worker

_PART, _WORKERS = Part("redis"), Part("workers")
# What it must be set to, why, and how. A hosted one may not tell: then that is said.
_ASKED = {
    "appendonly": (
        {"yes"},
        "what is queued is lost when it restarts; the database brings it back, but later",
        "start it with --appendonly yes (docker-compose.yml does)",
    ),
    "appendfsync": (
        {"everysec", "always"},
        "a crash loses more than the last second",
        "start it with --appendfsync everysec",
    ),
    "maxmemory-policy": (
        {"noeviction"},
        "when it is full it throws away what is queued",
        "start it with --maxmemory-policy noeviction",
    ),
}


def check_redis(patient: Patient) -> Iterator[Finding]:
    where = make_url(patient.settings.redis_url).render_as_string(hide_password=True)
    try:
        info: Any = patient.redis.info()
        patient.presence = present(patient.redis)
    except (RedisError, OSError) as error:
        what = f"{where} does not answer: {error}"
        remedy = "is it up (docker compose ps redis), and does REDIS_URL name it? Until then nothing is begun"
        yield _PART.wrong("reachable", what, remedy)
        return
    version = info.get("valkey_version") or info.get("redis_version")
    yield _PART.ok("reachable", f"version {version} at {where}")
    for name in _ASKED:
        yield _set_up(patient, name)
    if info.get("aof_enabled") and info.get("aof_last_write_status") != "ok":
        remedy = "its disk is full or broken: see its log, make room, and it goes on by itself"
        yield _PART.wrong("disk", "it cannot write its file of commands", remedy)
    yield _memory(info)


def _set_up(patient: Patient, name: str) -> Finding:
    wanted, why, remedy = _ASKED[name]
    try:
        found: Any = patient.redis.config_get(name)
        value = {_text(key): _text(given) for key, given in found.items()}[name]
    except (RedisError, KeyError):
        what = f"{name} cannot be asked for here"
        return _PART.note(name, what, f"it must be {_either(wanted)}")
    if value in wanted:
        return _PART.ok(name, f"{name} {value}")
    return _PART.wrong(name, f"{name} is {value}: {why}", remedy)


def _memory(info: dict[str, Any]) -> Finding:
    used, most = info["used_memory"], info.get("maxmemory", 0) or info.get("total_system_memory", 0)
    what = f"{used / 1024**2:.1f} MiB are used"
    if not most:
        return _PART.ok("memory", what)
    share = used / most
    status: Status = "wrong" if share > 0.95 else "warning" if share > 0.8 else "ok"
    what += f" of {most / 1024**2:,.0f}"
    remedy = "give it more memory, or raise its maxmemory: full, it refuses every doorbell"
    return _PART.finding("memory", status, what, remedy)


def check_workers(patient: Patient) -> Iterator[Finding]:
    seen = patient.presence
    if seen is None:
        what = "nobody knows who is at work while Redis is away"
        yield _WORKERS.note("alive", what, "see redis")
        return
    if not seen.workers:
        what = f"none was heard of in the last {FORGOTTEN_AFTER_S:.0f} s: nothing is graded"
        remedy = "start one (docker compose up -d worker-cpu, or labmark-server up); its log says more"
        yield _WORKERS.wrong("alive", what, remedy)
    for worker in seen.workers:
        yield _worker(worker, seen.silent_s[worker.name])
    present_names = {worker.name for worker in seen.workers}
    for name, silent_s in seen.silent_s.items():
        if name not in present_names:
            what = f"{name} has been silent for {silent_s:.0f} s"
            remedy = "if you did not stop it: see its log. Its runs are taken back after a minute"
            yield _WORKERS.warning("alive", what, remedy)
    yield from _devices(patient)
    yield _beat(beat=seen.beat)


def _worker(worker: Worker, silent_s: float) -> Finding:
    what = f"{worker.name}, for {' and '.join(worker.queues)}, heard of {max(0.0, silent_s):.0f} s ago"
    if worker.runner == "ok" and worker.frameworks_missing:
        what += f"; its runner cannot import {', '.join(worker.frameworks_missing)}"
        remedy = "see the runner's log; runs of these frameworks wait until it can"
        return _WORKERS.wrong("alive", what, remedy)
    if worker.runner == "ok":
        return _WORKERS.ok("alive", what)
    if worker.runner == "refuses":
        what += f"; its runner refuses jobs: {', '.join(worker.missing)} missing"
        remedy = "labmark-server sandbox check, beside that runner, shows every layer and its remedy"
    else:
        what += "; its runner does not answer"
        remedy = "is the runner up, and LABMARK_RUNNER_SOCKET the same for both? Its log says why it ended"
    return _WORKERS.wrong("runner", what, remedy)


def _devices(patient: Patient) -> Iterator[Finding]:
    """Whether what waits for a device has anybody who serves it."""
    if not patient.database_up or patient.presence is None:
        return
    with reading(patient.engine) as session:
        waiting: dict[str, int] = {}
        for queue in repository.queues(session):
            waiting[queue.device] = waiting.get(queue.device, 0) + queue.runs
    served = {queue for worker in patient.presence.able for queue in worker.queues}
    for device, runs in waiting.items():
        if runs and device not in served and patient.presence.workers:
            what = f"{runs} runs wait for {device}, and no worker that is able takes those"
            remedy = f"start one: labmark-server worker --queue {device}"
            yield _WORKERS.wrong("devices", what, remedy)


def _beat(*, beat: bool) -> Finding:
    if beat:
        return _WORKERS.ok("beat", "beat is alive")
    what = f"beat was not heard of for {FORGOTTEN_AFTER_S:.0f} s: runs of dead workers stay where they are"
    remedy = "start it (docker compose up -d beat, or labmark-server beat); its log says why it ended"
    return _WORKERS.wrong("beat", what, remedy)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _either(wanted: set[str]) -> str:
    return " or ".join(sorted(wanted))
