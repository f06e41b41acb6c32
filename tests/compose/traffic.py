"""Students who hand in while containers come and go, and the count of what became of it."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx

FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}
SOURCE = Path("examples/iris-single-layer/pytorch/submission.py").read_text()


class Traffic:
    """Hands in every `every_s` until told to stop; each with a key, and again with the same until it is accepted."""

    def __init__(self, stack, login, slug, every_s=1.0):
        self._stack, self._login, self._slug, self._every_s = stack, login, slug, every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self.accepted, self.refused = [], Counter()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(120)
        assert not self._thread.is_alive(), "a submission was never accepted"

    def _go_on(self):
        while not self._ended.wait(self._every_s):
            self.accepted.append(self._hand_in(str(uuid.uuid4())))

    def _hand_in(self, key):
        headers = {"Authorization": f"Bearer {self._stack.tokens[self._login]}", "Idempotency-Key": key}
        body = {"filename": "submission.py", "source": SOURCE}
        while True:
            try:
                answer = httpx.post(
                    f"{self._stack.url}/api/v1/assignments/{self._slug}/submissions", json=body, headers=headers, timeout=10
                )
            except httpx.HTTPError as error:
                self.refused[type(error).__name__] += 1
                time.sleep(0.5)
                continue
            if answer.is_success:
                return answer.json()["id"]
            self.refused[answer.status_code] += 1
            assert answer.status_code in {429, 500, 502, 503}, answer.text
            time.sleep(min(2.0, float(answer.headers.get("Retry-After", 0.5))))


def wait_for(stack, identifiers, seconds=600):
    """The state of each once it has ended; raises with those that never do."""
    ended, deadline = {}, time.monotonic() + seconds
    with stack.http() as http:
        while missing := [identifier for identifier in identifiers if identifier not in ended]:
            assert time.monotonic() < deadline, f"{len(missing)} never ended, {missing[:3]}"
            for identifier in missing:
                answer = http.get(f"/api/v1/submissions/{identifier}")
                if answer.status_code == 429:  # hundreds are asked for: as often as one may
                    time.sleep(float(answer.headers["Retry-After"]))
                    continue
                found = answer.raise_for_status().json()
                if found["state"] in FINAL:
                    ended[identifier] = found
            time.sleep(0.3)
    return ended


def counts(stack):
    """What the database holds: submissions, those with points, reports, and submissions with other than one grade."""
    return {
        "submissions": int(stack.sql("select count(*) from submissions")),
        "reports": int(stack.sql("select count(*) from reports")),
        "runs by state": dict(line.split("|") for line in stack.sql("select state, count(*) from runs group by 1 order by 1").splitlines()),
        "with two reports": int(
            stack.sql("select count(*) from (select run_id from reports group by 1 having count(*) > 1) as doubled")
        ),
    }
