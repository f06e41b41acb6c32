"""The machine that we are on: its folder, its disk, its clock against the others', and the pages' scripts."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from api.dashboard.assets import MissingAssetsError, check_assets
from server.doctor.finding import Part
from store.engine import reading, sqlite_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from server.doctor.finding import Finding, Patient, Status

# A lease is renewed 45 s before it ends: clocks that far apart take runs from workers that live.
_SKEW_WRONG_S = 5.0
_SKEW_LOOK_S = 1.0
_DATA_FOLDER, _DASHBOARD, _CLOCKS = Part("data folder"), Part("dashboard"), Part("clocks")


def check_folder(patient: Patient) -> Iterator[Finding]:
    folder = patient.settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        needed = sqlite_file(patient.settings.database_url) is not None
        what = f"{folder} cannot be written to: {error.strerror}"
        if needed:
            remedy = "give it to the user that the service runs as (LABMARK_DATA_DIR names another one)"
            yield _DATA_FOLDER.wrong("writable", what, remedy)
        else:
            what += "; a container needs no more"
            yield _DATA_FOLDER.note("writable", what)
        return
    yield _DATA_FOLDER.ok("writable", f"{folder} can be written to")
    yield _DATA_FOLDER.room(folder)


def check_pages(_patient: Patient) -> Iterator[Finding]:
    try:
        check_assets()
    except MissingAssetsError as error:
        remedy = "labmark-server assets, then start the api again"
        yield _DASHBOARD.wrong("scripts", str(error), remedy)
    else:
        yield _DASHBOARD.ok("scripts", "the pages have their scripts")


@dataclass(frozen=True)
class _Clock:
    """How far another clock is ahead of ours, give or take half of the time that asking took."""

    ahead_s: float
    give_or_take_s: float


def check_clocks(patient: Patient) -> Iterator[Finding]:
    asked: dict[str, Callable[[], float]] = {}
    if patient.presence is not None:
        asked["Redis"] = lambda: _redis_time(patient)
    if patient.database_up and patient.engine.dialect.name == "postgresql":
        asked["PostgreSQL"] = lambda: _postgres_time(patient)
    for name, ask in asked.items():
        yield _clock_finding(name, _measured(ask))
    if patient.presence is not None:
        for name, silent_s in patient.presence.silent_s.items():
            if silent_s < -_SKEW_LOOK_S:
                # It told its time before we asked: it is at least so far ahead.
                yield _clock_finding(f"worker {name}", _Clock(-silent_s, 0.0))
    if not asked:
        yield _CLOCKS.note("skew", "there is no other clock to compare")


def _measured(ask: Callable[[], float]) -> _Clock:
    before = time.time()
    theirs = ask()
    after = time.time()
    return _Clock(theirs - (before + after) / 2, (after - before) / 2)


def _clock_finding(name: str, clock: _Clock) -> Finding:
    off_s = max(0.0, abs(clock.ahead_s) - clock.give_or_take_s)
    status: Status = "wrong" if off_s > _SKEW_WRONG_S else "warning" if off_s > _SKEW_LOOK_S else "ok"
    side = "ahead of" if clock.ahead_s > 0 else "behind"
    what = f"that of {name} is within a second of this machine's"
    if status != "ok":
        what = f"that of {name} is {off_s:.1f} s {side} this machine's"
    remedy = "run chrony or systemd-timesyncd on both: leases and due dates are read off these clocks"
    return _CLOCKS.finding("skew", status, what, remedy)


def _redis_time(patient: Patient) -> float:
    seconds, microseconds = _pair(patient.redis.time())
    return seconds + microseconds / 1e6


def _pair(answer: Any) -> tuple[int, int]:
    return int(answer[0]), int(answer[1])


def _postgres_time(patient: Patient) -> float:
    with reading(patient.engine) as session:
        # Connected, and in a transaction, before the time is taken.
        session.execute(text("SELECT 1"))
        return float(session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0.0)
