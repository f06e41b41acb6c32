"""`.labmark.toml` in a folder: for which assignment of which server it is."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from client.messages import say
from client.problems import USAGE, StopError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT_FILE: Final = ".labmark.toml"


@dataclass(frozen=True, kw_only=True)
class Project:
    assignment: str | None = None
    server: str | None = None


def find_project(start: Path) -> Project:
    """Of the folder `start`, or of the nearest one around it that has one; else an empty one."""
    start = start.absolute()
    for place in (start, *start.parents):
        path = place / PROJECT_FILE
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        except (OSError, ValueError) as error:
            message = say("error.project", path=path, why=error)
            raise StopError(message, exit_status=USAGE, code="project_damaged") from error
        return Project(assignment=_text(found.get("assignment")), server=_text(found.get("server")))
    return Project()


def project_text(*, assignment: str, server: str) -> str:
    # A JSON string of such text is a TOML string too.
    return f"assignment = {json.dumps(assignment)}\nserver = {json.dumps(server)}\n"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
