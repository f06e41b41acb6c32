"""The one Jinja environment: everything escaped, a misspelt name is an error."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.dashboard.words import per_cent

if TYPE_CHECKING:
    from api.dashboard.shell import Shell


def _day(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%-d %b %Y, %H:%M", time.gmtime(seconds))


def _iso(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _points(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["day"] = _day
_ENVIRONMENT.filters["iso"] = _iso
_ENVIRONMENT.filters["per_cent"] = per_cent
_ENVIRONMENT.filters["points"] = _points


def render_page(template: str, shell: Shell, page: object, *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(render_text(template, shell=shell, page=page), status_code=status)


def render_text(template: str, **values: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(**values)
