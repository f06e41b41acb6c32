"""What every page has around its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.assets import Assets, assets

if TYPE_CHECKING:
    from api.security import Visitor


HOME = ("Courses", "/")


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """One step of the way from the start page to this one."""

    label: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Shell:
    """`reader` is None for who has not signed in; `csrf` goes into every form and every htmx request."""

    title: str
    reader: str | None
    csrf: str
    shows_queue: bool
    trail: tuple[Crumb, ...]
    assets: Assets


def shell_for(visitor: Visitor | None, title: str, *trail: tuple[str, str]) -> Shell:
    """`trail`: (label, address) of the pages above this one."""
    return Shell(
        title=title,
        reader=None if visitor is None else visitor.principal.display_name or visitor.principal.name,
        csrf="" if visitor is None else visitor.csrf,
        shows_queue=visitor is not None and bool(visitor.staffed),
        trail=tuple(Crumb(label=label, href=href) for label, href in trail),
        assets=assets(),
    )
