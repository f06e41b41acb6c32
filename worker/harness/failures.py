"""What a student did wrong, as a code with a place; the sentence is made outside."""

from __future__ import annotations

import errno
import re
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


class SourcePlace:
    """Where the student's file lies: in a jail's own scratch folder, or where there is no jail."""

    path = "/scratch/submission.py"


_MAX_TEXT, _MAX_TRACEBACK, _MAX_READ = 500, 6000, 20_000
# TensorFlow tells first how the service's own code came to call the student's, and what happened at the end.
_GRAPH_ERROR = "Graph execution error"
_GRAPH_STACK = re.compile(r"Detected at node |  File ")
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}m")  # Keras writes for terminals
_DATASETS = re.compile(
    r"/(sklearn|keras|torchvision|statsmodels)/.*\bdatasets\b|/plotly/data/|/seaborn/utils"
)
# Modules of Python's library that reach for what a jail has not, and the rule that a student is told.
_RULES = {"socket.py": "network", "ssl.py": "network", "subprocess.py": "programs"}


class SubmissionFailure(Exception):  # noqa: N818 - the design's word: a submission failed, a run errored
    """Raised by the harness when student code breaks the contract. `code` is one of the contract's."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.parameters = parameters


def describe(error: BaseException) -> dict[str, Any]:
    """The FAILED frame of an exception that came out of student code."""
    line = _student_line(error.__traceback__)
    if isinstance(error, SubmissionFailure):
        parameters = dict(error.parameters)
        line = parameters.pop("line", None) or line
        return {"code": error.code, "parameters": parameters, "line": line, "traceback": ""}
    name, text = type(error).__name__, _text_of(error)
    shown = _student_frames(error)
    loader = _label_loader(error)
    if loader is not None:
        return {"code": "hidden_data", "parameters": {"function": loader}, "line": line, "traceback": ""}
    if isinstance(error, SyntaxError) and error.filename == SourcePlace.path:
        parameters = {"message": error.msg or text, "text": (error.text or "").strip()[:_MAX_TEXT]}
        return {"code": "syntax_error", "parameters": parameters, "line": error.lineno, "traceback": ""}
    if isinstance(error, MemoryError):
        return {"code": "out_of_memory", "parameters": {}, "line": line, "traceback": shown}
    if isinstance(error, ImportError):
        parameters = {"module": str(error.name or "")[:100], "message": text}
        return {"code": "import_failed", "parameters": parameters, "line": line, "traceback": shown}
    parameters = {"exception": name, "message": text}
    rule = _forbidden(error)
    if rule:
        parameters["rule"] = rule
    return {"code": "raised", "parameters": parameters, "line": line, "traceback": shown}


def _label_loader(error: BaseException) -> str | None:
    """The function of a library through which student code asked for a data set that is hidden here."""
    if not isinstance(error, OSError | ImportError) and "URL fetch failure" not in _text_of(error):
        return None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_name
        private = name.startswith(("_", "<")) or name == "wrapper"
        if _DATASETS.search(frame.f_code.co_filename) and not private:
            return name
    return None


def _forbidden(error: BaseException) -> str:
    """What the sandbox does not have, where that is why `error` was raised; else nothing."""
    if not isinstance(error, OSError):
        return ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        rule = _RULES.get(frame.f_code.co_filename.rpartition("/")[2])
        if rule is not None:
            return rule
    refused = error.errno in {errno.EPERM, errno.EACCES, errno.EROFS}
    return "files" if refused and error.filename is not None else ""


def _text_of(error: BaseException) -> str:
    """str() of a student's exception is student code too."""
    try:
        text = str(error)[:_MAX_READ]
        if text.startswith(_GRAPH_ERROR):
            lines = (line for line in text.split("\n") if line.strip() and not _GRAPH_STACK.match(line))
            text = "\n".join(lines)
        return _COLOURS.sub("", text)[:_MAX_TEXT]
    except BaseException:  # noqa: BLE001
        return "(its message could not be read)"


def _student_line(tb: TracebackType | None) -> int | None:
    line = None
    for frame, number in traceback.walk_tb(tb):
        if frame.f_code.co_filename == SourcePlace.path:
            line = number
    return line


def _student_frames(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == SourcePlace.path]
    text = "".join(traceback.format_list(traceback.StackSummary.from_list(frames)))
    text = text.replace(SourcePlace.path, "submission.py") + f"{type(error).__name__}: {_text_of(error)}"
    return text[-_MAX_TRACEBACK:]
