"""A service on two hosts: the first has PostgreSQL, Redis, api, beat, a worker and its runner; the second a
worker and its runner, a data folder of its own, and nothing of the first but DATABASE_URL and REDIS_URL.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import redis as redis_client
import servers
from sqlalchemy import text

from server import parts
from server.supervisor import Part, Supervisor
from store.engine import make_engine
from store.presence import present

TESTS = Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "faults"))
from fault_place import Place, children, create_course, prepared, quickened, until  # noqa: E402 - found by the line above

SLOW_START_S = 180


class NetworkedPostgres(servers.Postgres):
    """Listens on the cable too, and there asks for a password."""

    def __init__(self, folder, address):
        super().__init__(folder)
        self.password = secrets.token_hex(16)
        with (self.data / "postgresql.conf").open("a") as out:
            out.write(f"listen_addresses = '127.0.0.1,{address}'\npassword_encryption = scram-sha-256\n")
        with (self.data / "pg_hba.conf").open("a") as out:
            out.write(f"host all all {address}/30 scram-sha-256\n")
        self._address = address

    def start(self):
        super().start()
        engine = make_engine(self.url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER ROLE labmark PASSWORD '{self.password}'"))
        engine.dispose()
        self.url = f"postgresql://labmark:{self.password}@{self._address}:{self.port}/postgres"


class NetworkedRedis(servers.Redis):
    def __init__(self, folder, address):
        super().__init__(folder)
        self._address, self.password = address, secrets.token_hex(16)
        self.url = f"redis://:{self.password}@{address}:{self.port}/0"

    def start(self):
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", self._address, "--requirepass", self.password,
             "--dir", str(self.data), "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction",
             "--logfile", str(self.data / "server.log")]
        )  # fmt: skip
        until(lambda: _answers(self.url))


def _answers(url):
    with contextlib.suppress(redis_client.RedisError):
        return redis_client.Redis.from_url(url).ping()


class SecondHost:
    """Its runner and its worker. It shares no folder with the first host: not the data, not the socket."""

    def __init__(self, hosts, home, settings):
        self.home, self.log_dir = home, home / "log"
        self.log_dir.mkdir(parents=True)
        socket = home / "runner.sock"
        # Fetched on a real host; here the archive that is there already, read-only all the same.
        (home / "datasets").symlink_to(settings.data_dir / "datasets")
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **parts.WORKER_ENVIRONMENT,
            "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url,
            "LABMARK_DATA_DIR": str(home), "LABMARK_RUNNER_SOCKET": str(socket), "PYTHONUNBUFFERED": "1",
            "LABMARK_LOG_FORMAT": "json",
        }  # fmt: skip
        self.socket = socket
        self.runner = Part("runner", hosts.on_second(parts.runner(socket=socket, slots=1)), parts.runner_environment())
        self.worker = Part("worker", hosts.on_second(parts.worker(concurrency=1)), environment)

    def quicken(self, variables):
        self.worker.environment |= variables

    def start(self):
        self.runner.start(self.log_dir)
        self.worker.start(self.log_dir)

    def stop(self):
        self.worker.stop()
        self.runner.stop()

    def finished(self):
        """The ids of the runs that it has ended, and whether its word was taken."""
        lines = (self.log_dir / "worker.log").read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{") and "run.finished" in line]
        return {line["run_id"]: line["recorded"] for line in told}

    def children(self):
        return children(self.worker.process.pid)


@contextlib.contextmanager
def two_hosts(hosts, folder, address, variables):
    """(the place on the first host, the second host), both ready."""
    servers.install_missing()
    folder.chmod(0o755)
    postgres, redis = NetworkedPostgres(folder, address), NetworkedRedis(folder, address)
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    with contextlib.ExitStack() as ending:
        ending.callback(lambda: _quietly(postgres.stop))
        postgres.start()
        ending.callback(lambda: _quietly(redis.kill))
        redis.start()
        settings, token = prepared(first, "two hosts", postgres, redis, create=create_course)
        supervisor = Supervisor(settings, workers=1, embedded_queue=False)
        quickened(supervisor, variables)
        ending.callback(supervisor.stop)
        supervisor.start()
        other = SecondHost(hosts, second, settings)
        other.quicken({**variables})
        ending.callback(other.stop)
        other.start()
        place = Place("two hosts", supervisor, token, redis, postgres)
        connection = redis_client.Redis.from_url(settings.redis_url)
        until(lambda: _able(connection) == 2, SLOW_START_S)
        yield place, other


def _able(connection):
    return sum(worker.runner == "ok" for worker in present(connection).workers)


def _quietly(stop):
    with contextlib.suppress(AssertionError):
        stop()


def wait_s(seconds):
    time.sleep(seconds)
