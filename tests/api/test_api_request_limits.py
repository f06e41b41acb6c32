"""How many requests somebody may make: real api processes that share a real Valkey."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis
from redis_server import running_redis, wait_until_up
from regrade_samples import SPEC

from client.following import _ASK_EVERY_S
from server.demo import free_port
from server.supervisor import _valkey
from store import repository
from store.engine import make_engine, transaction
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
HTML = {"Accept": "text/html"}
STUDENTS = 300
# Few enough to be used up by a test, and slow enough that none comes back meanwhile.
TIGHT = {
    "LABMARK_REQUESTS_BURST": "10", "LABMARK_REQUESTS_PER_S": "0.02",
    "LABMARK_STRANGER_REQUESTS_BURST": "15", "LABMARK_STRANGER_REQUESTS_PER_S": "0.02",
}  # fmt: skip


@dataclass
class Place:
    database_url: str
    redis_url: str
    folder: Path
    tokens: list = field(default_factory=list)

    def enroll(self, numbers):
        engine = make_engine(self.database_url)
        with transaction(engine) as session:
            course = repository.course_by_slug(session, "ml")
            for number in numbers:
                user = repository.create_user(session, name=f"student-{number}")
                repository.enroll(session, user_id=user.id, course_id=course.id, role="student")
                self.tokens.append(repository.create_token(session, user_id=user.id, role="student"))
        engine.dispose()

    @contextmanager
    def api(self, **environment):
        """An api process; gives a client of it, and its log."""
        port, log = free_port(), self.folder / f"api-{time.monotonic_ns()}.log"
        environment = {
            **os.environ, "LABMARK_DATABASE_URL": self.database_url, "LABMARK_REDIS_URL": self.redis_url,
            "LABMARK_PORT": str(port), "LABMARK_LIMIT_REQUESTS": "true", "LABMARK_LOG_FORMAT": "json", **environment,
        }  # fmt: skip
        with log.open("wb") as out:
            process = subprocess.Popen([sys.executable, "-m", "api"], env=environment, cwd=ROOT, stdout=out, stderr=out)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
                wait_for(http, log)
                yield http, log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def wait_for(http, log):
    deadline = time.monotonic() + 60
    while True:
        try:
            return http.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


@pytest.fixture
def place(database_url, tmp_path):
    with running_redis(tmp_path) as redis_url:
        place = Place(database_url, redis_url, tmp_path)
        engine = make_engine(database_url)
        with transaction(engine) as session:
            repository.create_course(session, slug="ml", title="Machine learning")
        place.enroll(range(2))
        yield place


def me(http, token, address="198.51.100.7", **headers):
    """As somebody of that address asks through the proxy that stands before us."""
    return http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}", "X-Forwarded-For": address, **headers})


def statuses(http, token, times, **kwargs):
    return [me(http, token, **kwargs).status_code for _ in range(times)]


def test_processes_count_a_token_together_and_say_when_to_come_again(place):
    ana, dan = place.tokens[0], place.tokens[1]
    with place.api(**TIGHT) as (first, _), place.api(**TIGHT) as (second, _):
        # The first request of a token shows whose it is, and is counted by the address.
        assert statuses(first, ana, 6) + statuses(second, ana, 5) == [200] * 11
        for http in (first, second):
            refused = me(http, ana)
            assert refused.status_code == 429
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["code"] == "too_many_requests"
            assert refused.headers["x-content-type-options"] == "nosniff"
            assert 40 <= int(refused.headers["retry-after"]) <= 50
        assert statuses(second, dan, 3) == [200] * 3


def test_who_waits_as_long_as_they_were_told_is_let_in(place):
    with place.api(**TIGHT | {"LABMARK_REQUESTS_PER_S": "0.8"}) as (http, _):
        while (answer := me(http, place.tokens[0])).status_code == 200:
            pass
        wait_s = int(answer.headers["retry-after"])
        assert wait_s in {1, 2}
        time.sleep(wait_s)
        assert me(http, place.tokens[0]).status_code == 200


def another_of_the_first(place):
    engine = make_engine(place.database_url)
    with transaction(engine) as session:
        token = repository.create_token(session, user_id=repository.user_by_name(session, "student-0").id)
    engine.dispose()
    return token


def test_another_token_is_room_of_its_own_but_not_another_person(place):
    ana, too = place.tokens[0], another_of_the_first(place)
    with place.api(**TIGHT | {"LABMARK_REQUESTS_BURST": "4"}) as (http, _):
        for token in (ana, too):
            assert statuses(http, token, 5) == [200] * 5
        # All that the person had, twice a token's, is used up: a third token has none.
        assert statuses(http, another_of_the_first(place), 2) == [200, 429]


def test_a_class_behind_one_address_signs_in_and_is_not_locked_out_by_a_stranger_among_it(place):
    """With the settings as they come: all in a room at once, then one of them floods us with made-up tokens."""
    place.enroll(range(2, STUDENTS))
    with place.api() as (http, _):

        def browsing(**kwargs):
            headers = HTML | {"X-Forwarded-For": "198.51.100.7"}
            # Reading all certificates takes longer than what is asked here, in the clear.
            return httpx.Client(base_url=http.base_url, headers=headers, timeout=60, verify=False, **kwargs)

        def signs_in(token):
            with browsing() as browser:
                seen = [browser.get("/"), browser.get("/login"), browser.post("/login", data={"token": token})]
                seen += [browser.get("/") for _ in range(3)]
                return [answer.status_code for answer in seen], dict(browser.cookies)

        with ThreadPoolExecutor(8) as pool:
            browsers = list(pool.map(signs_in, place.tokens))
            assert {tuple(seen) for seen, _ in browsers} == {(303, 200, 303, 200, 200, 200)}
            flood = pool.map(lambda number: me(http, f"lmk_{number}").status_code, range(1500))
            assert set(flood) == {401, 429}
            # One comes back every 67 ms.
            assert 429 in [me(http, "lmk_another").status_code for _ in range(10)]

            def looks(found):
                _, cookies = found
                with browsing(cookies=cookies) as browser:
                    return browser.get("/").status_code

            assert set(pool.map(looks, browsers)) == {200}
        assert me(http, "lmk_another", "203.0.113.9").status_code == 401


def test_made_up_tokens_are_counted_as_one_stranger_and_leave_nothing_in_redis(place):
    with place.api(**TIGHT) as (http, _):
        answers = [me(http, f"lmk_made-up-{number}").status_code for number in range(30)]
        assert answers == [401] * 15 + [429] * 15
        assert me(http, "lmk_made-up", "2001:db8::1").status_code == 401
    kept = redis.Redis.from_url(place.redis_url)
    keys = list(kept.scan_iter("labmark:requests:*"))
    assert len(keys) == 2
    assert all(kept.pttl(key) > 0 for key in keys)
    assert not [key for key in keys if b"198.51.100.7" in key or b"lmk_" in key]


def test_signing_in_is_counted_and_refused_as_a_page_in_the_readers_language(place):
    with place.api(**TIGHT) as (http, _):
        for _ in range(15):
            assert http.post("/login", data={"token": "lmk_guess"}).status_code == 401
        page = http.post("/login", data={"token": "lmk_guess"}, headers=HTML | {"Accept-Language": "ro"})
        assert (page.status_code, page.headers["retry-after"]) == (429, "50")
        assert "Prea multe cereri" in page.text
        assert page.headers["content-security-policy"]
        # What a page is made of, and whoever looks whether we live, is not counted.
        assert http.get("/static/labmark.css").status_code == 200
        assert http.get("/healthz").status_code == 200


def test_a_stream_is_one_request_however_long_it_is_read(place):
    engine = make_engine(place.database_url)
    with transaction(engine) as session:
        course = repository.course_by_slug(session, "ml")
        assignment = repository.create_assignment(session, course_id=course.id, spec=SPEC)
        ana = repository.user_by_name(session, "student-0")
        done = repository.submit(
            session, user_id=ana.id, assignment_id=assignment.id,
            new=repository.NewSubmission(filename="lab.py", source="x = 1\n"),
        )  # fmt: skip
    engine.dispose()
    headers = {"Authorization": f"Bearer {place.tokens[0]}"}
    with place.api(**TIGHT) as (http, _):
        assert me(http, place.tokens[0]).status_code == 200
        path = f"/api/v1/submissions/{done.submission_id}/events"
        with http.stream("GET", path, headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: queue"
            time.sleep(2)
            assert statuses(http, place.tokens[0], 9) == [200] * 9
        assert me(http, place.tokens[0]).status_code == 429


def test_a_command_line_that_waits_asks_less_often_than_it_may():
    allowed = Settings()
    assert 1 / min(_ASK_EVERY_S) <= allowed.requests_per_s / 4


def test_without_redis_everybody_is_let_through_and_the_log_says_so(place):
    port = int(place.redis_url.rsplit(":", 1)[1].split("/")[0])
    with place.api(**TIGHT) as (http, log):
        assert me(http, place.tokens[0]).status_code == 200
        if os.environ.get("LABMARK_TEST_REDIS_URL"):
            pytest.skip("this Redis is not ours to stop")
        stop_listening(port)
        began = time.monotonic()
        assert statuses(http, place.tokens[0], 40) == [200] * 40
        # Not each of them waited for it.
        assert time.monotonic() - began < 5
        assert log.read_text().count("request_limits.off") == 1
        folder = place.folder / "again"
        folder.mkdir()
        again = subprocess.Popen(_valkey(place.redis_url, folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_up(place.redis_url)
            deadline = time.monotonic() + 30
            while me(http, place.tokens[0]).status_code != 429:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            assert "request_limits.on" in log.read_text()
        finally:
            again.kill()
            again.wait()


def stop_listening(port):
    redis.Redis(port=port).shutdown(nosave=True)


def test_it_can_be_switched_off(place):
    with place.api(**TIGHT, LABMARK_LIMIT_REQUESTS="false") as (http, _):
        assert statuses(http, place.tokens[0], 30) == [200] * 30
