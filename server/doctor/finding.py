"""What a check found: the fact, and where something is wrong, what to do."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

    import redis
    from sqlalchemy import Engine

    from store.presence import Presence
    from store.settings import Settings

# wrong: the service does not do its work, or soon will not. warning: look at it. note: nothing is wrong.
Status = Literal["ok", "note", "warning", "wrong"]
GIB: Final = 1024**3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`what` is measured, not guessed. `remedy` is empty where there is nothing to do."""

    part: str
    check: str
    status: Status
    what: str
    remedy: str = ""


@dataclass(kw_only=True)
class Patient:
    """What is checked. `presence`: once Redis has told it; `database_up`: once it is known to be of use."""

    settings: Settings
    engine: Engine
    redis: redis.Redis
    presence: Presence | None = None
    database_up: bool = False


@dataclass(frozen=True)
class Part:
    """Makes the findings about one part of the service."""

    name: str

    def ok(self, check: str, what: str) -> Finding:
        return self.finding(check, "ok", what)

    def note(self, check: str, what: str, remedy: str = "") -> Finding:
        return self.finding(check, "note", what, remedy)

    def warning(self, check: str, what: str, remedy: str) -> Finding:
        return self.finding(check, "warning", what, remedy)

    def wrong(self, check: str, what: str, remedy: str) -> Finding:
        return self.finding(check, "wrong", what, remedy)

    def finding(self, check: str, status: Status, what: str, remedy: str = "") -> Finding:
        """The remedy is left out where all is well."""
        remedy = "" if status == "ok" else remedy
        return Finding(part=self.name, check=check, status=status, what=what, remedy=remedy)

    def room(self, folder: Path) -> Finding:
        """On a disk where something of ours grows."""
        usage = shutil.disk_usage(folder)
        what = f"{usage.free / GIB:.1f} of {usage.total / GIB:.0f} GiB are free at {folder}"
        status: Status = "wrong" if usage.free < GIB else "warning" if usage.free < 5 * GIB else "ok"
        remedy = "make room or take a larger disk; labmark-server retention --dry-run shows what could go"
        return self.finding("disk", status, what, remedy)
