"""What a reader sets."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "settings.language": "Language",
    "settings.theme": "Light or dark",
    "settings.theme_system": "As the system",
    "settings.theme_light": "Light",
    "settings.theme_dark": "Dark",
    "settings.saved": "Saved.",
    "settings.account": "Your account: password, tokens, sessions",
    "settings.of_this_browser": "The language holds for your account, light or dark for this browser.",
}
