"""Who talks to which service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from client.config import config_path, load_config, save_config
from client.connection import clean_token, connect, is_in_the_clear, server_address
from client.messages import named, say
from client.options import JsonOption, ServerOption, TokenOption
from client.problems import USAGE, StopError
from client.screen import reporting, safe_line
from client.service import Service

if TYPE_CHECKING:
    from client.screen import Screen

_OWN_MACHINE_SERVER = "http://127.0.0.1:8000"


def login(server: ServerOption = None, token: TokenOption = None, json_mode: JsonOption = False) -> None:
    with reporting(json_mode=json_mode) as screen:
        config = load_config()
        asked = server or _ask(say("login.server"), default=config.server or _OWN_MACHINE_SERVER)
        address = server_address(asked)
        if is_in_the_clear(address):
            screen.note(say("login.in_the_clear", server=address))
        secret = clean_token(token or _ask(say("login.token"), hidden=True))
        who = Service(address, secret, notify=screen.note).get("me")
        config.server = address
        config.tokens[address] = secret
        save_config(config)
        name, user = safe_line(who["display_name"]), safe_line(who["user"])
        screen.line(say("login.done", server=address, name=name, user=user))
        screen.note(say("login.kept", path=config_path()))
        screen.document({"server": address, **who})


def logout(server: ServerOption = None, json_mode: JsonOption = False) -> None:
    with reporting(json_mode=json_mode) as screen:
        config = load_config()
        chosen = server or config.server
        if not chosen:
            raise StopError(say("error.no_server"), exit_status=USAGE, code="no_server")
        address = server_address(chosen)
        was_there = config.tokens.pop(address, None) is not None
        if config.server == address:
            config.server = None
        save_config(config)
        screen.line(say("logout.done" if was_there else "logout.none", server=address))
        screen.document({"server": address, "forgotten": was_there})


def whoami(server: ServerOption = None, token: TokenOption = None, json_mode: JsonOption = False) -> None:
    with reporting(json_mode=json_mode) as screen:
        service = connect(screen, server=server, token=token)
        who = service.get("me")
        name, user = safe_line(who["display_name"]), safe_line(who["user"])
        screen.line(say("whoami.line", name=name, user=user, server=service.address))
        _show_courses(screen, who["courses"])
        screen.document({"server": service.address, **who})


def courses(server: ServerOption = None, token: TokenOption = None, json_mode: JsonOption = False) -> None:
    with reporting(json_mode=json_mode) as screen:
        found = connect(screen, server=server, token=token).get("me")["courses"]
        if not found:
            screen.line(say("courses.none"))
        _show_courses(screen, found)
        screen.document({"items": found})


def _show_courses(screen: Screen, found: list[dict[str, Any]]) -> None:
    for course in found:
        role = safe_line(named("role", str(course["role"])))
        screen.line(
            say("courses.line", slug=safe_line(course["slug"]), title=safe_line(course["title"]), role=role)
        )


def _ask(question: str, *, default: str | None = None, hidden: bool = False) -> str:
    """On stderr, so that stdout holds the result alone."""
    if not sys.stdin.isatty():
        if default is not None:
            return default
        raise StopError(say("login.no_token"), exit_status=USAGE, code="no_terminal")
    answer: str = typer.prompt(question, default=default, hide_input=hidden, err=True)
    return answer
