"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

from client.messages import say

JsonOption = Annotated[bool, typer.Option("--json", help=say("option.json"))]
ServerOption = Annotated[
    str | None,
    typer.Option("--server", envvar="LABMARK_SERVER", metavar="ADDRESS", help=say("option.server")),
]
TokenOption = Annotated[
    str | None,
    typer.Option("--token", envvar="LABMARK_TOKEN", metavar="TOKEN", help=say("option.token")),
]
TimeoutOption = Annotated[
    float | None, typer.Option("--timeout", min=0.0, metavar="SECONDS", help=say("option.timeout"))
]
PatienceOption = Annotated[
    float, typer.Option("--patience", min=0.0, metavar="SECONDS", help=say("option.patience"))
]
SubmissionArgument = Annotated[
    str | None, typer.Argument(metavar="[ID]", show_default=False, help=say("argument.submission"))
]
AssignmentOption = Annotated[
    str | None, typer.Option("--assignment", "-a", metavar="NAME", help=say("option.assignment"))
]
