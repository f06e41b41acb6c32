"""A report as a person reads it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from client.curve import draw_curve, points_of
from client.messages import counted, named, per_cent, points, say
from client.screen import safe, safe_line
from client.waiting import place_words

if TYPE_CHECKING:
    from client.screen import Screen

# A sign and a word: never the colour alone.
_VERDICTS: Final[dict[str, tuple[str, str]]] = {
    "passed": ("✓", "green"),
    "partial": ("◐", "yellow"),
    "failed": ("✗", "red"),
    "not_graded": ("–", "dim"),
}
_PLAIN_SIGNS: Final = {"✓": "+", "◐": "~", "✗": "x", "–": "-"}
_CURVE_COLUMNS: Final = 100
_ENDED_WITHOUT: Final = {"errored", "cancelled", "superseded"}


def show_report(screen: Screen, feedback: dict[str, Any], *, now: float = 0.0) -> None:
    """`now`: UTC seconds by the service's clock; it matters to what still waits."""
    submission = feedback["submission"]
    _head(screen, submission, now=now)
    if feedback["failure"]:
        _failure(screen, feedback["failure"], "results.failed")
    if feedback["criteria"] and not feedback["failure"]:
        screen.line(f"\n{say('results.criteria')}", "bold")
        for criterion in feedback["criteria"]:
            _criterion(screen, criterion)
    if feedback["diagnosis"]:
        fit = safe_line(named("fit", str(feedback["diagnosis"]["fit"])))
        screen.line(f"\n{say('results.diagnosis', fit=fit)}", "bold")
        for sentence in feedback["diagnosis"]["messages"]:
            screen.line(safe(sentence), indent=2)
    _advice(screen, feedback.get("advice", []))
    _curve(screen, feedback)
    _errors(screen, feedback["parts"])
    _repeats(screen, feedback["failed_repeats"])
    _notes(screen, feedback)


def _head(screen: Screen, submission: dict[str, Any], *, now: float) -> None:
    state = str(submission["state"])
    head = say(
        "results.head",
        assignment=safe_line(submission["assignment"]),
        filename=safe_line(submission["filename"]),
        state=safe_line(named("state", state)),
    )
    screen.line(head, "bold")
    place = place_words(submission, now=now)
    if place:
        screen.line(place)
    if state in _ENDED_WITHOUT:
        screen.line(say(f"results.{state}"))
    if submission["points"] is not None:
        got = say(
            "results.points",
            points=points(submission["points"]),
            max_points=points(submission["max_points"]),
        )
        screen.line(got, "bold")


def _criterion(screen: Screen, criterion: dict[str, Any]) -> None:
    verdict = str(criterion["verdict"])
    sign, style = _VERDICTS.get(verdict, ("–", ""))
    name = safe_line(named("criterion", str(criterion["id"])))
    got, most = points(criterion["points"]), points(criterion["max_points"])
    figures = [
        say(f"results.{what}", **{what: safe_line(criterion[what])})
        for what in ("measured", "asked")
        if criterion[what]
    ]
    head = f"{_sign(screen, sign)} {name}: {safe_line(named('verdict', verdict))}"
    text = f"{head}, {say('results.points', points=got, max_points=most)}"
    text += f" ({'; '.join(figures)})" if figures else ""
    screen.line(text, style, indent=2, hang=2)
    for sentence in criterion["sentences"]:
        screen.line(safe(sentence), indent=4)


def _failure(screen: Screen, failure: dict[str, Any], heading: str) -> None:
    place = f" ({_place(failure)})" if failure["line"] is not None else ""
    code = safe_line(failure["code"])
    screen.line(f"\n{say(heading, code=code, repeat=failure['repeat'])}{place}", "bold red")
    screen.line(safe(failure["message"]), indent=2)
    lines = failure["code_lines"]
    if lines:
        screen.line("")
        wide = max(len(str(line["line"])) for line in lines)
        for line in lines:
            mark = ">" if line["failed"] else " "
            text = f"  {mark} {line['line']:>{wide}} | {safe(line['text'])}"
            screen.line(text.replace("\n", " "), "bold" if line["failed"] else "dim")
    if failure["traceback"].count("\n") > 2:
        screen.line(f"\n{say('results.traceback')}")
        for text in safe(failure["traceback"]).split("\n"):
            screen.line(text, "dim", indent=2)


def _place(told: dict[str, Any]) -> str:
    name = "results.cell" if told["cell"] is not None else "results.line"
    return say(name, cell=told["cell"], line=told["line"])


def _advice(screen: Screen, found: list[dict[str, Any]]) -> None:
    """A server of before 0.2 gives none."""
    if found:
        screen.line(f"\n{say('results.advice')}", "bold")
    for advice in found:
        screen.line(safe(advice["sentence"]), indent=2)
        if advice["line"] is not None:
            screen.line(f"{_place(advice)} | {safe_line(advice['text'])}", "dim", indent=4)


def _curve(screen: Screen, feedback: dict[str, Any]) -> None:
    lines = draw_curve(
        points_of(feedback["curve"]),
        columns=min(screen.out.width - 2, _CURVE_COLUMNS),
        unicode=screen.is_unicode,
    )
    if lines:
        repeats = feedback["repeats"]
        heading = say("results.curve_repeats", repeats=repeats) if repeats > 1 else say("results.curve")
        screen.line(f"\n{heading}", "bold")
        for line in lines:
            screen.line(line)


def _errors(screen: Screen, parts: list[dict[str, Any]]) -> None:
    if parts:
        screen.line(f"\n{say('results.errors')}", "bold")
    for part in parts:
        text = say(
            "results.part",
            name=safe_line(named("part", str(part["name"]))),
            error=per_cent(part["error"]),
            low=per_cent(part["low"]),
            high=per_cent(part["high"]),
            rows=counted("results.rows", int(part["rows"])),
        )
        screen.line(text, indent=2)


def _repeats(screen: Screen, failures: list[dict[str, Any]]) -> None:
    if failures:
        screen.line(f"\n{say('results.failed_repeats')}", "bold")
    for failure in failures:
        _failure(screen, failure, "results.repeat")


def _notes(screen: Screen, feedback: dict[str, Any]) -> None:
    if feedback["notes"]:
        screen.line(f"\n{say('results.notes')}", "bold")
    for note in feedback["notes"]:
        screen.line(safe(note), indent=2)
    if feedback["dropped_lines"]:
        screen.line(f"\n{say('results.dropped')}", "bold")
    for line in feedback["dropped_lines"]:
        screen.line(safe_line(line), indent=2)


def _sign(screen: Screen, sign: str) -> str:
    return sign if screen.is_unicode else _PLAIN_SIGNS[sign]
