"""What is kept between commands, in the user's own folder: the servers' tokens, and which server was last."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import typer

from client.messages import say
from client.problems import USAGE, StopError

_FILE: Final = "config.json"


@dataclass(kw_only=True)
class Config:
    """A token is sent to the server that it was given for, and to no other."""

    server: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)


def folder() -> Path:
    r"""~/.config/labmark, ~/Library/Application Support/labmark, %APPDATA%\labmark."""
    return Path(os.environ.get("LABMARK_CONFIG_DIR") or typer.get_app_dir("labmark"))


def config_path() -> Path:
    return folder() / _FILE


def load_config() -> Config:
    path = config_path()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        tokens = {str(server): str(token) for server, token in kept["tokens"].items()}
        server = kept["server"]
    except FileNotFoundError:
        return Config()
    except OSError as error:
        message = _why("error.file", path, error)
        raise StopError(message, exit_status=USAGE, code="config_unreadable") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        message = say("error.config", path=path, why=type(error).__name__)
        raise StopError(message, exit_status=USAGE, code="config_damaged") from error
    return Config(server=None if server is None else str(server), tokens=tokens)


def save_config(config: Config) -> None:
    document = json.dumps({"server": config.server, "tokens": config.tokens}, indent=2)
    write_private(config_path(), document + "\n")


def write_private(path: Path, text: str) -> None:
    """Readable for its owner alone from the first byte on; the whole text, or what was there before."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
        unfinished.replace(path)
    except OSError as error:
        raise StopError(_why("error.write", path, error), exit_status=USAGE, code="not_written") from error


def _why(name: str, path: Path, error: OSError) -> str:
    return say(name, path=path, why=error.strerror or type(error).__name__)
