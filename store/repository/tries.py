"""Tries to sign in, counted so that tries at once cannot slip past each other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from store.models import SignInTries
from store.sign_in_limits import FORGOTTEN_AFTER_S, used_at, wait_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from store.sign_in_limits import Limit


def try_wait_s(session: Session, limits: Mapping[str, Limit], *, now: float | None = None) -> float:
    """What `take_try` would say, without writing: a flood of refused tries keeps nobody else from it."""
    now = time.time() if now is None else now
    rows = session.scalars(select(SignInTries).where(SignInTries.key.in_(limits)))
    waits = (
        wait_s(limits[row.key], used=used_at(limits[row.key], used=row.used, at=row.at, now=now))
        for row in rows
    )
    return max(waits, default=0.0)


def take_try(session: Session, limits: Mapping[str, Limit], *, now: float | None = None) -> float:
    """0: it was taken, of every one of them. Else how many seconds to wait, and none was taken."""
    now = time.time() if now is None else now
    session.execute(delete(SignInTries).where(SignInTries.at < now - FORGOTTEN_AFTER_S))
    rows = _held(session, limits, now)
    for row in rows:
        row.used, row.at = used_at(limits[row.key], used=row.used, at=row.at, now=now), now
    longest = max(wait_s(limits[row.key], used=row.used) for row in rows)
    if not longest:
        for row in rows:
            row.used += 1
    session.flush()
    return longest


def give_back_try(session: Session, limits: Mapping[str, Limit], *, now: float | None = None) -> None:
    """It was no guess."""
    now = time.time() if now is None else now
    for row in _held(session, limits, now):
        row.used = max(0.0, row.used - 1)
    session.flush()


def _held(session: Session, limits: Mapping[str, Limit], now: float) -> list[SignInTries]:
    """Their rows, made where there were none, and locked in one order for all."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = [{"key": key, "used": 0.0, "at": now} for key in sorted(limits)]
    session.execute(dialect.insert(SignInTries).values(new).on_conflict_do_nothing())
    rows = select(SignInTries).where(SignInTries.key.in_(limits)).order_by(SignInTries.key).with_for_update()
    return list(session.scalars(rows.execution_options(populate_existing=True)))
