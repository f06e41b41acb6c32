"""The embedded Valkey, to be killed, emptied and started as the Redis of tests/servers.py is."""

from __future__ import annotations

import shutil


class EmbeddedBroker:
    def __init__(self, supervisor):
        self._supervisor = supervisor
        self._part = next(part for part in supervisor.parts if part.name == "valkey")
        self.data = supervisor.settings.data_dir / "valkey"

    def kill(self):
        """It stays away: the supervisor is kept from starting it anew."""
        self._supervisor.parts = [part for part in self._supervisor.parts if part is not self._part]
        self._part.process.kill()
        self._part.process.wait()

    def forget(self):
        """What a disk that died would leave. Only while it is down."""
        shutil.rmtree(self.data)
        self.data.mkdir()

    def start(self):
        self._part.start(self._supervisor.log_dir)
        self._supervisor.parts = [self._part, *self._supervisor.parts]
