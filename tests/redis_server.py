"""A Redis that is running and empty: the one that LABMARK_TEST_REDIS_URL names, or a Valkey of our own."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager

import redis
from running_beside import worker_number

from server.demo import free_port
from server.supervisor import _valkey

# Apart from the database that a whole service of another test works on, and from those of tests that run beside it.
_DATABASE = 8 + worker_number()


@contextmanager
def running_redis(folder, *, own=False):
    """Yields its URL. `own`: one whose settings may be changed."""
    named = "" if own else os.environ.get("LABMARK_TEST_REDIS_URL", "")
    if named:
        url = named.rsplit("/", 1)[0] + f"/{_DATABASE}"
        redis.Redis.from_url(url).flushdb()
        yield url
        return
    url = f"redis://127.0.0.1:{free_port()}/{_DATABASE}"
    process = subprocess.Popen(_valkey(url, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(url)
        yield url
    finally:
        process.kill()
        process.wait()


def wait_until_up(url, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return redis.Redis.from_url(url).ping()
        except redis.RedisError:
            assert time.monotonic() < deadline, f"no Redis at {url}"
            time.sleep(0.02)
