"""A PostgreSQL for one measurement, where Debian's package has its programs."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TESTS = Path(__file__).resolve().parents[1] / "tests"


@contextlib.contextmanager
def own_postgresql(given: str = "") -> Iterator[str]:
    """The given URL, or that of a server that goes away again; empty where none can be started."""
    sys.path.append(str(_TESTS))
    from servers import Postgres, postgres_programs  # noqa: PLC0415 - only here is the path known

    if given or postgres_programs() is None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="labmark-bench-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL refuses root and runs as a user of its own
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server.url
        finally:
            server.stop()
