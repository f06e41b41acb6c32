"""The alert rules: read as Prometheus reads them, and about figures that /metrics tells."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis
import yaml
from databases import migrated_database
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from redis_server import running_redis

from api.app import create_app
from store import counters, presence
from store.counters import Happened
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "alerts.yml"
TOKEN = "a-token-of-the-monitoring-server"
_NAME = re.compile(r"\blabmark_[a-z_]+\b")
_SELECTED = re.compile(r"(labmark_[a-z_]+)\{([^}]*)\}")
_BY = re.compile(r"\bby \(([a-z_, ]+)\) \(([^()]*)")


def rules():
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Name of each sample -> the names of its labels, of a service in which everything has happened once."""
    folder = tmp_path_factory.mktemp("alerts")
    with migrated_database(folder) as url, running_redis(folder) as redis_url:
        connection = redis.Redis.from_url(redis_url)
        presence.announce(connection, presence.Worker(name="a", runner="ok"), now=time.time())
        presence.announce_beat(connection)
        counters.tell(
            connection,
            Happened(counter="lease_expired"),
            Happened(counter="run_failed", label="raised"),
            Happened(counter="run_phase", label="training", seconds=1.0),
        )
        store = f"file://{folder}"  # what waits for it is told only where there is one
        app = create_app(Settings(database_url=url, redis_url=redis_url, metrics_token=TOKEN, evidence_store=store))
        with TestClient(app) as client:
            client.get("/healthz")
            text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_each_rule_has_what_a_person_needs_at_night():
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert set(rule["annotations"]) == {"summary", "description"}


def test_every_figure_that_a_rule_names_is_told_with_its_labels(told):
    for rule in rules():
        expression = rule["expr"]
        assert expression.count("(") == expression.count(")")
        assert _NAME.findall(expression), rule["alert"]
        for name in _NAME.findall(expression):
            assert name in told, f"{rule['alert']} asks for {name}"
        for name, selected in _SELECTED.findall(expression):
            labels = {part.split("=")[0].rstrip("!~") for part in selected.split(",")}
            assert labels <= told[name], f"{rule['alert']}: {name} has no {labels - told[name]}"
        for grouped, inside in _BY.findall(expression):
            for name in _NAME.findall(inside):
                assert {label.strip() for label in grouped.split(",")} <= told[name], rule["alert"]


@pytest.mark.parametrize(
    ("alert", "asks"),
    [
        ("LabmarkQueueOld", "> 120"),
        ("LabmarkNoWorker", "> 60"),
        ("LabmarkOutboxLag", "> 30"),
        ("LabmarkRunsErrored", 'state="errored"'),
        ("LabmarkDiskLow", "disk_free"),
    ],
)
def test_what_must_be_told_of_is(alert, asks):
    (rule,) = [rule for rule in rules() if rule["alert"] == alert]
    assert asks in rule["expr"]


def test_the_page_for_operators_names_every_figure_and_every_alert(told):
    page = (ROOT / "docs" / "operations.md").read_text()
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in told if name.startswith("labmark_")}
    assert [name for name in sorted(families) if f"`{name}`" not in page] == []
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not here")
def test_prometheus_itself_fires_each_when_it_should():
    for command in (["check", "rules", str(RULES)], ["test", "rules", str(Path(__file__).parent / "alerts_promtool.yml")]):
        done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
