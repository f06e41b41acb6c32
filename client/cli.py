"""`labmark`: what a student types. Installs without the server; talks to it over HTTP."""

from __future__ import annotations

import time
from pathlib import Path  # noqa: TC003 - typer reads it at run time
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Submit lab work to Labmark and read the report."
)
_err = Console(stderr=True)
_FINAL = {"graded", "failed", "errored", "cancelled", "superseded"}

Server = Annotated[str, typer.Option(envvar="LABMARK_SERVER", help="Address of the service.")]
TokenOption = Annotated[str, typer.Option(envvar="LABMARK_TOKEN", help="Your token.")]


def _call(method: str, url: str, token: str, **arguments: Any) -> dict[str, Any]:
    """One request; a problem ends the program with the server's sentence (4: token, 7: server, 1: else)."""
    try:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, url, headers=headers, timeout=30, **arguments)
    except httpx.TransportError as error:
        _err.print(f"{url} does not answer: {error}")
        raise typer.Exit(7) from error
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    try:
        problem = answer.json()
        reason = f"{problem.get('title')}: {problem.get('detail')} ({problem.get('code')})"
    except ValueError:
        reason = answer.text[:200]
    _err.print(f"{answer.status_code} {reason}")
    raise typer.Exit({401: 4, 403: 4}.get(answer.status_code, 7 if answer.is_server_error else 1))


@app.command()
def submit(
    assignment: str,
    file: Path,
    token: TokenOption,
    server: Server = "http://127.0.0.1:8000",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the report.")] = False,
) -> None:
    """Hand in a file. Prints the submission's id; with --wait, its state and points too."""
    with file.open("rb") as stream:
        url = f"{server}/api/v1/assignments/{assignment}/submissions"
        created = _call("POST", url, token, files={"file": (file.name, stream)})
    print(created["id"])  # noqa: T201
    if wait:
        status(created["id"], token, server, wait=True)


@app.command()
def status(
    submission: str,
    token: TokenOption,
    server: Server = "http://127.0.0.1:8000",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
) -> None:
    """State, points and, when the code failed, why."""
    while True:
        found = _call("GET", f"{server}/api/v1/submissions/{submission}", token)
        if found["state"] in _FINAL or not wait:
            break
        time.sleep(0.3)
    points = "" if found["points"] is None else f" {found['points']:g}/{found['max_points']:g} points"
    print(f"{submission} {found['state']}{points}")  # noqa: T201
    if found["failure"]:
        line = f" (line {found['failure']['line']})" if found["failure"]["line"] else ""
        print(f"{found['failure']['code']}{line}: {found['failure']['message']}")  # noqa: T201
    print(f"{server}/submissions/{submission}")  # noqa: T201
