"""In place of Celery's broker, which no test of the API needs: what would have been sent."""

from __future__ import annotations


class Broker:
    def __init__(self):
        self.sent = []

    def send_task(self, name, args, queue, priority, **_):
        self.sent.append((name, args, queue, priority))

    def close(self):
        pass
