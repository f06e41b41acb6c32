"""`labmark-server secrets`: what parts of a service must know and nobody else, each in a file.

Compose runs it before everything else, so that a service has a password of its own and no operator has to
think of one.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import Annotated

import typer
from sqlalchemy.engine import URL

# As many characters as have 190 bits: nobody types them.
_BYTES = 24
_PASSWORD, _URL = "postgres_password", "database_url"


def secret_files(
    database: Annotated[Path, typer.Option(help="Folder for what PostgreSQL and our processes share.")],
    monitoring: Annotated[Path, typer.Option(help="Folder for what Prometheus and Grafana need.")],
    host: Annotated[str, typer.Option(help="Where PostgreSQL answers.")] = "postgres",
) -> None:
    """Write the secrets of a service that are not there yet; those that are there stay.

    POSTGRES_PASSWORD and LABMARK_METRICS_TOKEN are taken where they are set. Who may read a folder is for
    whoever mounts it to say: the processes that read it have users of their own.
    """
    wanted = os.environ.get("POSTGRES_PASSWORD", "")
    password = database / _PASSWORD
    if password.exists() and wanted not in {"", password.read_text()}:
        raise typer.BadParameter(
            "POSTGRES_PASSWORD is not the password that the database was made with. Take it out of .env; or "
            f"give the database the new one first (ALTER USER labmark PASSWORD ...) and remove {password}"
        )
    _keep(password, wanted)
    url = URL.create("postgresql", "labmark", password.read_text(), host, database="labmark")
    _write(database / _URL, url.render_as_string(hide_password=False))

    token = os.environ.get("LABMARK_METRICS_TOKEN", "")
    if token:
        _write(monitoring / "labmark_metrics_token", token)
    _keep(monitoring / "labmark_metrics_token", "")
    _keep(monitoring / "grafana_password", "")
    print(f"The secrets are in {database} and {monitoring}.")


def _keep(path: Path, wanted: str) -> None:
    if not path.exists():
        _write(path, wanted or secrets.token_urlsafe(_BYTES))


def _write(path: Path, text: str) -> None:
    """Whole or not at all; without a line's end, which some readers would take for a part of it."""
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text)
    unfinished.chmod(0o444)
    unfinished.replace(path)
