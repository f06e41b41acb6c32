"""What the containers may do, asked of the engine and of the kernel, not of docker-compose.yml."""

from __future__ import annotations

import json

import pytest

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
    assert names <= {"PATH", "PYTHONUNBUFFERED", "PIP_DISABLE_PIP_VERSION_CHECK", "RUNNER_SLOTS", "SANDBOX_ACCEPT_MISSING", "LABMARK_LOG_FORMAT",
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


@pytest.mark.parametrize("service", ["api", "beat", "worker-cpu"])
def test_our_services_have_no_capability_and_a_read_only_root(stack, service):
    found = stack.inspect(service)
    assert found["HostConfig"]["ReadonlyRootfs"] is True
    assert found["HostConfig"]["CapDrop"] == ["ALL"]
    assert not found["HostConfig"]["CapAdd"]
    assert found["Config"]["User"] == "labmark"


def test_worker_and_runner_share_nothing_but_the_socket_volume(stack):
    runner = {mount["Name"] for mount in stack.inspect("runner")["Mounts"]}
    worker = {mount["Name"] for mount in stack.inspect("worker-cpu")["Mounts"]}
    assert runner & worker == runner
    files = stack.exec("runner", "ls", "-A", "/run/labmark").stdout.split()
    assert files == ["runner.sock"]


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
