"""`labmark`: what a student types. Installs without the server; talks to it over HTTP."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from client.commands import account, assignments, check, submissions
from client.helping import Command, Group
from client.messages import say
from client.screen import replace_what_cannot_be_shown

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help=say("help.app"),
    # An unforeseen fault of ours is told as Python tells it; what can be foreseen never comes to that.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"labmark {metadata.version('labmark')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help=say("option.version"))
    ] = False,
) -> None:
    """The commands stand below; the help of each says what it does."""


app.command("login", cls=Command, help=say("help.login"))(account.login)
app.command("logout", cls=Command, help=say("help.logout"))(account.logout)
app.command("whoami", cls=Command, help=say("help.whoami"))(account.whoami)
app.command("courses", cls=Command, help=say("help.courses"))(account.courses)
app.command("assignments", cls=Command, help=say("help.assignments"))(assignments.assignments)
app.command("start", cls=Command, help=say("help.start"))(assignments.start)
app.command("check", cls=Command, help=say("help.check"))(check.check)
app.command("submit", cls=Command, help=say("help.submit"))(submissions.submit)
app.command("watch", cls=Command, help=say("help.watch"))(submissions.watch)
app.command("results", cls=Command, help=say("help.results"))(submissions.results)
app.command("log", cls=Command, help=say("help.log"))(submissions.log)
app.command("status", cls=Command, help=say("help.status"))(submissions.status)


def run() -> None:
    """The program. Helps and misuse are shown before any command has begun."""
    replace_what_cannot_be_shown()
    app(prog_name="labmark")


if __name__ == "__main__":
    run()
