"""What names a state of something that people change."""

from __future__ import annotations

import hashlib


def etag_of(*state: object) -> str:
    """Another for every other state."""
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:16]}"'
