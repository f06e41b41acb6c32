"""Which of the processes this is that run tests side by side (pytest-xdist)."""

from __future__ import annotations

import os


def worker_number() -> int:
    """0 for the first, and where there is only one."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
