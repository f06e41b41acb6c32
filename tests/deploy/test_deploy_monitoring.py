"""Prometheus, Grafana's dashboard and the proxy as docker-compose.yml sets them up, tried with the real programs.

Debian's packages prometheus and caddy; without them their tests are left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis
import uvicorn
import yaml
from databases import migrated_database
from redis_server import running_redis

from api.app import create_app
from server.demo import free_port
from store import counters, presence
from store.counters import Happened
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "labmark.json").read_text())
TOKEN = "a-token-of-the-monitoring-server"
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="Debian's package prometheus is not here")
needs_caddy = pytest.mark.skipif(shutil.which("caddy") is None, reason="Debian's package caddy is not here")


def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@contextmanager
def running(command, log, **environment):
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def until(question, seconds=30):
    """The first answer that is not None; the last error where none comes."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = question()
        except httpx.HTTPError as error:
            found, last = None, error
        else:
            last = "no answer yet"
        if found is not None:
            return found
        assert time.monotonic() < deadline, last
        time.sleep(0.2)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The address of a real api, of a service in which everything has happened once."""
    folder = tmp_path_factory.mktemp("monitored")
    with migrated_database(folder) as url, running_redis(folder) as redis_url:
        connection = redis.Redis.from_url(redis_url)
        presence.announce(connection, presence.Worker(name="a", runner="ok"), now=time.time())
        presence.announce_beat(connection)
        happened = [
            Happened(counter="lease_expired"),
            Happened(counter="run_failed", label="raised"),
            Happened(counter="run_ended", label="graded"),
            Happened(counter="run_phase", label="training", seconds=1.0),
        ]
        counters.tell(connection, *happened)
        port = free_port()
        app = create_app(Settings(database_url=url, redis_url=redis_url, metrics_token=TOKEN))
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        address = f"127.0.0.1:{port}"
        until(lambda: httpx.get(f"http://{address}/healthz").status_code)
        # Rates need a figure that grows while it is looked at.
        ended = threading.Event()

        def go_on():
            while not ended.wait(0.5):
                counters.tell(connection, *happened)

        busy = threading.Thread(target=go_on, daemon=True)
        busy.start()
        yield address
        ended.set()
        busy.join()
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def prometheus(api, tmp_path_factory):
    """The address of a real Prometheus with deploy/prometheus.yml; only where it finds api and files is another."""
    folder = tmp_path_factory.mktemp("prometheus")
    token = folder / "token"
    token.write_text(TOKEN)
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    config["global"]["scrape_interval"] = config["global"]["evaluation_interval"] = "1s"
    config["rule_files"] = [str(DEPLOY / name) for name in config["rule_files"]]
    (job,) = config["scrape_configs"]
    assert job["authorization"]["credentials_file"] == "/run/labmark-secrets/monitoring/labmark_metrics_token"
    job["authorization"]["credentials_file"] = str(token)
    assert job.pop("dns_sd_configs") == [{"names": ["api"], "type": "A", "port": 8000, "refresh_interval": "15s"}]
    job["static_configs"] = [{"targets": [api]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
               f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with running(command, folder / "prometheus.log"):
        yield f"http://127.0.0.1:{port}"


def ask(prometheus, expression):
    answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", f"{expression}: {answer}"
    return answer["data"]["result"]


@needs_prometheus
def test_prometheus_reads_the_api_with_the_token_of_the_file(prometheus):
    assert until(lambda: ask(prometheus, 'up{job="labmark"} == 1') or None)
    rules = httpx.get(f"{prometheus}/api/v1/rules").json()["data"]["groups"]
    assert sum(len(group["rules"]) for group in rules) == len(yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"])


@needs_prometheus
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_panel_of_the_dashboard_has_something_to_show(prometheus, expression):
    # Nothing waits here, and an api that has not answered 500 has no such figure.
    may_be_empty = "labmark_queue_" in expression or "labmark_outbox_lag" in expression or "zygote_recycles" in expression
    if may_be_empty:
        until(lambda: ask(prometheus, "labmark_part_up") or None)
        ask(prometheus, expression)
        return
    assert until(lambda: ask(prometheus, expression) or None)


def test_panels_lie_beside_and_below_each_other_and_each_has_a_name_of_its_own():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(titles)) == len(titles)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(titles)


def test_grafana_finds_its_source_and_dashboard_where_compose_mounts_them():
    mounted = dict(volume.split(":")[:2] for volume in compose()["grafana"]["volumes"])
    provisioning = DEPLOY / "grafana" / "provisioning"
    assert mounted["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "labmark.yml").read_text())["providers"]
    assert provider["options"]["path"] == mounted["./deploy/grafana/dashboards"]
    home = compose()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/labmark.json"


@needs_caddy
@pytest.mark.parametrize("tls", ["", "tls internal"])
def test_caddy_takes_the_file(tls, tmp_path):
    environment = {**os.environ, "LABMARK_DOMAIN": "labmark.example.org", "LABMARK_TLS": tls, "HOME": str(tmp_path)}
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_caddy
def test_a_page_and_a_stream_come_through_the_proxy_over_tls(api, tmp_path):
    port, admin = free_port(), free_port()
    text = (DEPLOY / "Caddyfile").read_text()
    assert "reverse_proxy api:8000" in text
    text = text.replace("api:8000", api).replace("skip_install_trust", f"skip_install_trust\n\tadmin localhost:{admin}\n\thttp_port {free_port()}")
    (tmp_path / "Caddyfile").write_text(text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    settings = {"LABMARK_DOMAIN": f"localhost:{port}", "LABMARK_TLS": "tls internal", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    with running(command, tmp_path / "caddy.log", **settings):
        root = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        until(lambda: root if root.exists() else None)
        trusted = ssl.create_default_context(cafile=str(root))
        with httpx.Client(base_url=f"https://localhost:{port}", verify=trusted) as http:
            page = until(lambda: http.get("/login"))
            assert page.status_code == 200
            assert "content-security-policy" in page.headers
            assert "content-encoding" not in page.headers
            style = re.search(r'/static/[^"]+\.css[^"]*', page.text)[0]
            assert http.get(style).headers["content-encoding"] in {"gzip", "zstd"}
