"""Print what is in an image as CycloneDX 1.6: Python's packages and Debian's. Runs while the image is built.

`sbom.py IMAGE PYTHON`, under an interpreter that has cyclonedx-bom; PYTHON is the image's own. Labmark itself
comes into the image later: the pyproject.toml beside this file tells of it.
"""

import json
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path


def python_packages(interpreter: str) -> dict:
    """A whole document; without times and random numbers, so that the same image has the same one."""
    tool = Path(sysconfig.get_path("scripts")) / "cyclonedx-py"
    form = ["--spec-version", "1.6", "--output-format", "JSON", "--output-reproducible"]
    command = [sys.executable, str(tool), "environment", *form, interpreter]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def debian_packages() -> list[dict]:
    form = "${Package} ${Version} ${Architecture}\n"
    command = ["dpkg-query", "--show", "--showformat", form]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = []
    for name, version, architecture in sorted(line.split() for line in listed.splitlines()):
        purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}&distro=bookworm"
        found.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    return found


def labmark() -> dict:
    version = tomllib.loads(Path(__file__).with_name("pyproject.toml").read_text())["project"]["version"]
    purl = f"pkg:pypi/labmark@{version}"
    return {"type": "application", "bom-ref": purl, "name": "labmark", "version": version, "purl": purl}


def main() -> None:
    image, interpreter = sys.argv[1:]
    document = python_packages(interpreter)
    ours = labmark()
    component = {"type": "container", "bom-ref": image, "name": image, "version": ours["version"]}
    document.setdefault("metadata", {})["component"] = component
    document["components"] += [ours, *debian_packages()]
    json.dump(document, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
