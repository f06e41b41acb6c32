"""How often somebody may try to sign in with a password: tries are used up, and come back with time.

A try that succeeds is given back, so only wrong ones count. Whoever uses a browser in which they signed in
before is counted by that browser alone: whatever strangers try elsewhere does not lock them out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` tries at once, then one every `every_s`."""

    burst: int
    every_s: float


# A class in a lab has one address, so that alone is no reason to refuse much.
OF_ADDRESS: Final = Limit(burst=100, every_s=2)
OF_ACCOUNT_FROM_ADDRESS: Final = Limit(burst=8, every_s=60)
# Guessing from many addresses at once: 30 tries, then 1,440 a day, of which a password bears a lifetime.
OF_ACCOUNT: Final = Limit(burst=30, every_s=60)
OF_KNOWN_DEVICE: Final = Limit(burst=10, every_s=30)
# After that long every bucket is full again.
FORGOTTEN_AFTER_S: Final = 24 * 3600.0


def limits_of_try(*, account: str, address: str, device: str | None) -> dict[str, Limit]:
    """What a try uses up, by key. `account`: an id, or what was typed where there is none.

    `device`: of a browser that is known for this account.
    """
    if device is not None:
        return {_key("device", device): OF_KNOWN_DEVICE}
    place = place_of(address)
    return {
        _key("address", place): OF_ADDRESS,
        _key("account-from", account, place): OF_ACCOUNT_FROM_ADDRESS,
        _key("account", account): OF_ACCOUNT,
    }


def used_at(limit: Limit, *, used: float, at: float, now: float) -> float:
    """What is still used up at `now` of what was at `at`."""
    return max(0.0, used - max(0.0, now - at) / limit.every_s)


def wait_s(limit: Limit, *, used: float) -> float:
    """Until one more is there; 0: there is one.

    >>> wait_s(Limit(burst=2, every_s=10), used=1), wait_s(Limit(burst=2, every_s=10), used=1.5)
    (0.0, 5.0)
    """
    return max(0.0, used + 1 - limit.burst) * limit.every_s


def place_of(address: str) -> str:
    """Of IPv6 the network: one household has 2**64 addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _key(*parts: str) -> str:
    # Hashed: what somebody typed as a name may be their password.
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
