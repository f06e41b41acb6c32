"""Who is said to be at work."""

from __future__ import annotations

from api.dashboard.pages.queue import queue_page
from store.presence import Presence, Worker, announce, present


class Hashes:
    """The three commands that presence needs, on a dict."""

    def __init__(self):
        self.found = {}

    def hset(self, _key, name, value):
        self.found[name.encode()] = value.encode()

    def hgetall(self, _key):
        return dict(self.found)

    def hdel(self, _key, *names):
        for name in names:
            del self.found[name]

    def exists(self, _key):
        return 0


def test_a_worker_that_fell_silent_is_forgotten():
    redis = Hashes()
    announce(redis, Worker(name="old", runner="ok"), now=1000)
    announce(redis, Worker(name="new", runner="refuses", missing=("landlock",)), now=1025)
    found = present(redis, now=1031)
    assert found.workers == (Worker(name="new", runner="refuses", missing=("landlock",)),)
    assert found.able == ()
    assert list(redis.found) == [b"new"]


def said(presence):
    return {item.name: (item.kind, item.text) for item in queue_page([], presence=presence, now=0).health}


def test_the_queue_page_names_what_is_missing_and_what_was_accepted():
    refusing = Worker(name="a", runner="refuses", missing=("landlock", "seccomp"))
    assert said(Presence(workers=(refusing,), beat=True))["Sandbox"] == ("bad", "refuses: landlock, seccomp missing")
    accepting = Worker(name="b", runner="ok", accepted=("cgroup",))
    found = said(Presence(workers=(refusing, accepting), beat=False))
    assert found["Sandbox"] == ("good", "ready, without cgroup as accepted")
    assert found["Beat"] == ("bad", "not heard of for 30 s")
    assert found["Workers"] == ("good", "2 answering")
    assert said(None)["Queue"] == ("bad", "unreachable")
