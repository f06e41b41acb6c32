"""Passwords: how they are kept, compared and refused. argon2id as RFC 9106 recommends, by argon2-cffi.

Comparing takes 64 MiB and some hundredths of a second on purpose: callers bound how many do so at once.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_CHARS: Final = 10
MAX_CHARS: Final = 200
_MIN_DIFFERENT_CHARS: Final = 5
_MIN_NAME_CHARS: Final = 4
_HASHER: Final = PasswordHasher()

PasswordFault = Literal["too_short", "too_long", "too_simple", "holds_name"]


def hash_password(password: str) -> str:
    return _HASHER.hash(_normal(password))


def matches(password: str, stored: str | None) -> bool:
    """None takes as long as any other, so that the time does not tell who has an account."""
    try:
        _HASHER.verify(_nobodys() if stored is None else stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Hashed with other parameters than are recommended now."""
    return _HASHER.check_needs_rehash(stored)


def fault_of_password(password: str, names: Iterable[str]) -> PasswordFault | None:
    """What a new one lacks. `names`: login, e-mail address and the like, which others try first.

    >>> fault_of_password("hunter2", [])
    'too_short'
    >>> fault_of_password("ana.popescu1", ["ana.popescu@example.org"])
    'holds_name'
    >>> fault_of_password("three words suffice", ["ana"])
    """
    given = _normal(password)
    if len(given) < MIN_CHARS:
        return "too_short"
    if len(given) > MAX_CHARS:
        return "too_long"
    if len(set(given.casefold())) < _MIN_DIFFERENT_CHARS:
        return "too_simple"
    own = {name.partition("@")[0].casefold() for name in names}
    if any(len(name) >= _MIN_NAME_CHARS and name in given.casefold() for name in own):
        return "holds_name"
    return None


def _normal(password: str) -> str:
    # One keyboard writes ș as one character, another as two.
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
