"""The headers that every answer carries, whoever gives it."""

from __future__ import annotations

from typing import Final

# Scripts and styles are files of ours: nothing inline runs, whatever a student wrote into a file.
SECURITY_HEADERS: Final[dict[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
