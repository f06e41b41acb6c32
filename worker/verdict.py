"""From what a jail said and what the runner saw: is it the student's failure, ours, or none?"""

from __future__ import annotations

import builtins
import re
import signal
from typing import TYPE_CHECKING, Any

from graders.evidence import StudentFailure
from worker.sandbox.client import SandboxUnavailableError
from worker.text import plain_text

if TYPE_CHECKING:
    from graders.spec import Limits
    from worker.sandbox.client import Outcome

# What the harness may report from inside; anything else in a FAILED frame is forged.
_FROM_INSIDE = {
    "syntax_error", "no_train_function", "import_failed", "raised", "wrong_prediction_shape",
    "predictions_not_finite", "no_model_returned", "out_of_memory", "hidden_data",
}  # fmt: skip
_MAX_LINE = 1_000_000
# What Python's faulthandler writes; a student can write it too, and then reads it in the own report.
_CRASH = re.compile(
    rb"Fatal Python error: (?P<what>[A-Za-z ]{1,40})\n.{0,4000}?"
    rb'File "[^"\n]{0,200}/submission\.py", line (?P<line>\d{1,7})',
    re.DOTALL,
)
_MAX_LATE_LINE = 10_000
_MAX_NUMBER = 2**53  # what JSON carries everywhere


def failure_of(outcome: Outcome, limits: Limits) -> StudentFailure | None:  # noqa: PLR0911 - one an ending
    """None when scores came. Raises SandboxUnavailableError when the jail never stood: our fault."""
    ended = outcome.ended
    match ended["ended"]:
        case "completed":
            if outcome.scores is not None:
                return None
            return StudentFailure(code="killed_by_sandbox", parameters={"rule": "results"})
        case "failed":
            return _told(outcome, limits)
        case "time_limit" if ended["phase"] == "trained":
            raise SandboxUnavailableError("the worker did not send the evaluation inputs in time")
        case "time_limit":
            limit = limits.wall_time_s if ended["phase"] == "training" else limits.evaluation_time_s
            parameters = {"limit_s": limit, "epochs": len(outcome.epochs), "phase": ended["phase"]}
            return StudentFailure(code="time_limit", parameters=parameters)
        case "output_limit":
            return StudentFailure(code="output_limit", parameters={"limit_bytes": limits.output_bytes})
        case "broken_frame":
            return StudentFailure(code="killed_by_sandbox", parameters={"rule": "results"})
        case "died":
            return _died(outcome, limits)
        case _:
            raise SandboxUnavailableError(f"the jail did not start: {ended}")


def _told(outcome: Outcome, limits: Limits) -> StudentFailure:
    told = outcome.failure or {}
    code, line, parameters = told.get("code"), told.get("line"), told.get("parameters")
    if not isinstance(code, str) or code not in _FROM_INSIDE or not isinstance(parameters, dict):
        return StudentFailure(code="killed_by_sandbox", parameters={"rule": "results"})
    if code == "out_of_memory":
        parameters = _memory(outcome.ended, limits)
    if outcome.ended["phase"] == "evaluating" and code != "out_of_memory":
        return _told_late(code, parameters, line)
    clean = {plain_text(key, 50): _plain(value) for key, value in list(parameters.items())[:20]}
    known_line = line if isinstance(line, int) and 0 < line < _MAX_LINE else None
    traceback = plain_text(told.get("traceback", ""), 8000)
    return StudentFailure(code=code, parameters=clean, line=known_line, traceback=traceback)


def _told_late(code: str, parameters: dict[str, Any], line: object) -> StudentFailure:
    """While it is asked about evaluation rows, a jail may say what went wrong and where, but not in words.

    A message would carry rows out, to be learnt for the next submission.
    """
    name = parameters.get("exception")
    clean: dict[str, Any] = {"when": "evaluating", "exception": "an exception"}
    if isinstance(name, str) and isinstance(getattr(builtins, name, None), type):
        clean["exception"] = name
    known_line = line if isinstance(line, int) and 0 < line < _MAX_LATE_LINE else None
    told = code if code == "wrong_prediction_shape" else "raised"
    return StudentFailure(code=told, parameters=clean, line=known_line)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) and abs(value) < _MAX_NUMBER else plain_text(value, 500)


def _memory(ended: dict[str, Any], limits: Limits) -> dict[str, Any]:
    return {"limit_bytes": limits.memory_bytes, "peak_bytes": ended.get("peak_memory_bytes", 0)}


def _died(outcome: Outcome, limits: Limits) -> StudentFailure:
    """The status alone lies: the kernel's counters are asked first."""
    ended = outcome.ended
    if ended.get("oom_kills", 0) > 0 or ended.get("memory_exceeded"):
        return StudentFailure(code="out_of_memory", parameters=_memory(ended, limits))
    if ended.get("processes_refused", 0) > 0:
        return StudentFailure(
            code="killed_by_sandbox", parameters={"rule": "processes", "limit": limits.processes}
        )
    if "status" not in ended:
        raise SandboxUnavailableError("the warden of the jail was killed from outside")
    status = int(ended["status"])
    if status >= 0:
        return StudentFailure(code="killed_by_sandbox", parameters={"rule": "exit", "status": status})
    rule = "system_call" if -status == signal.SIGSYS else "signal"
    crash = _CRASH.search(outcome.log + ended.get("log_tail", "").encode())
    # Process 1 cannot be ended by the abort signal: it then ends by the next one.
    name = "SIGABRT" if crash and crash["what"] == b"Aborted" else _signal_name(-status)
    line = int(crash["line"]) if crash else None
    return StudentFailure(
        code="killed_by_sandbox", parameters={"rule": rule, "signal": name},
        line=line if line is not None and line < _MAX_LINE else None,
    )  # fmt: skip


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
