"""One Jinja environment for each language: everything escaped, a misspelt name is an error."""

from __future__ import annotations

import time
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api import wording
from api.dashboard.texts import say_html
from api.dashboard.words import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.dashboard.shell import Shell
    from api.language import Language


def _iso(seconds: float | None) -> str:
    return "" if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


@cache
def _environment(language: Language) -> Environment:
    def shown(form: Callable[[Language, float], str]) -> Callable[[float | None], str]:
        return lambda value: wording.NOTHING if value is None else form(language, value)

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = partial(say_html, language)
    environment.filters["iso"] = _iso
    environment.filters["count"] = partial(wording.plain, language)
    environment.filters["day"] = shown(wording.day)
    environment.filters["short_day"] = shown(wording.short_day)
    environment.filters["clock"] = shown(wording.clock)
    environment.filters["duration"] = shown(duration)
    environment.filters["share"] = shown(wording.share)
    environment.filters["number"] = shown(wording.number)
    environment.filters["points"] = shown(wording.points)
    return environment


def render_page(template: str, shell: Shell, page: object, *, status: int = 200) -> HTMLResponse:
    """In the language of the shell."""
    text = render_text(template, shell.language, shell=shell, page=page)
    return HTMLResponse(text, status_code=status)


def render_text(template: str, language: Language, /, **values: Any) -> str:
    return _environment(language).get_template(template).render(**values)
