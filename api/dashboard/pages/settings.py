"""What a reader may set, and what is set now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.dashboard.texts import say
from api.language import LANGUAGES
from api.theme import THEMES

if TYPE_CHECKING:
    from api.language import Language
    from api.security import Visitor

# Each in its own language: so it is found by whoever reads no other.
LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "ro": "Română"}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`speaks`: the language of the name itself, for whoever has pages read aloud; empty: the page's."""

    value: str
    name: str
    is_set: bool
    speaks: str = ""


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    languages: tuple[Choice, ...]
    themes: tuple[Choice, ...]
    saved: bool


def settings_page(visitor: Visitor, *, saved: bool) -> SettingsPage:
    return SettingsPage(
        languages=tuple(
            Choice(value=code, name=LANGUAGE_NAMES[code], is_set=code == visitor.language, speaks=code)
            for code in LANGUAGES
        ),
        themes=tuple(
            Choice(
                value=theme,
                name=say(visitor.language, f"settings.theme_{theme}"),
                is_set=theme == visitor.theme,
            )
            for theme in THEMES
        ),
        saved=saved,
    )
