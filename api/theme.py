"""Light or dark: of the browser, since the same person reads by day on one screen and by night on another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from fastapi import Request

# system: as the browser says.
Theme = Literal["system", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
THEME_COOKIE: Final = "theme"


def known_theme(name: str | None) -> Theme:
    return next((theme for theme in THEMES if theme == name), "system")


def chosen_theme(request: Request) -> Theme:
    return known_theme(request.cookies.get(THEME_COOKIE))
