"""Which server is talked to, and with which token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from client.config import load_config
from client.messages import say
from client.problems import DENIED, USAGE, StopError
from client.service import Service

if TYPE_CHECKING:
    from client.project import Project
    from client.screen import Screen

_OWN_MACHINE: Final = {"localhost", "127.0.0.1", "::1"}


def connect(
    screen: Screen,
    *,
    server: str | None,
    token: str | None,
    project: Project | None = None,
    patience_s: float | None = None,
) -> Service:
    """The server of the option, of the project's folder, or of the last login; with the token kept for it.

    `patience_s`: None where nobody said for how long to try again.

    A folder comes from anywhere, so a server that it alone names is given no token that was not meant for it.
    """
    config = load_config()
    named = project.server if project is not None else None
    found = server or named or config.server
    if not found:
        raise StopError(say("error.no_server"), exit_status=USAGE, code="no_server")
    address = server_address(found)
    if not server and named and address not in {*config.tokens, config.server}:
        message = say("error.unknown_server", server=address)
        raise StopError(message, exit_status=DENIED, code="unknown_server")
    chosen = token or config.tokens.get(address)
    if not chosen:
        message = say("error.not_logged_in", server=address)
        raise StopError(message, exit_status=DENIED, code="not_logged_in")
    given = {} if patience_s is None else {"patience_s": patience_s, "busy_patience_s": patience_s}
    return Service(address, clean_token(chosen), notify=screen.note, **given)


def clean_token(text: str) -> str:
    """What comes out of a copied line, if it can stand in a header."""
    token = text.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise StopError(say("error.token"), exit_status=USAGE, code="bad_token")
    return token


def server_address(text: str) -> str:
    """`https://host[:port]`, whatever of it was left out; a path, a name or a password is no part of it."""
    text = text.strip()
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname or ""
        text = f"{'http' if host in _OWN_MACHINE else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    good_host = host and not any(c.isspace() or not c.isprintable() for c in host)
    if parts.scheme not in {"http", "https"} or not good_host or parts.username is not None:
        raise StopError(say("error.address", server=text), exit_status=USAGE, code="bad_address")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")


def is_in_the_clear(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname not in _OWN_MACHINE
