"""UUIDv7: ids that sort by time, so the newest run is the last one and indexes stay compact."""

from __future__ import annotations

import secrets
import time
import uuid


def new_id() -> str:
    """48 bits of milliseconds, 12 bits of sub-millisecond time (RFC 9562, method 3), 62 random bits."""
    milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62
    return str(uuid.UUID(int=value | secrets.randbits(62)))


def first_id_at(seconds: float) -> str:
    """Below every id that was made from that moment on."""
    value = (int(seconds * 1000) & (1 << 48) - 1) << 80 | 0x7 << 76 | 0b10 << 62
    return str(uuid.UUID(int=value))
