"""What the project needs to run, read from the installed packages: no development tools."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
# What each part of the product asks for: the client by itself, then the extras.
RUNTIME_EXTRAS = ("server", "s3", "worker", "runner")


def project() -> dict[str, Any]:
    """The [project] table of pyproject.toml, the one place where the version stands."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return table


def asked(*extras: str, client: bool = True) -> list[Requirement]:
    """The requirements in pyproject.toml of `extras` and of the client, which every installation has.

    Those of other systems are left out.
    """
    table = project()
    lines = list(table["dependencies"]) if client else []
    for name in extras:
        lines += table["optional-dependencies"][name]
    found = [Requirement(line) for line in lines]
    return [it for it in found if it.marker is None or it.marker.evaluate()]


def needed(wanted: list[Requirement]) -> dict[str, str]:
    """Version by name of these packages and all that they need, as they are installed here.

    Raises importlib.metadata.PackageNotFoundError where one is not.
    """
    waiting, seen = [(it.name, frozenset(it.extras)) for it in wanted], set[tuple[str, frozenset[str]]]()
    while waiting:
        name, extras = waiting.pop()
        if (found := (normal(name), extras)) in seen:
            continue
        seen.add(found)
        for line in requires(name) or ():
            it = Requirement(line)
            if it.marker is None or any(it.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append((it.name, frozenset(it.extras)))
    return {name: version(name) for name, _ in sorted(seen)}


def normal(name: str) -> str:
    """As the package index compares names (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
