"""Who is said to be at work."""

from __future__ import annotations

import json

import pytest
from fake_presence import Hashes

from api.dashboard.pages.paging import paged
from api.dashboard.pages.queue import queue_page
from store import repository
from store.engine import transaction
from store.presence import Gpu, Presence, Worker, announce, present
from store.queue import QUEUES


def test_a_worker_that_fell_silent_is_forgotten():
    redis = Hashes()
    announce(redis, Worker(name="old", runner="ok"), now=1000)
    announce(redis, Worker(name="new", runner="refuses", missing=("landlock",)), now=1025)
    found = present(redis, now=1031)
    assert found.workers == (Worker(name="new", runner="refuses", missing=("landlock",)),)
    assert found.able == ()
    assert found.silent_s == {"new": 6, "old": 31}
    assert present(redis, now=1601).silent_s == {"new": 576}
    assert list(redis.found) == [b"new"]


def page_of_queue(presence, language="en"):
    _, paging = paged([], 1, {})
    return queue_page([], language, counts={}, paging=paging, presence=presence, now=0, places={})


def said(presence):
    return {item.name: (item.kind, item.text) for item in page_of_queue(presence).health}


def test_the_queue_page_tells_each_worker_with_its_sandbox_and_gpus():
    busy = Gpu(name="H100", memory_bytes=80 * 1024**3, driver="570", busy_since=1.0)
    worker = Worker(name="a", runner="refuses", missing=("seccomp",), accepted=("cgroups",), queues=("cpu", "gpu"), gpus=(busy,), zygotes_recycled=3)
    (row,) = page_of_queue(Presence(workers=(worker,), beat=True, silent_s={"a": 7.2})).workers
    assert (row.health.word, row.missing, row.accepted, row.queues) == ("refuses", "seccomp", "cgroups", "processor, GPU")
    assert row.gpus == ("H100, 81920 MiB, in use by somebody else",)
    assert (row.recycled, row.heard) == (3, "7 s ago")
    (row,) = page_of_queue(Presence(workers=(worker,), beat=True), "ro").workers
    assert (row.health.word, row.queues, row.heard) == ("refuză", "procesor, GPU", "acum 0 s")


def test_the_queue_page_names_what_is_missing_and_what_was_accepted():
    refusing = Worker(name="a", runner="refuses", missing=("landlock", "seccomp"))
    assert said(Presence(workers=(refusing,), beat=True))["Sandbox"] == ("bad", "refuses: landlock, seccomp missing")
    accepting = Worker(name="b", runner="ok", accepted=("cgroup",))
    found = said(Presence(workers=(refusing, accepting), beat=False))
    assert found["Sandbox"] == ("good", "ready, without cgroup as accepted")
    assert found["Beat"] == ("bad", "not heard of for 30 s")
    assert found["Workers"] == ("good", "2 answering, 1 run at once")
    assert said(None)["Queue"] == ("bad", "unreachable")


GPU = Gpu(name="Fake A100", memory_bytes=40 * 1024**3, driver="570.86.15")
GPU_WORKER = Worker(name="g", runner="ok", queues=("gpu",), slots=2, gpus=(GPU, GPU))


def test_a_worker_tells_its_slots_and_its_gpus():
    redis = Hashes()
    announce(redis, GPU_WORKER, now=1000)
    assert present(redis, now=1001).workers == (GPU_WORKER,)


def test_a_worker_of_an_older_version_has_processors_only():
    redis = Hashes()
    redis.found[b"old"] = json.dumps({"at": 1000, "runner": "ok", "missing": [], "accepted": []}).encode()
    found = present(redis, now=1001)
    assert found.workers == (Worker(name="old", runner="ok"),)
    assert found.gpus == ()


@pytest.mark.parametrize(
    ("changed", "there"),
    [({}, 2), ({"queues": ("cpu", "gpu")}, 2), ({"queues": ("cpu",)}, 0), ({"runner": "refuses"}, 0), ({"gpus": ()}, 0)],
)
def test_a_gpu_is_there_where_an_able_worker_takes_runs_for_it(changed, there):
    fields = {name: getattr(GPU_WORKER, name) for name in GPU_WORKER.__dataclass_fields__}
    assert len(Presence(workers=(Worker(**{**fields, **changed}),), beat=True).gpus) == there


@pytest.fixture
def redis(world):
    """The queue's own Redis stays away; only presence is heard of."""
    hashes = Hashes()
    object.__setattr__(world.client.app.state.services, "redis", hashes)
    return hashes


@pytest.fixture
def on(world):
    """Hand in to an assignment for this device; gives the path of the submission."""
    with transaction(world.engine) as session:
        spec = repository.assignment_by_slug(session, "iris").spec
        for device in ("gpu", "any"):
            changed = spec.model_copy(update={"slug": f"on-{device}", "device": device})
            repository.create_assignment(session, course_id=world.course_id, spec=changed)

    def post(device):
        answer = world.post(slug=f"on-{device}")
        assert answer.status_code == 201
        return answer.json()["links"]["self"]

    return post


def rung(world):
    return [task[2] for task in world.broker.sent]


def page_of(world, path, who="ana"):
    assert world.client.post("/login", data={"token": world.tokens[who]}).status_code == 303
    return world.client.get(path).text


def test_a_run_for_a_gpu_waits_visibly_while_no_worker_has_one(world, redis, on):
    path = on("gpu")
    assert rung(world) == [QUEUES["gpu"]]
    found = world.get(path).json()
    assert (found["state"], found["device"], found["waits_for"], found["queue_position"]) == ("queued", "gpu", "gpu_worker", 1)
    announce(redis, GPU_WORKER)
    assert world.get(path).json()["waits_for"] is None


def test_without_word_of_any_worker_nobody_is_said_to_have_a_gpu(world, on):
    """Redis is away: what waits for a GPU says so, what any device will do for goes to the processors."""
    assert world.get(on("gpu")).json()["waits_for"] == "gpu_worker"
    assert world.get(on("any")).json()["device"] == "cpu"


def test_what_any_device_will_do_for_goes_where_a_gpu_is(world, redis, on):
    assert world.get(on("any")).json()["device"] == "cpu"
    announce(redis, GPU_WORKER)
    found = world.get(on("any")).json()
    assert (found["device"], found["waits_for"]) == ("gpu", None)
    assert rung(world) == [QUEUES["cpu"], QUEUES["gpu"]]


def test_what_waits_for_a_processor_or_is_at_work_misses_nothing(world, redis, on):
    assert world.get(world.post().json()["links"]["self"]).json()["waits_for"] is None
    path = on("gpu")
    with transaction(world.engine) as session:
        run = repository.submission_details(session, path.rpartition("/")[2]).run
        repository.claim(session, run.id)
    assert world.get(path).json()["waits_for"] is None


def test_no_gpu_makes_nothing_unready(world, redis, on):
    on("gpu")
    announce(redis, Worker(name="c", runner="ok"))
    checks = world.client.get("/readyz").json()["checks"]
    assert (checks["worker"], checks["runner"]) == ("ok", "ok")


def test_the_students_page_says_what_it_waits_for(world, redis, on):
    path = "/submissions/" + on("gpu").rpartition("/")[2]
    sentence = "Waiting in the queue: place 1; it waits for a GPU worker; none is there"
    assert sentence in page_of(world, path)
    announce(redis, GPU_WORKER)
    page = page_of(world, path)
    assert "Waiting in the queue: place 1" in page
    assert "GPU worker" not in page


def test_the_queue_page_says_so_at_the_run_and_at_the_top(world, redis, on):
    on("gpu")
    page = page_of(world, "/queue", who="grace")
    assert "! waits for a GPU worker; none is there" in page
    assert "none; 1 waiting for one" in page
    announce(redis, Worker(name="g", runner="ok", queues=("gpu",), gpus=(GPU, Gpu(**{**vars(GPU), "busy_since": 5.0}))))
    page = page_of(world, "/queue", who="grace")
    assert "GPU worker" not in page
    assert "2 × Fake A100; 1 in use by somebody else" in page


def test_staff_read_why_a_gpu_is_not_handed_out():
    worker = Worker(name="g", runner="ok", queues=("gpu",), no_gpu_because=("GPU 0 (Fake A100): is in MIG mode",))
    kind, text = said(Presence(workers=(worker,), beat=True))["GPUs"]
    assert (kind, text) == ("bad", "none; 0 waiting for one; g: GPU 0 (Fake A100): is in MIG mode")


def test_a_course_without_gpus_reads_nothing_of_them():
    processors = Worker(name="c", runner="ok", no_gpu_because=("nvidia-ml-py is not installed",))
    assert "GPUs" not in said(Presence(workers=(processors,), beat=True))


def test_an_assignment_tells_its_device(world, on):
    assert world.get("/api/v1/assignments/on-any").json()["device"] == "any"
    assert "GPU where one is there, else processor" in page_of(world, "/assignments/on-any")
