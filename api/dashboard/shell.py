"""What every page has around its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.dashboard.assets import Assets, assets
from api.dashboard.texts import say
from api.language import page_language
from api.theme import chosen_theme

if TYPE_CHECKING:
    from fastapi import Request

    from api.language import Language
    from api.security import Visitor
    from api.theme import Theme

# The key of its text stands in place of the label: `shell_for` says it in the reader's language.
HOME: Final = ("frame.courses", "/")


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the way from the start page to this one."""

    label: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Shell:
    """`reader` is None for who has not signed in; `csrf` goes into every form and every htmx request."""

    title: str
    language: Language
    theme: Theme
    reader: str | None
    csrf: str
    shows_queue: bool
    trail: tuple[Crumb, ...]
    assets: Assets


def shell_for(visitor: Visitor, title: str, *trail: tuple[str, str]) -> Shell:
    """`title` in the visitor's language; `trail`: (label, address) of the pages above this one."""
    home = (say(visitor.language, HOME[0]), HOME[1])
    steps = (home if step == HOME else step for step in trail)
    return Shell(
        title=title,
        language=visitor.language,
        theme=visitor.theme,
        reader=visitor.principal.display_name or visitor.principal.name,
        csrf=visitor.csrf,
        shows_queue=bool(visitor.staffed),
        trail=tuple(Crumb(label=label, href=href) for label, href in steps),
        assets=assets(),
    )


def shell_for_stranger(request: Request, title_key: str) -> Shell:
    """Around a page for somebody who has not signed in."""
    language = page_language(request, None)
    return Shell(
        title=say(language, title_key),
        language=language,
        theme=chosen_theme(request),
        reader=None,
        csrf="",
        shows_queue=False,
        trail=(),
        assets=assets(),
    )
