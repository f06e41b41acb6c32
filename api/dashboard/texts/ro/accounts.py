from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "accounts.wrong": "✗ Acest jeton este necunoscut, expirat sau revocat.",
    "accounts.token": "Jetonul tău de acces",
    "accounts.about_token": "Începe cu lmk_ și îl primești de la cei care țin cursul.",
}
