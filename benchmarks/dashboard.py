"""Measures the pages of a large course: 1,000 students, 20,000 submissions, one request after the other.

    python -m benchmarks.dashboard [--students N] [--submissions N] [--requests N] [--database-url URL]

A real api process, a real Valkey with one worker announced, and an SQLite file of `benchmarks.seed_dashboard`
(or the empty PostgreSQL database at the URL given). Each page is asked for as its readers do: the course; the
assignment sorted, filtered and turned over; submissions all over the course; the queue. Times are from
sending the request to the last byte of the page, on one machine. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import platform
import time
from typing import TYPE_CHECKING, Final

import httpx
import redis

from benchmarks.common import bench_settings, signed
from benchmarks.seed_dashboard import seed
from server.supervisor import Supervisor
from store import presence
from store.engine import make_engine
from store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.seed_dashboard import Seeded
    from server.supervisor import Part
    from store.settings import Settings

_WARM_UP: Final = 5
_START_S: Final = 60.0
_SORTS: Final = ("name", "points", "gap", "fit", "submitted")
LIMIT_S: Final = 0.2


def addresses(seeded: Seeded) -> dict[str, Iterator[str]]:
    """What is asked for, page by page, round and round."""
    lists = [
        f"/assignments/{slug}?{asked}"
        for slug, asked in itertools.product(
            seeded.slugs,
            [
                *(f"sort={sort}&order=desc&page={1 + place}" for place, sort in enumerate(_SORTS)),
                "fit=overfitting",
                "name=ana",
            ],
        )
    ]
    return {
        "course": itertools.cycle(["/courses/large"]),
        "assignment": itertools.cycle(lists),
        "submission": itertools.cycle([f"/submissions/{found}" for found in seeded.submission_ids]),
        "queue": itertools.cycle(["/queue"]),
    }


def p95(seconds: Iterable[float]) -> float:
    ordered = sorted(seconds)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def measure(http: httpx.Client, asked: Iterator[str], requests: int) -> list[float]:
    found = []
    for number, address in enumerate(itertools.islice(asked, requests + _WARM_UP)):
        started = time.perf_counter()
        http.get(address).raise_for_status()
        if number >= _WARM_UP:
            found.append(time.perf_counter() - started)
    return found


def start(settings: Settings) -> list[Part]:
    """Valkey and the api, and no more."""
    supervisor = Supervisor(settings, workers=1)
    for folder in (supervisor.log_dir, settings.data_dir / "valkey"):
        folder.mkdir(parents=True, exist_ok=True)
    parts = [part for part in supervisor.parts if part.name in {"valkey", "api"}]
    for part in parts:
        part.start(supervisor.log_dir)
    deadline = time.monotonic() + _START_S
    while True:
        try:
            redis.Redis.from_url(settings.redis_url).ping()
            httpx.get(f"http://{settings.host}:{settings.port}/healthz").raise_for_status()
        except (redis.RedisError, httpx.HTTPError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The api did not start; see {supervisor.log_dir}.") from error
            time.sleep(0.1)
        else:
            return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--submissions", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=60, help="of each page")
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database")
    arguments = parser.parse_args()
    settings = bench_settings()
    if arguments.database_url:
        settings = settings.model_copy(update={"database_url": arguments.database_url})
    print(f"Machine: {platform.machine()}, Python {platform.python_version()}", flush=True)
    upgrade(settings.database_url)
    engine = make_engine(settings.database_url)
    seeded = seed(engine, students=arguments.students, submissions=arguments.submissions)
    engine.dispose()
    print(f"Seeded {arguments.students} students, {arguments.submissions} submissions.", flush=True)
    parts = start(settings)
    figures = {}
    try:
        worker = presence.Worker(name="bench", runner="ok", runs_at_once=2, slots=2)
        presence.announce(redis.Redis.from_url(settings.redis_url), worker)
        address = f"http://{settings.host}:{settings.port}"
        with httpx.Client(base_url=address, headers=signed(seeded.instructor_token), timeout=30) as http:
            for page, asked in addresses(seeded).items():
                times = measure(http, asked, arguments.requests)
                figures[f"{page}_p95_s"] = round(p95(times), 4)
                print(f"  {page}: median {sorted(times)[len(times) // 2]:.3f} s", flush=True)
    finally:
        for part in reversed(parts):
            part.stop()
    late = [name for name, seconds in figures.items() if seconds > LIMIT_S]
    print(f"At most {LIMIT_S} s each: {'no: ' + ', '.join(late) if late else 'yes'}", flush=True)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
