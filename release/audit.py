"""Asks advisory databases about everything that the product runs with.

    python -m release.audit

Ends with 0 when every package was asked about and none is affected, 1 when some are (they are listed), and 2
when no database can be reached or one does not know all packages: then nothing can be said, and it says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field

from release.dependencies import RUNTIME_EXTRAS, asked, needed
from release.tools import ROOT, WORK, CheckError, programs

# The package index's own record of advisories, then the one of the Open Source Vulnerabilities project.
SERVICES = ("pypi", "osv")
# Affected beyond doubt. A database that does not know it is none: an index may answer without its advisories.
CANARY = ("jinja2", "2.10")
_MOST_SECONDS = 300


@dataclass
class Audit:
    """What one database knows. `affected`: lines for people; `unknown`: packages that it said nothing of."""

    affected: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    knows_canary: bool = False


def ask(service: str, packages: dict[str, str]) -> Audit:
    """Raises CheckError when the database cannot be reached."""
    listed = WORK / "audited.txt"
    listed.parent.mkdir(parents=True, exist_ok=True)
    # Without the local part of a version (+cpu), which no database knows.
    asked_for = [(name, version.partition("+")[0]) for name, version in packages.items()]
    found = Audit()
    for lines in ([CANARY], asked_for):
        listed.write_text("".join(f"{name}=={version}\n" for name, version in lines))
        for dependency in _report(service):
            _note(found, dependency, canary=lines == [CANARY])
    return found


def _report(service: str) -> list[dict[str, object]]:
    command = [
        *(str(programs() / "pip-audit"), "--vulnerability-service", service, "--format", "json"),
        *("--requirement", str(WORK / "audited.txt"), "--no-deps", "--disable-pip"),
        *("--progress-spinner", "off", "--timeout", "20"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
    )
    try:
        # Its status is 1 both for an affected package and for a fault of its own.
        dependencies: list[dict[str, object]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError) as error:
        why = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise CheckError(f"{service}: {why[0][:300]}") from error
    return dependencies


def _note(audit: Audit, dependency: dict[str, object], *, canary: bool) -> None:
    name, advisories = str(dependency["name"]), dependency.get("vulns")
    if canary:
        audit.knows_canary = bool(advisories)
    elif not isinstance(advisories, list):
        audit.unknown.append(name)
    else:
        for advisory in advisories:
            mended = ", ".join(advisory.get("fix_versions") or ["no version yet"])
            audit.affected.append(f"{name} {dependency['version']}: {advisory['id']}, mended in {mended}")


def judge(service: str, audit: Audit, *, count: int) -> tuple[int, str]:
    """The status to end with, and what to say."""
    if not audit.knows_canary:
        name, version = CANARY
        return 2, (
            f"{service}: it answers, and has no advisory for {name} {version}, which is affected by several: "
            f"what is reached here is a package index without its advisories."
        )
    lines = [*audit.affected]
    if audit.unknown:
        lines.append(f"not known to {service}, so not audited: {', '.join(audit.unknown)}")
    if audit.affected:
        return 1, "\n".join(lines)
    if audit.unknown:
        return 2, "\n".join(lines)
    return 0, f"{service}: {count} packages, none of them affected"


def main() -> None:
    packages = needed(asked(*RUNTIME_EXTRAS))
    refused = []
    for service in SERVICES:
        try:
            status, said = judge(service, ask(service, packages), count=len(packages))
        except (CheckError, subprocess.TimeoutExpired) as error:
            status, said = 2, str(error)
        if status < 2:
            print(said)
            sys.exit(status)
        refused.append(said)
    print(
        f"NOT AUDITED: {len(packages)} packages; no advisory database could say something of each.\n"
        + "\n".join(f"- {said}" for said in refused)
        + "\nRun `make audit` on a machine that reaches the package index or another database of advisories."
        "\nA release that was not audited says so in its notes.",
        file=sys.stderr,
    )
    sys.exit(2)


if __name__ == "__main__":
    main()
