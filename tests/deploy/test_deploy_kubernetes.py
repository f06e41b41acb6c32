"""The manifests: valid by Kubernetes' own schema, and the runner has the grants of docker-compose.yml and no more."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
FOLDERS = sorted(path.parent for path in MANIFESTS.glob("*/kustomization.yaml"))
# `hostUsers` and `procMount` are on by default from 1.33 on.
OLDEST, NEWEST = "1.33", ".".join(kubernetes_validate.latest_version().split(".")[:2])
# Of others: their schema comes with their operators, and is not Kubernetes' own.
_FOREIGN = ("kustomize.config.k8s.io/", "keda.sh/")


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def every():
    return [(path, document) for path in sorted(MANIFESTS.glob("*/*.yaml")) for document in documents(path)]


def called(found):
    path, document = found
    return f"{path.parent.name}-{document['kind']}-{document.get('metadata', {}).get('name', '')}"


def named(path, kind, name):
    return next(d for d in documents(MANIFESTS / path) if d["kind"] == kind and d["metadata"]["name"] == name)


def pod(document):
    return document["spec"]["template"]["spec"]


def with_pods():
    return [(path, d) for path, d in every() if d["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}]


def containers(document):
    return [*pod(document).get("initContainers", []), *pod(document)["containers"]]


@pytest.fixture(params=["base/worker.yaml", "gpu/worker-gpu.yaml"])
def worker(request):
    return documents(MANIFESTS / request.param)[0]


def runner_of(worker):
    return next(c for c in containers(worker) if c["name"] == "runner")


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("found", [f for f in every() if not f[1]["apiVersion"].startswith(_FOREIGN)], ids=called)
def test_a_manifest_keeps_the_schema_and_has_no_unknown_field(found, version):
    _, document = found
    kubernetes_validate.validate(document, version, strict=True)


def test_the_schema_would_find_a_field_that_is_not_there():
    broken = documents(MANIFESTS / "base/worker.yaml")[0]
    runner_of(broken)["securityContext"]["procmount"] = "Unmasked"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_kustomization_names_every_file_beside_it(folder):
    (kustomization,) = documents(folder / "kustomization.yaml")
    beside = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert beside == {name for name in kustomization["resources"] if "/" not in name}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders them, where it is installed")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_kustomization_renders(folder):
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True)
    rendered = [document for document in yaml.safe_load_all(done.stdout) if document]
    assert rendered
    for document in rendered:
        if not document["apiVersion"].startswith(_FOREIGN):
            kubernetes_validate.validate(document, NEWEST, strict=True)


def test_the_runner_has_the_grants_of_compose_and_no_more(worker):
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["runner"]
    rights = runner_of(worker)["securityContext"]
    assert rights["capabilities"] == {"drop": compose["cap_drop"], "add": compose["cap_add"]}
    assert rights["readOnlyRootFilesystem"] is compose["read_only"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert "no-new-privileges" in " ".join(compose["security_opt"])
    assert "systempaths=unconfined" in compose["security_opt"]
    assert rights["procMount"] == "Unmasked"
    assert rights["seccompProfile"] == {"type": "Localhost", "localhostProfile": "labmark.json"}
    assert not set(rights) & {"privileged"}
    assert pod(worker)["hostUsers"] is False
    assert not set(pod(worker)) & {"hostNetwork", "hostPID", "hostIPC"}


def test_the_runner_gets_no_secret_no_data_and_no_token_of_the_cluster(worker):
    runner = runner_of(worker)
    assert "envFrom" not in runner
    assert {each["name"] for each in runner["env"]} == {"RUNNER_SLOTS", "SANDBOX_ACCEPT_MISSING", "LABMARK_LOG_FORMAT"}
    assert {each["mountPath"] for each in runner["volumeMounts"]} == {"/run/labmark", "/tmp"}
    assert pod(worker)["automountServiceAccountToken"] is False


def test_the_runner_begins_before_its_worker_and_ends_after_it(worker):
    """As an init container that goes on: Kubernetes starts those first and stops them last."""
    assert runner_of(worker)["restartPolicy"] == "Always"
    assert "startupProbe" in runner_of(worker)
    grace_s = pod(worker)["terminationGracePeriodSeconds"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["worker-cpu"]
    assert grace_s >= int(compose["stop_grace_period"].removesuffix("s"))


def test_a_worker_takes_as_many_runs_as_its_runner_has_slots(worker):
    slots = next(each["value"] for each in runner_of(worker)["env"] if each["name"] == "RUNNER_SLOTS")
    (container,) = pod(worker)["containers"]
    assert container["command"][-2:] == ["--concurrency", slots]


@pytest.mark.parametrize("found", with_pods(), ids=called)
def test_every_container_has_a_read_only_root_no_capability_and_a_memory_limit(found):
    _, document = found
    shared = pod(document).get("securityContext", {})
    assert pod(document)["automountServiceAccountToken"] is False
    for container in containers(document):
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True, container["name"]
        assert rights["allowPrivilegeEscalation"] is False, container["name"]
        assert rights["capabilities"]["drop"] == ["ALL"], container["name"]
        assert rights.get("seccompProfile") or shared.get("seccompProfile"), container["name"]
        assert "memory" in container["resources"]["limits"], container["name"]
        if container["name"] not in {"runner", "install"}:
            assert {**shared, **rights}["runAsNonRoot"] is True, container["name"]
            assert "add" not in rights["capabilities"], container["name"]


def test_nothing_is_reached_but_what_a_policy_names():
    closed = named("base/network.yaml", "NetworkPolicy", "nothing")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_signal_that_workers_are_scaled_by_is_one_that_metrics_tells():
    (scaled,) = documents(MANIFESTS / "autoscaling/scaled-object.yaml")
    (trigger,) = scaled["spec"]["triggers"]
    assert "labmark_queue_oldest_age_seconds" in trigger["metadata"]["query"]
    told = (ROOT / "api" / "metrics.py").read_text()
    assert '"queue_oldest_age_seconds"' in told
    worker = documents(MANIFESTS / "base/worker.yaml")[0]
    assert scaled["spec"]["scaleTargetRef"]["name"] == worker["metadata"]["name"]


def test_images_are_those_that_compose_builds_or_pulls():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    known = {service["image"].removesuffix(":${LABMARK_TAG:-latest}") for service in services}
    for path, document in with_pods():
        for container in containers(document):
            name = container["image"]
            assert name.startswith("debian:") or name in known, f"{path.name}: {name}"


def test_the_profile_that_is_installed_is_the_one_that_the_runner_asks_for():
    profile = json.loads((ROOT / "deploy" / "seccomp.json").read_text())
    assert profile["defaultAction"] != "SCMP_ACT_ALLOW"
    installer = named("seccomp/installer.yaml", "DaemonSet", "seccomp")
    (container,) = containers(installer)
    asked = runner_of(documents(MANIFESTS / "base/worker.yaml")[0])["securityContext"]["seccompProfile"]
    assert f"/node/{asked['localhostProfile']} " in container["command"][-1]
