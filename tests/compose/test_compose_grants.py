"""What the containers may do, asked of the engine and of the kernel, not of docker-compose.yml."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest
from stack import ROOT

from worker.sandbox import selftest

LONG_RUNNING = ["postgres", "redis", "api", "beat", "worker-cpu", "runner"]
# Bits 6 and 7 of the kernel's capability sets.
SETGID_AND_SETUID = "00000000000000c0"


def test_the_runner_has_the_stated_grants_and_no_more(stack):
    found = stack.inspect("runner")
    host = found["HostConfig"]
    assert host["Privileged"] is False
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert {name.removeprefix("CAP_") for name in host["CapAdd"]} == {"SETUID", "SETGID"}
    options = {option.partition("=")[0].partition(":")[0]: option for option in host["SecurityOpt"]}
    assert set(options) <= {"no-new-privileges", "seccomp", "systempaths"}
    assert json.loads(options["seccomp"].partition("=")[2])["defaultAction"] == "SCMP_ACT_ERRNO"
    assert host["Memory"] == host["MemorySwap"] == 6 * 1024**3
    assert host["PidsLimit"] == 1024
    assert [mount["Destination"] for mount in found["Mounts"]] == ["/run/labmark"]
    assert not any(host[name] for name in ("Devices", "GroupAdd", "PidMode", "UsernsMode"))
    names = {line.partition("=")[0] for line in found["Config"]["Env"]}
    assert names <= {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "RUNNER_SLOTS", "SANDBOX_ACCEPT_MISSING", "LABMARK_LOG_FORMAT",
                     "LANG", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256"}  # fmt: skip


def test_the_kernel_agrees(stack):
    status = dict(line.split(":\t", 1) for line in stack.exec("runner", "cat", "/proc/1/status").stdout.splitlines())
    assert {status[name].strip() for name in ("CapPrm", "CapEff", "CapBnd")} == {SETGID_AND_SETUID}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    devices = stack.exec("runner", "cat", "/proc/net/dev").stdout.splitlines()[2:]
    assert [line.partition(":")[0].strip() for line in devices] == ["lo"]


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_no_container_is_privileged_or_reaches_the_engine(stack, service):
    found = stack.inspect(service)
    assert found["HostConfig"]["Privileged"] is False
    assert not any("docker.sock" in mount.get("Source", "") for mount in found["Mounts"])


@pytest.mark.parametrize(
    ("service", "user"),
    [("api", "labmark"), ("beat", "labmark"), ("worker-cpu", "labmark"), ("postgres", "postgres"), ("redis", "redis")],
)
def test_all_but_the_runner_have_no_capability_and_are_not_root(stack, service, user):
    host = stack.inspect(service)["HostConfig"]
    assert not host["CapAdd"]
    assert stack.inspect(service)["Config"]["User"] == user
    status = stack.exec(service, "cat", "/proc/1/status").stdout
    assert {line.split()[1] for line in status.splitlines() if line.startswith(("CapPrm", "CapEff", "CapBnd"))} == {"0" * 16}
    assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_every_container_has_a_read_only_root_and_bounds(stack, service):
    found = stack.inspect(service)
    host = found["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"] == {"max-size": "20m", "max-file": "5"}
    refused = stack.exec(service, "sh", "-c", "echo >/usr/planted", check=False)
    assert refused.returncode != 0


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_every_container_says_that_it_is_well(stack, service):
    """Soon: other tests have stopped and started some."""
    deadline = time.monotonic() + 120
    while (status := stack.inspect(service)["State"]["Health"]["Status"]) != "healthy":
        assert time.monotonic() < deadline, status
        time.sleep(1)


@pytest.mark.parametrize("service", LONG_RUNNING)
def test_no_secret_is_in_a_containers_settings(stack, service):
    files = "for file in /run/labmark-secrets/*/*; do cat $file; echo; done"
    secrets = [line.split("@")[0].split(":")[-1] for line in stack.exec("api", "sh", "-c", files).stdout.split()]
    assert len(secrets) == 4
    assert all(len(secret) >= 32 for secret in secrets)
    told = json.dumps(stack.inspect(service))
    assert not any(secret in told for secret in secrets)


def test_who_needs_no_secret_has_none(stack):
    held = {service: {mount["Name"].split("_", 1)[1] for mount in stack.inspect(service)["Mounts"] if "secrets" in mount.get("Name", "")}
            for service in LONG_RUNNING}  # fmt: skip
    assert held == {
        "postgres": {"secrets-database"}, "redis": set(), "runner": set(), "beat": {"secrets-database"},
        "worker-cpu": {"secrets-database"}, "api": {"secrets-database", "secrets-monitoring"},
    }  # fmt: skip


def test_worker_and_runner_share_nothing_but_the_socket_volume(stack):
    # A file of the host's has no name.
    runner = {mount.get("Name", mount["Source"]) for mount in stack.inspect("runner")["Mounts"]}
    worker = {mount.get("Name", mount["Source"]) for mount in stack.inspect("worker-cpu")["Mounts"]}
    assert runner & worker == runner
    files = stack.exec("runner", "ls", "-A", "/run/labmark").stdout.split()
    assert files == [f"{stack.containers('runner')[0][:12]}.sock"]


@pytest.mark.parametrize(
    ("service", "absent"),
    [
        ("api", ["torch", "tensorflow", "keras", "lightning", "sklearn"]),
        ("worker-cpu", ["torch", "tensorflow", "keras", "lightning"]),
        ("runner", ["api", "client", "graders", "server", "store", "worker.datasets", "worker.pipeline", "sqlalchemy", "redis"]),
    ],
)
def test_an_image_holds_no_more_than_its_part_needs(stack, service, absent):
    code = f"""
import importlib.util
def there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print([name for name in {absent} if there(name)])
"""
    assert stack.exec(service, "python", "-c", code).stdout.strip() == "[]"


def test_every_layer_but_control_groups_holds_in_the_container(stack):
    table = stack.exec("worker-cpu", "labmark-server", "sandbox", "check", check=False).stdout
    print(table)
    lines = [line.split() for line in table.splitlines() if line.strip().startswith(("ok", "MISSING"))]
    assert [line[1] for line in lines if line[0] == "MISSING"] == ["cgroup"]
    assert "Jobs are taken without cgroup, as SANDBOX_ACCEPT_MISSING says." in table
    assert [line[1] for line in lines] == list(selftest.REMEDIES)


def test_what_labmark_env_says_reaches_all_but_the_runner(stack, tmp_path):
    """`docker compose config` of a copy: a file of settings beside the compose file, which git does not know."""
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    (tmp_path / "labmark.env").write_text("LABMARK_REQUESTS_BURST=77\nLABMARK_SECURE_COOKIES=true\n")
    shown = subprocess.run(
        [*stack.command, "config", "--format", "json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = {name: service.get("environment", {}) for name, service in json.loads(shown.stdout)["services"].items()}
    for name in ("api", "beat", "worker-cpu", "migrate"):
        assert found[name]["LABMARK_REQUESTS_BURST"] == "77"
        # What .env says comes first.
        assert found[name]["LABMARK_SECURE_COOKIES"] == "false"
    assert "LABMARK_REQUESTS_BURST" not in found["runner"]
