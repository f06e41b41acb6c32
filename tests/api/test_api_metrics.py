"""What /metrics tells, and to whom."""

from __future__ import annotations

import threading
import time

import pytest
import redis
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from redis_server import running_redis
from sqlalchemy import select

from api.app import create_app
from graders.report import Failure, Report
from store import counters, presence, repository
from store.counters import Happened
from store.engine import transaction
from store.models import Run
from store.settings import Settings

TOKEN = "a-token-of-the-monitoring-server"


@pytest.fixture
def redis_url(tmp_path):
    with running_redis(tmp_path) as url:
        yield url


def told(client, token=TOKEN):
    """{(name, values of the labels in the order of their names): value}"""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def with_metrics(world, redis_url="redis://127.0.0.1:1/0"):
    settings = world.client.app.state.services.settings
    changed = Settings(database_url=settings.database_url, redis_url=redis_url, metrics_token=TOKEN)
    app = create_app(changed)
    object.__setattr__(app.state.services, "celery", world.broker)
    return TestClient(app, raise_server_exceptions=False)


def test_nobody_reads_metrics_before_a_token_is_set(world):
    for who in ("ana", "ivan", "root"):
        assert world.get("/metrics", who).status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer a-token-of-the-monitoring-serve", f"Basic {TOKEN}"])
def test_only_the_token_opens_them(world, sent):
    with with_metrics(world) as client:
        assert client.get("/metrics", headers={"Authorization": sent} if sent else {}).status_code == 401
        for who in ("ana", "grace", "ivan", "root"):
            assert client.get("/metrics", headers=world.headers(who)).status_code == 401
        assert told(client)[("labmark_part_up", ("database",))] == 1


def test_what_waits_is_told_by_device_and_urgency(world):
    submission = world.post().json()["id"]
    world.post("dan")
    with transaction(world.engine) as session:
        repository.add_run(session, submission_id=submission, spec_version=1, priority=9, kind="control")
    time.sleep(0.02)
    with with_metrics(world) as client:
        found = told(client)
    assert found[("labmark_queue_runs", ("cpu", "live"))] == 2
    assert found[("labmark_queue_runs", ("cpu", "background"))] == 1
    assert found[("labmark_queue_runs", ("gpu", "live"))] == 0
    assert 0.02 <= found[("labmark_queue_oldest_age_seconds", ("cpu", "live"))] < 60
    assert found[("labmark_queue_oldest_age_seconds", ("gpu", "background"))] == 0
    assert found[("labmark_runs", ("queued",))] == 3
    assert found[("labmark_runs", ("errored",))] == 0
    # The two that were handed in were rung for at once, the third by nobody.
    assert found[("labmark_outbox_lag_seconds", ())] >= 0.02
    assert found[("labmark_database_bytes", ())] > 10_000
    assert found[("labmark_disk_free_bytes", ("data",))] > 0


def test_stuck_runs_are_told(world):
    world.post()
    with transaction(world.engine) as session:
        repository.claim(session, session.scalars(select(Run.id)).one(), now=time.time() - 200)
    with with_metrics(world) as client:
        found = told(client)
    assert found[("labmark_stuck_runs", ())] == 1
    assert found[("labmark_runs", ("claimed",))] == 1


def test_a_redis_that_is_away_takes_only_its_own_figures_along(world):
    with with_metrics(world) as client:
        found = told(client)
    assert found[("labmark_part_up", ("redis",))] == 0
    assert found[("labmark_part_up", ("database",))] == 1
    assert ("labmark_runs", ("queued",)) in found
    assert ("labmark_beat_up", ()) not in found


def test_a_database_that_is_away_is_told_and_no_error(world, redis_url, tmp_path):
    with with_metrics(world, redis_url) as client:
        broken = Settings(database_url=f"sqlite:///{tmp_path}/none/x.sqlite3", redis_url=redis_url, metrics_token=TOKEN)
        with TestClient(create_app(broken)) as other:
            found = told(other)
        assert told(client)[("labmark_part_up", ("database",))] == 1
    assert found[("labmark_part_up", ("database",))] == 0
    assert found[("labmark_part_up", ("redis",))] == 1


def test_who_is_at_work_and_what_they_counted(world, redis_url):
    connection = redis.Redis.from_url(redis_url)
    now = time.time()
    presence.announce(connection, presence.Worker(name="a", runner="ok", zygotes_recycled=3), now=now - 5)
    presence.announce(connection, presence.Worker(name="b", runner="refuses"), now=now - 1)
    presence.announce(connection, presence.Worker(name="gone", runner="ok"), now=now - 100)
    presence.announce_beat(connection)
    counters.tell(connection, Happened(counter="lease_expired", times=2), Happened(counter="lease_expired"))
    for code in ("raised", "raised", "time_limit"):
        counters.tell(
            connection,
            Happened(counter="run_ended", label="failed"),
            Happened(counter="run_failed", label=code),
            Happened(counter="run_phase", label="training", seconds=0.2),
        )
    counters.tell(connection, Happened(counter="run_phase", label="training", seconds=4000.0))
    with with_metrics(world, redis_url) as client:
        found = told(client)
    assert 5 <= found[("labmark_worker_heartbeat_age_seconds", ("a",))] < 30
    assert 100 <= found[("labmark_worker_heartbeat_age_seconds", ("gone",))] < 130
    able = {labels[0]: value for (name, labels), value in found.items() if name == "labmark_worker_able"}
    assert able == {"a": 1, "b": 0}
    assert found[("labmark_zygote_recycles_total", ("a",))] == 3
    assert found[("labmark_beat_up", ())] == 1
    assert found[("labmark_leases_expired_total", ())] == 3
    assert found[("labmark_runs_ended_total", ("failed",))] == 3
    assert found[("labmark_runs_ended_total", ("errored",))] == 0
    assert found[("labmark_run_failures_total", ("raised",))] == 2
    buckets = [(labels[0], value) for (name, labels), value in found.items() if name == "labmark_run_phase_seconds_bucket"]
    assert dict(buckets)["0.1"] == 0
    assert dict(buckets)["0.25"] == 3
    assert dict(buckets)["1800.0"] == 3
    assert dict(buckets)["+Inf"] == found[("labmark_run_phase_seconds_count", ("training",))] == 4
    assert found[("labmark_run_phase_seconds_sum", ("training",))] == pytest.approx(4000.6)


def test_counting_never_fails_whoever_counts():
    nobody = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    counters.tell(nobody, Happened(counter="lease_expired"))


def test_requests_are_timed_by_the_route_as_declared(world):
    with with_metrics(world) as client:
        for _ in range(3):
            client.get("/api/v1/submissions/0190-none", headers=world.headers())
        client.get("/made/up/by/anybody")
        client.get("/healthz")
        found = told(client)
    counted = {labels: value for (name, labels), value in found.items() if name == "labmark_http_request_seconds_count"}
    assert counted[("GET", "/api/v1/submissions/{submission_id}", "404")] == 3
    assert counted[("GET", "other", "404")] == 1
    assert counted[("GET", "/healthz", "200")] == 1
    assert not [labels for labels in counted if "0190-none" in labels[1] or "made" in labels[1]]


def test_an_unexpected_error_is_a_500_of_its_route(world):
    with with_metrics(world) as client:
        services = client.app.state.services
        engine = services.engine
        object.__setattr__(services, "engine", None)
        assert client.get("/api/v1/assignments", headers=world.headers()).status_code == 500
        object.__setattr__(services, "engine", engine)
        found = told(client)
    assert found[("labmark_http_request_seconds_count", ("GET", "/api/v1/assignments", "500"))] == 1


def test_readers_of_live_events_are_counted_while_they_read(world, redis_url):
    submission = world.post().json()["id"]
    with with_metrics(world, redis_url) as client:
        seen, ended = [], threading.Event()

        def read():
            path = f"/api/v1/submissions/{submission}/events"
            with client.stream("GET", path, headers=world.headers()) as answer:
                seen.append(answer.status_code)
                answer.read()
            ended.set()

        reader = threading.Thread(target=read)
        reader.start()
        deadline = time.monotonic() + 20
        while told(client)[("labmark_live_readers", ())] != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        failure = Failure(code="raised")
        world.finish(submission, Report(outcome="failed", points=0, max_points=10, criteria=(), failure=failure))
        assert ended.wait(20)
        reader.join()
        while told(client)[("labmark_live_readers", ())] != 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert seen == [200]


# What an autoscaler reads.


def signal_of(client, token=TOKEN):
    return client.get("/metrics/queue", headers={"Authorization": f"Bearer {token}"} if token else {})


def test_the_signal_grows_with_the_run_that_waits_and_ends_with_its_claim(world):
    with with_metrics(world) as client:
        nothing = {"live_runs": 0, "live_oldest_age_s": 0.0, "background_runs": 0, "runs_at_work": 0}
        assert signal_of(client).json() == {"cpu": nothing, "gpu": nothing}
        world.post()
        world.post("dan")
        first = signal_of(client).json()["cpu"]
        time.sleep(0.3)
        second = signal_of(client).json()["cpu"]
        assert (first["live_runs"], second["live_runs"]) == (2, 2)
        assert second["live_oldest_age_s"] >= first["live_oldest_age_s"] + 0.3
        assert told(client)["labmark_queue_oldest_age_seconds", ("cpu", "live")] >= second["live_oldest_age_s"]
        with transaction(world.engine) as session:
            for run in session.scalars(select(Run)).all():
                assert repository.claim(session, run.id) is not None
        assert signal_of(client).json()["cpu"] == nothing | {"runs_at_work": 2}


def test_what_nobody_waits_for_calls_for_no_machine(world):
    submission_id = world.post().json()["id"]
    with transaction(world.engine) as session:
        (run,) = session.scalars(select(Run)).all()
        repository.claim(session, run.id)
        again = repository.add_run(
            session, submission_id=submission_id, spec_version=1, priority=repository.PRIORITY_REGRADE, device="gpu"
        )
        assert again.device == "gpu"
    with with_metrics(world) as client:
        found = signal_of(client).json()
        assert found["gpu"] == {"live_runs": 0, "live_oldest_age_s": 0.0, "background_runs": 1, "runs_at_work": 0}


def test_the_signal_has_the_lock_of_the_metrics(world):
    assert world.get("/metrics/queue", "root").status_code == 404
    with with_metrics(world) as client:
        assert [signal_of(client, token).status_code for token in ("", "wrong", TOKEN)] == [401, 401, 200]
