"""Students as locust plays them, in a process of its own: it replaces the standard library's sockets.

Started by `benchmarks.load`, which says by the file named in LABMARK_LOAD_PLAN what to do and reads what was
seen from the file beside it.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import FastHttpUser, events, task
from locust.exception import StopUser

PLAN = json.loads(Path(os.environ["LABMARK_LOAD_PLAN"]).read_text())
SEEN_PATH = Path(os.environ["LABMARK_LOAD_PLAN"]).with_name("seen.json")
# A page that was left open asks again after this.
_READ_AGAIN_S = 1.0
_TRY_AGAIN_S = 1.0

_students = count()
_done: set[int] = set()
# `posted`: each accepted submission; `requests`: (name, ms, status, 0 for none); `ends`: what readers heard.
SEEN: dict[str, list[Any]] = {"posted": [], "requests": [], "ends": []}


@events.request.add_listener
def _note(name: str, response_time: float, response: Any, **_: Any) -> None:
    SEEN["requests"].append((name, response_time, getattr(response, "status_code", 0) or 0))


@events.quitting.add_listener
def _write(**_: Any) -> None:
    SEEN_PATH.write_text(json.dumps(SEEN))


class Student(FastHttpUser):
    """Hands in at moments of their own, looks at the assignment between, and watches the newest submission.

    Every fourth watches as the command line does, the others as the dashboard's page does.
    """

    network_timeout = 60.0
    connection_timeout = 60.0

    def on_start(self) -> None:
        self.number = next(_students)
        self.token = PLAN["tokens"][self.number]
        self.bearer = {"Authorization": f"Bearer {self.token}"}
        rng = random.Random(self.number)
        self.moments = sorted(rng.uniform(0, PLAN["over_s"]) for _ in range(PLAN["each"]))
        self.look_every_s = rng.uniform(0.7, 1.3) * PLAN["look_every_s"]
        self.newest, self.taken = "", 0
        self.client.post("/login", data={"token": self.token}, name="POST /login", allow_redirects=False)
        self.cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookiejar)
        self.began = max(time.time(), PLAN["begins_at"])

    @task
    def work(self) -> None:
        self._sleep_until(self.began)
        reader = gevent.spawn(self._watch)
        for moment in self.moments:
            self._look_until(self.began + moment)
            self._hand_in()
        with suppress(gevent.Timeout):
            reader.join(timeout=PLAN["patience_s"])
        reader.kill()
        _done.add(self.number)
        if len(_done) == len(PLAN["tokens"]) and self.environment.runner is not None:
            self.environment.runner.quit()
        raise StopUser

    def _sleep_until(self, moment: float) -> None:
        gevent.sleep(max(0.0, moment - time.time()))

    def _look_until(self, moment: float) -> None:
        while time.time() + self.look_every_s < moment:
            gevent.sleep(self.look_every_s)
            self.client.get(f"/assignments/{PLAN['slug']}", name="GET /assignments")
        self._sleep_until(moment)

    def _hand_in(self) -> None:
        """Again, with the same key, until it is taken; as the service says when it says so."""
        key = f"{self.number}-{len(SEEN['posted'])}-{time.time()}"
        body = {"filename": "submission.py", "source": PLAN["source"]}
        path = f"/api/v1/assignments/{PLAN['slug']}/submissions"
        while True:
            at = time.time()
            headers = {**self.bearer, "Idempotency-Key": key}
            answer = self.client.post(path, json=body, headers=headers, name="POST submissions")
            if answer.status_code in {200, 201}:
                break
            wait_s = answer.headers.get("Retry-After") if answer.headers else None
            gevent.sleep(float(wait_s or _TRY_AGAIN_S))
        taken = answer.json()
        SEEN["posted"].append({"id": taken["id"], "at": at, "start_at": taken.get("estimated_start_at")})
        self.newest, self.taken = taken["id"], self.taken + 1

    def _watch(self) -> None:
        """The newest submission, until the last one has ended."""
        while True:
            while not self.newest:
                gevent.sleep(_READ_AGAIN_S / 4)
            submission = self.newest
            if self._read(submission) and submission == self.newest:
                if self.taken == PLAN["each"]:
                    return
                self.newest = ""

    def _read(self, submission: str) -> bool:
        """True once its end was heard. One that is cut off is opened anew; a newer submission ends it."""
        page = self.number % 4 != 0
        path = f"/submissions/{submission}/live" if page else f"/api/v1/submissions/{submission}/events"
        headers = {"Cookie": self.cookie} if page else self.bearer
        address = urlsplit(self.host)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            opened = time.time()
            SEEN["requests"].append(("GET stream", 0.0, answer.status))
            if answer.status != 200:
                gevent.sleep(_READ_AGAIN_S)
                return False
            for line in answer:
                if line.strip() == b"event: end":
                    SEEN["ends"].append({"id": submission, "at": time.time(), "opened": opened})
                    return True
                if submission != self.newest:
                    return False
        except (OSError, http.client.HTTPException):
            SEEN["requests"].append(("GET stream", 0.0, 0))
        finally:
            connection.close()
        gevent.sleep(_READ_AGAIN_S)
        return False
