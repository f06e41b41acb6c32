from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "settings.language": "Limba",
    "settings.theme": "Luminos sau întunecat",
    "settings.theme_system": "Ca sistemul",
    "settings.theme_light": "Luminos",
    "settings.theme_dark": "Întunecat",
    "settings.saved": "Salvat.",
    "settings.account": "Contul tău: parolă, jetoane, sesiuni",
    "settings.of_this_browser": "Limba este a contului tău; luminos sau întunecat, a acestui browser.",
}
