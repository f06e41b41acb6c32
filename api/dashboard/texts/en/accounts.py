"""Signing in."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, str]] = {
    "accounts.wrong": "✗ This token is unknown, expired or revoked.",
    "accounts.token": "Your access token",
    "accounts.about_token": "It begins with lmk_ and comes from your course staff.",
}
