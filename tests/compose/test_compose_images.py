"""What is in the images: packages as they are pinned, a list of all of it, and no secret in any layer."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile

import pytest
from log_lines import say
from stack import ROOT

IMAGES = {"labmark-api": ["server"], "labmark-worker": ["server", "worker"], "labmark-runner": ["runner"]}
_SECRET_NAMES = re.compile(r"(^|/)(\.env(\..*)?|\.git|\.netrc|\.pypirc|id_(rsa|ed25519)|credentials|docker-compose\.yml|pip\.conf)$")
# What the base image brings is not ours to judge.
_OF_THE_BASE = re.compile(r"^etc/pip\.conf$")
_SMALL = 256 * 1024


def docker(*arguments, **more):
    return subprocess.run(["docker", *arguments], capture_output=True, check=True, **more).stdout


def inside(image, *command):
    return docker("run", "--rm", "--network", "none", "--entrypoint", command[0], image, *command[1:], text=True)


def findings(image, secrets, folder):
    """Secrets and names of files that hold such in any layer of `image`, in its history and in its settings."""
    found = []
    told = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image, text=True) + docker("inspect", image, text=True)
    found += [f"history: {secret}" for secret in secrets if secret in told]
    docker("save", "--output", str(folder / "image.tar"), image)
    with tarfile.open(folder / "image.tar") as saved:
        manifest = json.load(saved.extractfile("manifest.json"))
        for name in manifest[0]["Layers"]:
            with tarfile.open(fileobj=saved.extractfile(name)) as layer:
                for member in layer:
                    path = member.name.removeprefix("./")
                    if _SECRET_NAMES.search(path) and not _OF_THE_BASE.match(path):
                        found.append(f"{path} in layer {name[:20]}")
                    if member.isfile() and member.size <= _SMALL:
                        content = layer.extractfile(member).read()
                        found += [f"{secret} in {path}" for secret in secrets if secret.encode() in content]
    (folder / "image.tar").unlink()
    return found


@pytest.fixture(scope="module")
def secrets(stack):
    """Those of this service, and what its .env says of itself."""
    made = stack.exec("api", "sh", "-c", "for file in /run/labmark-secrets/*/*; do cat $file; echo; done").stdout.split()
    assert len(made) == 4
    return made


@pytest.mark.parametrize("image", IMAGES)
def test_no_layer_and_no_line_of_history_holds_a_secret(secrets, image, tmp_path):
    assert findings(image, secrets, tmp_path) == []
    history = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image, text=True)
    assert "PIP_INDEX_URL" not in history
    assert "PIP_EXTRA_INDEX_URL" not in history


def test_a_secret_that_a_later_layer_removes_is_found(stack, tmp_path):
    text = "FROM labmark-api\nUSER root\nRUN echo hidden-7b1e >/opt/code/note.txt\nRUN rm /opt/code/note.txt\nARG TOKEN=in-history-7b1e\nRUN true $TOKEN\n"
    docker("build", "--quiet", "--tag", "labmark-with-secret", "-", input=text.encode())
    try:
        found = findings("labmark-with-secret", ["hidden-7b1e", "in-history-7b1e"], tmp_path)
    finally:
        docker("image", "rm", "labmark-with-secret")
    assert any(line == "hidden-7b1e in opt/code/note.txt" for line in found)
    assert "history: in-history-7b1e" in found


_LISTED = """
import importlib.metadata as m, json, re
print(json.dumps({re.sub("[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in m.distributions()}))
"""


def installed(image):
    """Of our environment alone: the interpreter's own packages are the base image's."""
    found = json.loads(inside(image, "/opt/labmark/bin/python", "-c", _LISTED))
    return {name: version for name, version in found.items() if name != "labmark"}


def pinned(*names):
    found = {}
    for name in names:
        for package, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", (ROOT / "deploy" / "lock" / f"{name}.txt").read_text(), re.MULTILINE):
            found[package] = version
    return found


@pytest.mark.parametrize(("image", "locks"), IMAGES.items())
def test_every_package_is_the_one_that_is_pinned_and_there_is_no_other(stack, image, locks):
    there = installed(image)
    if "torch" in there:
        locks = [*locks, "torch" if "+cpu" in there["torch"] else "cuda"]
    assert there == pinned(*locks)


def test_every_pin_has_hashes_and_no_file_names_where_packages_come_from():
    for path in sorted((ROOT / "deploy" / "lock").glob("*.txt")):
        text = path.read_text()
        for block in re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2]):
            assert re.match(r"[a-z0-9._-]+==\S+", block), block
            assert "--hash=sha256:" in block, block
        assert not re.search(r"://|--index|--find-links|--extra-index", text)


@pytest.mark.parametrize("image", IMAGES)
def test_the_list_of_parts_is_all_that_is_in_the_image(stack, image):
    document = json.loads(inside(image, "cat", "/usr/share/labmark/sbom.json"))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["component"]["name"] == image
    listed = {part["purl"].partition("?")[0].partition("/")[0]: set() for part in document["components"] if "purl" in part}
    assert {"pkg:pypi", "pkg:deb"} >= set(listed)
    python = {re.sub("[-_.]+", "-", part["name"]).lower(): part["version"] for part in document["components"]
              if not part.get("purl", "").startswith("pkg:deb")}  # fmt: skip
    python.pop("labmark", None)
    assert python == installed(image)
    debian = {part["name"]: part["version"] for part in document["components"] if part.get("purl", "").startswith("pkg:deb")}
    shown = inside(image, "dpkg-query", "--show", "--showformat", "${Package} ${Version}\n")
    assert debian == dict(line.split() for line in shown.splitlines())


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_no_installer_and_a_user_of_its_own_where_it_can(stack, image):
    without_pip = inside(image, "/opt/labmark/bin/python", "-c", "import importlib.util as u; print(u.find_spec('pip'))")
    assert without_pip.strip() == "None"
    user = docker("inspect", "--format", "{{.Config.User}}", image, text=True).strip()
    assert user == ("" if image == "labmark-runner" else "labmark")
    size = int(docker("inspect", "--format", "{{.Size}}", image, text=True))
    layers = docker("history", "--format", "{{.Size}}", image, text=True).split()
    say(f"{image}: {size / 1e6:.0f} MB in {sum(layer != '0B' for layer in layers)} layers")
