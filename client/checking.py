"""Trying a file on this machine. What trains and grades runs in a process of its own, if it is installed.

It is asked with one line of JSON and answers with lines of JSON, as `server/check/messages.py` says; of its
code nothing is imported here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from client.config import folder
from client.following import Event
from client.messages import CATALOGS, language, say
from client.problems import ERRORED, USAGE, StopError
from client.screen import safe, safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT: Final = Path(__file__).resolve().parents[1]
_PROGRAM: Final = "server.check"
_END_S: Final = 15.0
# Of what it wrote before it broke off.
_LAST_LINES: Final = 3
_IMPORT: Final = "no_framework"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`spec`: None for a built-in lab."""

    filename: str
    content: bytes
    assignment: str
    spec: dict[str, Any] | None
    seed: int
    jail: bool

    def request(self) -> dict[str, Any]:
        return {
            "filename": self.filename,
            "content": base64.b64encode(self.content).decode(),
            "assignment": self.assignment,
            "spec": self.spec,
            "language": language(),
            "data_dir": os.environ.get("LABMARK_DATA_DIR") or str(folder() / "data"),
            "jail": self.jail,
            "secret_seed": hashlib.sha256(f"labmark check {self.seed}".encode()).hexdigest(),
            "drawn_for": f"check {self.seed}",
        }


@dataclass(kw_only=True)
class Checked:
    """What came of it: `answer` is the last thing that was told, once all events are read."""

    answer: dict[str, Any] | None = None


def try_out(trial: Trial, checked: Checked) -> Iterator[Event]:
    """What happens, as it happens. Raises StopError where there will be no report."""
    if not (_ROOT / "server" / "check" / "__main__.py").is_file():
        raise stop_of({"code": "packages_missing", "packages": ["server"]})
    with tempfile.TemporaryFile() as errors:
        process = _start(errors)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(trial.request()).encode() + b"\n")
            process.stdin.flush()
            yield Event(kind="state", id="", data={"state": "claimed"})
            for line in process.stdout:
                told = json.loads(line)
                if told["event"] == "stop":
                    raise stop_of({**told, "log": _last_lines(errors) if told["code"] == _IMPORT else ""})
                if told["event"] == "done":
                    checked.answer = told
                    break
                yield Event(kind=told["event"], id="", data=told)
        except (OSError, ValueError) as error:
            raise _broke(errors) from error
        finally:
            _end(process)
        if checked.answer is None:
            raise _broke(errors)


def stop_of(told: dict[str, Any]) -> StopError:
    """Why it was not tried, in the reader's language."""
    code = str(told["code"])
    named = ("assignment", "dataset", "detail", "framework", "log", "system")
    values = {
        "packages": ", ".join(map(safe_line, told.get("packages", ()))),
        "layers": "\n".join(
            f"  {safe_line(layer)}: {safe_line(remedy_for(layer, remedy))}"
            for layer, remedy in told.get("missing", {}).items()
        ),
        **{name: safe(told.get(name, "")) for name in named},
    }
    return StopError(say(f"stop.{code}", **values).strip(), exit_status=USAGE, code=code)


def remedy_for(layer: str, told: str) -> str:
    """In the reader's language, of the layers that systems do lack; else as the program told it."""
    return CATALOGS[language()].get(f"layer.{layer}", told)


def _start(errors: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    if _ROOT.name not in {"site-packages", "dist-packages"}:
        # A checkout: the code beside this file, whatever else is installed.
        found = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *([found] if found else [])])
    return subprocess.Popen(
        # -P: a file of the student's called torch.py is not torch.
        [sys.executable, "-P", "-m", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
        # Ctrl-C is for this process, which then ends that one.
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself once nobody holds its stdin open, and takes everything that it has started along."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_lines(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = [line for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return safe("\n".join(lines[-_LAST_LINES:]))


def _broke(errors: IO[bytes]) -> StopError:
    why = _last_lines(errors) or "?"
    return StopError(say("check.broke", why=why), exit_status=ERRORED, code="check_broke")
