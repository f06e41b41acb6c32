"""A hostile submission and what must become of it, as data beside it.

`tests/attacks/<group>/<name>.py` is handed in as it is. `<group>/expected.toml` has a table `[name]`:

    title        what the attacker wants, in a few words (shown in the table)
    stopped_by   what stops it; or `not_stopped`: why nothing can, and what limits the harm
    state        graded (default) or failed, or a list where both are as good
    code         the failure's code, or a list of those that are as good
    rule         of killed_by_sandbox
    phase        of time_limit: training or evaluating
    message      a pattern that the failure's sentence must hold
    refused      least number of lines `REFUSED ...` that the code must have printed (default 1 where graded)
    says         a pattern that its output must hold
    never        a pattern that neither its output nor its failure nor its report may hold
    page_says    a pattern that the page of the submission must hold
    page_never   a pattern that the page must not hold
    flags        codes of integrity flags that staff must see
    unflagged    true: the control run ends and no flag `integrity.*` is raised; says what staff cannot see
    points       "full", or [least, most]
    verdicts     of criteria by id: {architecture = "failed"}, or a list of those that are as good
    measured     of criteria: {"generalization_gap.gap" = [least, most]}
    honest       accuracy at most this: what the code could really know, [least, most]
    assignment   attack-iris (default) or another of assignments.py
    padding      [text, times]: the file that is handed in begins with so much of it
    ci           true: runs in `make test` too

A line `DONE ...` in the output of any attack is a breach, and so is a control character there or on its page.
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
    "title", "stopped_by", "not_stopped", "state", "code", "rule", "phase", "message", "refused", "says", "never",
    "page_says", "page_never", "flags", "unflagged", "points", "verdicts", "measured", "honest", "assignment",
    "padding", "ci",
}  # fmt: skip
_PAGE_CHARACTERS = 4 * 1024 * 1024  # four times what may be handed in
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


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
    """What came back over HTTP: the submission, the report as staff read it, the log, the page (empty: an error)."""

    submission: dict[str, Any]
    report: dict[str, Any] | None
    log: str
    page: str

    def failure_parameters(self) -> dict[str, Any]:
        return ((self.report or {}).get("failure") or {}).get("parameters", {})

    def told(self) -> str:
        failure = self.submission["failure"]
        if failure:
            rule = self.failure_parameters().get("rule", "")
            return failure["code"] + (f" ({rule})" if rule else "")
        points = self.submission["points"]
        return self.submission["state"] + (f", {points:g} points" if points is not None else "")


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
            text, times = wanted.get("padding", ["", 0])
            found.append(Attack(group, name, text * times + files[name].read_text(), wanted))
    return found


def problems(attack: Attack, ending: Ending) -> list[str]:
    """Every way in which it ended otherwise than expected."""
    wanted, got = attack.expected, ending.submission
    states = _all_of(wanted.get("state", "graded"))
    found = [f"a breach: {line}" for line in ending.log.splitlines() if line.startswith("DONE")]
    if got["state"] not in states:
        return [*found, f"state {got['state']} ({got['failure']}), expected {states}; log: {ending.log[-1500:]}"]
    failure = got["failure"] or {}
    codes = _all_of(wanted.get("code", []))
    if got["state"] == "failed" and codes and failure.get("code") not in codes:
        found.append(f"code {failure.get('code')}, expected {codes}: {failure}")
    parameters = ending.failure_parameters()
    for name in ("rule", "phase"):
        if name in wanted and parameters.get(name) != wanted[name]:
            found.append(f"told {parameters}, expected {name} {wanted[name]}")
    if "message" in wanted and not re.search(wanted["message"], failure.get("message", "")):
        found.append(f"the failure is told as {failure.get('message')!r}, expected {wanted['message']!r}")
    refused = sum(line.startswith("REFUSED") for line in ending.log.splitlines())
    least = wanted.get("refused", 1 if states == ["graded"] and attack.group == "escape" else 0)
    if refused < least:
        found.append(f"{refused} refusals, at least {least} expected; log: {ending.log[-1500:]}")
    if "never" in wanted:
        places = {"output": ending.log, "failure": f"{failure}", "report": f"{ending.report}"}
        found += [f"the {name} holds {wanted['never']!r}" for name, text in places.items() if re.search(wanted["never"], text)]
    return [*found, *_problems_of_texts(wanted, ending), *_problems_of_report(wanted, ending)]


def _all_of(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _problems_of_texts(wanted: dict[str, Any], ending: Ending) -> list[str]:
    """Of what a person reads: the output, and the page."""
    found = [] if ending.page else ["the page of the submission is an error"]
    if len(ending.page) > _PAGE_CHARACTERS:
        found.append(f"the page has {len(ending.page)} characters: no browser shows it in a while")
    for place, text, key in (("output", ending.log, "says"), ("page", ending.page, "page_says")):
        if key in wanted and not re.search(wanted[key], text):
            found.append(f"the {place} does not hold {wanted[key]!r}: {text[-1500:]}")
    unwanted = [("output", ending.log, _CONTROL), ("page", ending.page, _CONTROL)]
    if "page_never" in wanted:
        unwanted.append(("page", ending.page, wanted["page_never"]))
    for place, text, pattern in unwanted:
        held = re.search(pattern, text)
        if held:
            found.append(f"the {place} holds {text[max(0, held.start() - 100) : held.end() + 100]!r}")
    return found


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
        if criteria[name]["verdict"] not in _all_of(verdicts):
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
