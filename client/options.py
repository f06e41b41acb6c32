"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

from client.messages import say
from client.screen import safe_line

JsonOption = Annotated[bool, typer.Option("--json", help=say("option.json"))]
ServerOption = Annotated[
    str | None,
    typer.Option("--server", envvar="LABMARK_SERVER", metavar="ADDRESS", help=say("option.server")),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", envvar="LABMARK_TOKEN", metavar="TOKEN", help=say("option.token")),
]
def _seconds(text: str) -> float:
    """A number of seconds; typer's own range would be shown in the help as `x>=0.0`."""
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise typer.BadParameter(say("error.seconds", text=safe_line(text)))
    return seconds


TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", parser=_seconds, metavar="SECONDS", help=say("option.timeout"))
]
PatienceOption = Annotated[
    float | None,
    typer.Option("--patience", parser=_seconds, metavar="SECONDS", help=say("option.patience")),
]
SubmissionArgument = Annotated[
    str | None, typer.Argument(metavar="[ID]", show_default=False, help=say("argument.submission"))
]
AssignmentOption = Annotated[
    str | None, typer.Option("--assignment", "-a", metavar="NAME", help=say("option.assignment"))
]
