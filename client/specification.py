"""What an assignment asks, for trying a file here: by its service, as it was kept, or as a built-in lab."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from client.config import folder, load_config, write_private
from client.connection import connect, server_address
from client.messages import say
from client.problems import StopError

if TYPE_CHECKING:
    from pathlib import Path

    from client.project import Project
    from client.screen import Screen
    from client.service import Service

_NOT_LONG_S: Final = 0.0


@dataclass(frozen=True, kw_only=True)
class Spec:
    """`spec`: None of a built-in lab. `hides`: the assignment has criteria that are not in it."""

    spec: dict[str, Any] | None
    hides: bool
    source: Literal["service", "kept", "built_in"]


def find_spec(
    screen: Screen, assignment: str, *, project: Project, server: str | None, token: str | None
) -> Spec:
    """A service is asked only where somebody has logged in; without an answer, what was kept will do."""
    named = server or project.server or load_config().server
    if named:
        address = server_address(named)
        try:
            service = connect(screen, server=server, token=token, project=project, patience_s=_NOT_LONG_S)
            told = fetch_spec(service, assignment)
        except StopError:
            told = None
        if told is not None:
            return _spec_of(told, "service")
        kept = _kept(address, assignment)
        if kept is not None:
            screen.note(say("check.kept", server=address))
            return _spec_of(kept, "kept")
    screen.note(say("check.built_in", assignment=assignment))
    return Spec(spec=None, hides=False, source="built_in")


def fetch_spec(service: Service, assignment: str) -> dict[str, Any] | None:
    """None where the service has nothing for it, or is older than this. Raises StopError.

    What it answers is kept, for when it does not answer.
    """
    try:
        told: dict[str, Any] = service.get("assignments", assignment, "trial")
    except StopError as stop:
        if stop.code != "not_found":
            raise
        return None
    with contextlib.suppress(StopError):
        write_private(_place(service.address, assignment), json.dumps(told, indent=2) + "\n")
    return told


def _place(address: str, assignment: str) -> Path:
    name = hashlib.sha256(f"{address}\n{assignment}".encode()).hexdigest()[:32]
    return folder() / "asked" / f"{name}.json"


def _kept(address: str, assignment: str) -> dict[str, Any] | None:
    try:
        told = json.loads(_place(address, assignment).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("spec"), dict) else None


def _spec_of(told: dict[str, Any], source: Literal["service", "kept"]) -> Spec:
    return Spec(spec=told["spec"], hides=bool(told.get("hidden_criteria")), source=source)
