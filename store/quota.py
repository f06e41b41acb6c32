"""How often a student may hand in, reckoned from what they have handed in: nothing is counted down anywhere.

Two buckets: attempts, and submissions whose code gave no model. What our side spoilt, and what never ran, is
in neither, from the moment that it turns out so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graders.spec import Quota

_DAY_S: Final = 86_400.0
# A bucket that fills for a whole day at 3 a day holds 3, and not 2.9999999.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One submission that counts. `failed`: its code gave no model; else it was graded, or is on its way."""

    at_s: float
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What staff gave one student: a quota of their own (None: as the assignment says), attempts on top."""

    per_day: float | None = None
    burst: int | None = None
    extra: int = 0
    since_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class QuotaStanding:
    """`left`: submissions that are taken now, `extra_left` of them given on top. `failed_left`: how many of
    them may fail before `failed_per_day` is what holds the student up.

    `next_at`: when one more comes back by itself, UTC seconds; None: no more will than are there.
    """

    per_day: float
    burst: int
    left: int
    failed_left: int
    extra_left: int
    next_at: float | None


class _Bucket:
    """Full at first. It never owes: a quota that was made smaller takes nothing back."""

    def __init__(self, per_day: float, size: int) -> None:
        self._per_s, self._size = per_day / _DAY_S, size
        self._held, self._at_s = float(size), -math.inf

    def fill(self, now: float) -> None:
        if self._held < self._size:
            self._held = min(self._size, self._held + max(0.0, now - self._at_s) * self._per_s)
        self._at_s = max(now, self._at_s)

    def take(self) -> bool:
        if not self.whole:
            return False
        self._held -= 1
        return True

    @property
    def whole(self) -> int:
        return math.floor(self._held + _ROUNDING)

    def next_at(self) -> float | None:
        """When it holds one more than now; None: it is full."""
        if self.whole >= self._size:
            return None
        return self._at_s + (self.whole + 1 - self._held) / self._per_s


def quota_standing(
    quota: Quota, charges: Iterable[Charge], *, now: float, grant: Grant | None = None
) -> QuotaStanding:
    """`charges` in the order of their times.

    >>> from graders.spec import Quota
    >>> quota = Quota(per_day=2, burst=2)
    >>> quota_standing(quota, [], now=0.0).left
    2
    >>> found = quota_standing(quota, [Charge(at_s=0.0), Charge(at_s=0.0)], now=3600.0)
    >>> found.left, found.next_at
    (0, 43200.0)
    >>> quota_standing(quota, [Charge(at_s=0.0), Charge(at_s=0.0, failed=True)], now=0.0).left
    1
    """
    grant = grant or Grant()
    per_day, burst = grant.per_day or quota.per_day, grant.burst or quota.burst
    attempts = _Bucket(per_day, burst)
    failures = _Bucket(quota.failed_per_day, quota.failed_burst)
    extra = grant.extra
    for charge in charges:
        bucket = failures if charge.failed else attempts
        bucket.fill(charge.at_s)
        if not bucket.take() and charge.at_s >= grant.since_s:
            extra = max(0, extra - 1)
    attempts.fill(now)
    failures.fill(now)
    whole = min(attempts.whole, failures.whole)
    # Those that are as low as `whole` must each get one more before there is one more of both.
    awaited = [bucket.next_at() for bucket in (attempts, failures) if bucket.whole == whole]
    known = [at for at in awaited if at is not None]
    return QuotaStanding(
        per_day=per_day,
        burst=burst,
        left=whole + extra,
        failed_left=failures.whole,
        extra_left=extra,
        next_at=max(known) if len(known) == len(awaited) else None,
    )
