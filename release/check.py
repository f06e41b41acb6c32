"""Checks that what is here can be released: built, described, installed in clean environments, and started.

    python -m release.check [--final] [--fresh] [--no-images]

`--final`: the version also has its dated section in CHANGELOG.md, and git has nothing uncommitted.
`--fresh`: the server's environment is made anew; else the one of the last check is brought up to date.
Everything lies under var/release. Ends with 1 at the first thing that is wrong, saying what.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
import zipfile
from typing import TYPE_CHECKING

from release.dependencies import RUNTIME_EXTRAS, project
from release.images import check_images
from release.smoke import served
from release.tools import ROOT, WORK, CheckError, make_environment, programs, run

if TYPE_CHECKING:
    from pathlib import Path

# Of what a client's environment holds: it is for students' machines, and must stay small.
_NOT_FOR_CLIENTS = {"celery", "fastapi", "numpy", "sqlalchemy", "tensorflow-cpu", "torch"}
# What a wheel that lost its data would lack.
_DATA = (
    "api/dashboard/templates/", "api/dashboard/static/labmark.css", "api/starters/code/",
    "store/migrations/versions/", "worker/sandbox/selftest_probe.py",
)  # fmt: skip


def check_version(*, final: bool) -> str:
    """The version of pyproject.toml, which stands nowhere else; with what CHANGELOG.md says of it."""
    version = str(project()["version"])
    changelog = (ROOT / "CHANGELOG.md").read_text()
    released = re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.MULTILINE)
    if final and not released:
        raise CheckError(
            f"CHANGELOG.md has no section `## {version} (YYYY-MM-DD)`: give what is unreleased its day"
        )
    if final and (uncommitted := run(["git", "status", "--porcelain"]).strip()):
        raise CheckError(f"not committed:\n{uncommitted}")
    if not released and "## Unreleased" not in changelog:
        raise CheckError(f"CHANGELOG.md has a section neither for {version} nor for what is unreleased")
    return version


def build() -> Path:
    """The sdist, and the wheel that is built out of it: so a file that the sdist lacks is missed at once."""
    dist = WORK / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    run([str(programs() / "python"), "-m", "build", "--outdir", str(dist), str(ROOT)])
    files = sorted(dist.iterdir())
    run([str(programs() / "twine"), "check", "--strict", *map(str, files)])
    (wheel,) = (path for path in files if path.suffix == ".whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    missing = [part for part in _DATA if not any(name.startswith(part) for name in names)]
    strange = sorted({name.split("/")[0] for name in names} & {"tests", "benchmarks", "release", "var"})
    if any("/static/vendor/" in name for name in names):
        strange.append("api/dashboard/static/vendor")  # others' scripts, which are fetched at set-up
    if missing or strange:
        raise CheckError(f"{wheel.name} lacks {missing} and holds {strange}, which are not to be installed")
    return wheel


def check_client(wheel: Path, version: str) -> None:
    """Alone, as a student has it."""
    home = WORK / "client"
    make_environment(home)
    run([str(home / "bin" / "pip"), "install", "--quiet", str(wheel)])
    installed = set(run([str(home / "bin" / "pip"), "list", "--format", "freeze"]).lower().split())
    strange = sorted(_NOT_FOR_CLIENTS & {line.split("==")[0] for line in installed})
    if strange:
        raise CheckError(f"the client alone installs {strange}")
    said = run([str(home / "bin" / "labmark"), "--version"]).strip()
    if said != f"labmark {version}":
        raise CheckError(f"`labmark --version` says {said!r}, pyproject.toml {version}")
    run([str(home / "bin" / "labmark"), "--help"])


def check_server(wheel: Path, version: str, *, fresh: bool) -> str:
    """With everything that grades, as on one teacher's machine; what its service did."""
    home = WORK / "server"
    if fresh or not (home / "bin" / "python").exists():
        make_environment(home)
    wanted = f"{wheel}[{','.join(RUNTIME_EXTRAS)}]"
    run([str(home / "bin" / "pip"), "install", "--quiet", "--upgrade-strategy", "eager", "--upgrade", wanted])
    # Of the same version as the last check's, perhaps, and not the same files.
    again = ("--quiet", "--no-deps", "--force-reinstall", str(wheel))
    run([str(home / "bin" / "pip"), "install", *again])
    run([str(home / "bin" / "pip"), "check"])
    said = run([str(home / "bin" / "labmark-server"), "--version"], folder=WORK).strip()
    if said != f"labmark-server {version}":
        raise CheckError(f"`labmark-server --version` says {said!r}, pyproject.toml {version}")
    run([str(home / "bin" / "labmark-server"), "--help"], folder=WORK)
    return served(home / "bin", WORK / "client" / "bin")


def check_all(*, final: bool, fresh: bool, images: bool) -> None:
    began = time.monotonic()

    def done(what: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {what}", flush=True)

    version = check_version(final=final)
    done(f"version {version}, from pyproject.toml")
    wheel = build()
    done(f"sdist, and {wheel.name} out of it; their descriptions are as the package index wants them")
    check_client(wheel, version)
    done("the client installs alone, and says its version")
    done(check_server(wheel, version, fresh=fresh))
    run([sys.executable, "-m", "release.licences", "--check"])
    done("no forbidden licence, and docs/licences.md names what is installed")
    done(check_images() if images else "images NOT built, as asked")
    print(f"{version} can be released: {WORK / 'dist'}\nNot checked: advisories (`make audit`), the tests.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--final", action="store_true", help="ask for a CHANGELOG section and a clean git")
    parser.add_argument("--fresh", action="store_true", help="make the server's environment anew")
    parser.add_argument("--no-images", action="store_true", help="leave the container images out")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    try:
        check_all(final=arguments.final, fresh=arguments.fresh, images=not arguments.no_images)
    except CheckError as error:
        sys.exit(f"This cannot be released: {error}")


if __name__ == "__main__":
    main()
