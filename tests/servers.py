"""A PostgreSQL and a Redis of our own, from Debian's packages, on free ports and in a folder that goes away.

`python tests/servers.py PYTEST_ARGUMENTS...` runs pytest with both: `make test-services`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

POSTGRES_USER = "postgres"
_START_S = 60
_PACKAGES = ("postgresql", "redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")]
    return max(found, key=lambda path: int(path.parent.name)) if found else None


def install_missing() -> None:
    """Exits, saying what to install, where it is missing and we are not root."""
    if postgres_programs() and shutil.which("redis-server"):
        return
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_PACKAGES]
    if os.geteuid() != 0:
        sys.exit(f"PostgreSQL or Redis is missing; as root: {' '.join(command)}")
    # Their services are not wanted, only their programs: nothing may take the usual ports.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "postgresql", free_port()
        programs = postgres_programs()
        assert programs is not None, "install_missing() has not been called"
        self._programs = programs
        self.url = f"postgresql://labmark@127.0.0.1:{self.port}/postgres"
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.data, POSTGRES_USER, POSTGRES_USER)
        self._run("initdb", "-U", "labmark", "--auth", "trust", "--encoding", "UTF8", "--no-sync")
        settings = {"port": self.port, "listen_addresses": "'127.0.0.1'", "unix_socket_directories": f"'{self.data}'",
                    "fsync": "off", "max_connections": 200}  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as out:
            out.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self.data), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses root
            command = ["setpriv", f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--init-groups", *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.data / "server.log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "fast")

    def crash(self) -> None:
        """Every process of it ends at once, without a checkpoint: the next start recovers from its log."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "immediate")


class Redis:
    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "redis", free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.data.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.data), "--save", "",
             "--appendonly", "yes", "--maxmemory-policy", "noeviction", "--logfile", str(self.data / "server.log")]
        )  # fmt: skip
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise TimeoutError(f"redis-server does not answer: {(self.data / 'server.log').read_text()}")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def forget(self) -> None:
        """What a disk that died would leave. Only while it is down."""
        shutil.rmtree(self.data)
        self.data.mkdir()


@contextlib.contextmanager
def servers():
    install_missing()
    folder = Path(tempfile.mkdtemp(prefix="labmark-servers-"))
    folder.chmod(0o755)
    postgres, redis = Postgres(folder), Redis(folder)
    try:
        postgres.start()
        redis.start()
        yield postgres, redis
    finally:
        with contextlib.suppress(AssertionError):
            redis.kill()
        with contextlib.suppress(AssertionError):
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    with servers() as (postgres, redis):
        environment = {**os.environ, "LABMARK_TEST_DATABASE_URL": postgres.url, "LABMARK_TEST_REDIS_URL": redis.url}
        print(f"PostgreSQL from {postgres.data} on port {postgres.port}, Redis on port {redis.port}", flush=True)
        return subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
