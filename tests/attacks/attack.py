"""A hostile submission and what must become of it, as data beside it.

`tests/attacks/<group>/<name>.py` is handed in as it is. `<group>/expected.toml` has a table `[name]`:

    title        what the attacker wants, in a few words (shown in the table)
    stopped_by   what stops it; or `not_stopped`: why nothing can, and what limits the harm
    state        graded (default) or failed
    code         the failure's code, or a list of those that are as good
    rule         of killed_by_sandbox
    refused      least number of lines `REFUSED ...` that the code must have printed (default 1 where graded)
    says         a pattern that its output must hold
    never        a pattern that neither its output nor its failure nor its report may hold
    flags        codes of integrity flags that staff must see
    unflagged    true: the control run ends and no flag `integrity.*` is raised; says what staff cannot see
    points       "full", or [least, most]
    verdicts     of criteria by id: {architecture = "failed"}, or a list of those that are as good
    measured     of criteria: {"generalization_gap.gap" = [least, most]}
    honest       accuracy at most this: what the code could really know, [least, most]
    assignment   attack-iris (default) or another of assignments.py
    ci           true: runs in `make test` too

A line `DONE ...` in the output of any attack is a breach.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
GROUPS = ("escape", "files", "resources", "results", "cheats")
_KNOWN = {
    "title", "stopped_by", "not_stopped", "state", "code", "rule", "refused", "says", "never", "flags", "unflagged",
    "points", "verdicts", "measured", "honest", "assignment", "ci",
}  # fmt: skip


@dataclass(frozen=True)
class Attack:
    group: str
    name: str
    source: str
    expected: dict[str, Any]

    @property
    def id(self) -> str:
        return f"{self.group}/{self.name}"

    @property
    def assignment(self) -> str:
        return self.expected.get("assignment", "attack-iris")


@dataclass(frozen=True)
class Ending:
    """What came back over HTTP: the submission, the report as staff read it, the log."""

    submission: dict[str, Any]
    report: dict[str, Any] | None
    log: str

    def told(self) -> str:
        failure = self.submission["failure"]
        if failure:
            rule = failure.get("parameters", {}).get("rule", "")
            return failure["code"] + (f" ({rule})" if rule else "")
        return f"{self.submission['state']}, {self.submission['points']:g} points"


def load(groups: tuple[str, ...] = GROUPS) -> list[Attack]:
    """Raises ValueError where a file has no expectation, an expectation no file, or a key nobody reads."""
    found = []
    for group in groups:
        path = HERE / group / "expected.toml"
        expected = tomllib.loads(path.read_text()) if path.exists() else {}
        files = {file.stem: file for file in sorted((HERE / group).glob("*.py"))}
        if set(files) != set(expected):
            raise ValueError(f"{group}: {sorted(set(files) ^ set(expected))} has a file or an expectation, not both")
        for name, wanted in expected.items():
            unknown = set(wanted) - _KNOWN
            if unknown or "title" not in wanted or ("stopped_by" in wanted) == ("not_stopped" in wanted):
                raise ValueError(f"{group}/{name}: needs title and either stopped_by or not_stopped; unknown {unknown}")
            found.append(Attack(group, name, files[name].read_text(), wanted))
    return found


def problems(attack: Attack, ending: Ending) -> list[str]:
    """Every way in which it ended otherwise than expected."""
    wanted, got = attack.expected, ending.submission
    state = wanted.get("state", "graded")
    found = [f"a breach: {line}" for line in ending.log.splitlines() if line.startswith("DONE")]
    if got["state"] != state:
        return [*found, f"state {got['state']} ({got['failure']}), expected {state}; log: {ending.log[-1500:]}"]
    failure = got["failure"] or {}
    codes = wanted.get("code", [])
    if codes and failure.get("code") not in ([codes] if isinstance(codes, str) else codes):
        found.append(f"code {failure.get('code')}, expected {codes}: {failure}")
    if "rule" in wanted and failure.get("parameters", {}).get("rule") != wanted["rule"]:
        found.append(f"rule {failure.get('parameters')}, expected {wanted['rule']}")
    refused = sum(line.startswith("REFUSED") for line in ending.log.splitlines())
    least = wanted.get("refused", 1 if state == "graded" and attack.group == "escape" else 0)
    if refused < least:
        found.append(f"{refused} refusals, at least {least} expected; log: {ending.log[-1500:]}")
    if "says" in wanted and not re.search(wanted["says"], ending.log):
        found.append(f"the output does not hold {wanted['says']!r}: {ending.log[-1500:]}")
    if "never" in wanted:
        places = {"output": ending.log, "failure": f"{failure}", "report": f"{ending.report}"}
        found += [f"the {name} holds {wanted['never']!r}" for name, text in places.items() if re.search(wanted["never"], text)]
    return [*found, *_problems_of_report(wanted, ending)]


def _problems_of_report(wanted: dict[str, Any], ending: Ending) -> list[str]:
    got, report, found = ending.submission, ending.report or {}, []
    flags = {flag["code"] for flag in report.get("flags", ())}
    if not set(wanted.get("flags", ())) <= flags:
        found.append(f"flags {sorted(flags)}, expected {wanted['flags']}")
    if wanted.get("unflagged") and any(code.startswith("integrity.") for code in flags):
        found.append(f"flags {sorted(flags)}, expected none of integrity")
    least, most = wanted.get("points", [0, float("inf")]) if wanted.get("points") != "full" else [got["max_points"]] * 2
    if ("points" in wanted) and not least <= got["points"] <= most:
        found.append(f"{got['points']} points, expected {wanted['points']}")
    return [*found, *_problems_of_criteria(wanted, {c["id"]: c for c in report.get("criteria", ())})]


def _problems_of_criteria(wanted: dict[str, Any], criteria: dict[str, dict[str, Any]]) -> list[str]:
    found = []
    for name, verdicts in wanted.get("verdicts", {}).items():
        if criteria[name]["verdict"] not in ([verdicts] if isinstance(verdicts, str) else verdicts):
            found.append(f"{name} {criteria[name]['verdict']}, expected {verdicts}: {criteria[name]['measured']}")
    ranges = dict(wanted.get("measured", {}))
    if "honest" in wanted:
        ranges["accuracy.measured"] = wanted["honest"]
    for place, (least, most) in ranges.items():
        criterion, _, name = place.partition(".")
        measured = criteria[criterion]["measured"].get(name)
        if measured is None or not least <= measured <= most:
            found.append(f"{place} {measured}, expected {[least, most]}")
    return found
