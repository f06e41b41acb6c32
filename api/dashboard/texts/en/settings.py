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
    "settings.of_this_browser": "Both hold for this browser.",
}
