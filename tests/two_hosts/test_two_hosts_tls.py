"""Over a network that others share: PostgreSQL and Redis behind TLS, as docs/operations.md says to reach them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
import redis as redis_client
import servers
from two_hosts_place import _answers, until

from store.engine import make_engine

ROOT = Path(__file__).resolve().parents[2]
SENDS = """
    import sys
    from store.queue import QUEUES, make_celery
    from store.settings import Settings
    make_celery(Settings(redis_url=sys.argv[1])).send_task("x", args=["1"], queue=QUEUES["cpu"], retry=False)
"""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder():
    # PostgreSQL, a user of its own, must enter it.
    made = Path(tempfile.mkdtemp(prefix="labmark-tls-"))
    made.chmod(0o755)
    for name in ("ours", "anybodys"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", str(made / f"{name}.key"), "-out", str(made / f"{name}.pem"))  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", str(made / "server.key"),
            "-out", str(made / "server.csr"))  # fmt: skip
    (made / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", str(made / "server.csr"), "-CA", str(made / "ours.pem"), "-CAkey", str(made / "ours.key"),
            "-CAcreateserial", "-days", "2", "-extfile", str(made / "names"), "-out", str(made / "server.pem"))  # fmt: skip
    servers.install_missing()
    yield made
    shutil.rmtree(made, ignore_errors=True)


class TlsRedis(servers.Redis):
    def start(self):
        folder = self.data.parent
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--tls-port", str(self.port), "--bind", "127.0.0.1", "--requirepass", "secret",
             "--tls-cert-file", str(folder / "server.pem"), "--tls-key-file", str(folder / "server.key"),
             "--tls-ca-cert-file", str(folder / "ours.pem"), "--tls-auth-clients", "no", "--dir", str(self.data),
             "--save", "", "--logfile", str(self.data / "server.log")]
        )  # fmt: skip
        self.url = f"rediss://:secret@127.0.0.1:{self.port}/0"
        until(lambda: _answers(f"{self.url}?ssl_ca_certs={folder}/ours.pem"))


@pytest.fixture(scope="module")
def redis(folder):
    server = TlsRedis(folder)
    server.start()
    yield server
    server.kill()


def sends(url):
    """In a process of its own: Celery's pools are one for a process."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SENDS), url], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0 or "CERTIFICATE_VERIFY_FAILED" in done.stderr, done.stderr
    return done.returncode == 0


def test_a_doorbell_is_rung_at_a_redis_whose_certificate_is_ours(redis, folder):
    assert sends(f"{redis.url}?ssl_ca_certs={folder}/ours.pem")
    assert redis_client.Redis.from_url(f"{redis.url}?ssl_ca_certs={folder}/ours.pem").llen("labmark.cpu") == 1


@pytest.mark.parametrize("query", ["", "?ssl_ca_certs={}/anybodys.pem"])
def test_nobody_elses_certificate_is_told_the_password(redis, folder, query):
    assert not sends(redis.url + query.format(folder))
    with pytest.raises(redis_client.ConnectionError):
        redis_client.Redis.from_url(redis.url + query.format(folder)).ping()


def test_the_database_is_reached_over_tls_and_only_if_it_is_ours(folder):
    postgres = servers.Postgres(folder)
    for name in ("server.pem", "server.key"):
        placed = postgres.data / name
        placed.write_bytes((folder / name).read_bytes())
        placed.chmod(0o600)
        if os.geteuid() == 0:
            shutil.chown(placed, servers.POSTGRES_USER, servers.POSTGRES_USER)
    with (postgres.data / "postgresql.conf").open("a") as out:
        out.write("ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n")
    (postgres.data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
    postgres.start()
    try:
        engine = make_engine(f"{postgres.url}?sslmode=verify-full&sslrootcert={folder}/ours.pem")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar() is True
        engine.dispose()
        for query in (f"sslmode=verify-full&sslrootcert={folder}/anybodys.pem", "sslmode=disable"):
            with pytest.raises(Exception, match=r"certificate verify failed|no pg_hba.conf entry"):
                make_engine(f"{postgres.url}?{query}").connect()
    finally:
        postgres.stop()
