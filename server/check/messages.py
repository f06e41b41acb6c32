"""What `labmark check` asks, and what it is told. Needs the standard library alone: it says what is missing.

Told are, a JSON object a line, each with its `event`:

| event | and |
| --- | --- |
| `state` | `state`: importing (with `framework`), fetching (with `dataset`), training, evaluating |
| `epoch` | as the API's events: repeat, epoch, attempt, both errors in per cent |
| `stop` | `code`, and what its sentence needs; nothing comes after it |
| `done` | `feedback` as of the API, `log`, `differs`; nothing comes after it |

Codes of `stop`: `packages_missing` {packages}, `unsupported_file`, `not_utf8`, `bad_notebook`, `too_large`
(each with an English `detail`), `no_spec` {assignment}, `bad_spec` {assignment, detail},
`no_dataset` {dataset, detail}, `no_jail` {missing: {layer: remedy}},
`no_framework` {framework, detail}.

`differs` says what a service does otherwise: `split` (with the sizes), `no_jail`, `cpu`.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import sys
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TextIO

# Import name -> name on the package index, where it is another.
_BASE: Final = ("numpy", "sklearn", "pydantic", "babel", "structlog")
_FRAMEWORKS: Final = {
    "pytorch": ("torch", "lightning"),
    "lightning": ("torch", "lightning"),
    "tensorflow": ("tensorflow", "keras"),
    "keras": ("tensorflow", "keras"),
}
_JAIL: Final = ("pyseccomp",)
_INDEX_NAMES: Final = {"sklearn": "scikit-learn", "tensorflow": "tensorflow-cpu"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """`spec`: of the assignment as the service tells it; None: it is a built-in lab.

    `secret_seed` and `drawn_for` decide splits and seeds, as an assignment's secret and a submission's id
    do at a service. `public_rows`: only those that no grade rests on; else all that the data set has.
    """

    filename: str
    content: bytes
    assignment: str
    spec: dict[str, Any] | None
    language: str
    data_dir: Path
    jail: bool
    secret_seed: bytes
    drawn_for: str
    public_rows: bool = True
    evidence_to: Path | None = None


def read_request(stream: TextIO) -> Request:
    """Raises ValueError, KeyError."""
    told = json.loads(stream.readline())
    evidence_to = told.get("evidence_to")
    return Request(
        filename=told["filename"],
        content=base64.b64decode(told["content"]),
        assignment=told["assignment"],
        spec=told["spec"],
        language=told["language"],
        data_dir=Path(told["data_dir"]),
        jail=told["jail"],
        secret_seed=bytes.fromhex(told["secret_seed"]),
        drawn_for=told["drawn_for"],
        public_rows=told.get("public_rows", True),
        evidence_to=None if evidence_to is None else Path(evidence_to),
    )


class StopCheckError(Exception):
    """Why there will be no report, and that nobody's code is at fault for it."""

    def __init__(self, code: str, **told: Any) -> None:
        super().__init__(code)
        self.code, self.told = code, told


class Teller:
    """Writes events to a descriptor that no library writes to. From any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._lock = descriptor, threading.Lock()

    def tell(self, event: str, **told: Any) -> None:
        line = json.dumps({"event": event, **told}).encode() + b"\n"
        with self._lock:
            view = memoryview(line)
            while view:
                view = view[os.write(self._descriptor, view) :]

    def tell_epoch(self, told: dict[str, Any]) -> bool:
        self.tell("epoch", **told)
        return True


def require_system(*, jail: bool) -> None:
    """Raises StopCheckError on a system, or a processor, that has no jails, where one is asked for."""
    # worker.sandbox.linux calls the kernel by the numbers of this processor.
    if jail and (sys.platform != "linux" or platform.machine() != "x86_64"):
        here = f"{platform.system() or sys.platform} {platform.machine()}".strip()
        raise StopCheckError(
            "no_jail", missing={"system": f"it needs Linux with an x86-64 processor; this is {here}"}
        )


def require_base() -> None:
    """Raises StopCheckError naming the packages that are not installed."""
    _require(_BASE)


def require_framework(framework: str, *, jail: bool) -> None:
    """The same, of those that train."""
    _require((*_FRAMEWORKS[framework], *(_JAIL if jail else ())))


def _require(names: tuple[str, ...]) -> None:
    missing = [_INDEX_NAMES.get(name, name) for name in names if find_spec(name) is None]
    if missing:
        raise StopCheckError("packages_missing", packages=missing)
