"""Which language a reader wants, of those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

    from store.repository import Principal

Language = Literal["en", "ro"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
MAX_HEADER_CHARS: Final = 500


def preferred_language(accept_language: str) -> Language:
    """By the header `Accept-Language` (RFC 9110, 12.5.4); English where it names none of ours.

    >>> preferred_language("de, ro-RO;q=0.8, en;q=0.5")
    'ro'
    >>> preferred_language("ro;q=0, *")
    'en'
    """
    return _first_of_ours(accept_language) or "en"


def wanted_language(request: Request) -> Language | None:
    """What a request of the API asks for, by `language` in its address, else by `Accept-Language`."""
    asked = known_language(request.query_params.get("language"))
    return asked or _first_of_ours(request.headers.get("accept-language", "")[:MAX_HEADER_CHARS])


def _first_of_ours(accept_language: str) -> Language | None:
    wanted = sorted(_ranges(accept_language), key=lambda found: -found[1])
    for name, quality in wanted:
        for language in LANGUAGES:
            if name == language and quality > 0:
                return language
    return None


def _ranges(accept_language: str) -> Iterator[tuple[str, float]]:
    for item in accept_language.split(","):
        name, _, parameter = item.partition(";")
        quality = 1.0
        if parameter.strip().startswith("q="):
            try:
                quality = float(parameter.strip()[2:])
            except ValueError:
                continue
        yield name.strip().lower().partition("-")[0], quality


# Set by the settings page: of this browser, and so good before anybody has signed in.
LANGUAGE_COOKIE: Final = "language"


def known_language(code: str | None) -> Language | None:
    return next((language for language in LANGUAGES if language == code), None)


def profile_language(who: Principal | None) -> Language | None:
    """The language that somebody chose for themselves; None: they chose none."""
    return known_language(getattr(who, "language", None))


def page_language(request: Request, who: Principal | None) -> Language:
    """Of the profile, else what was chosen in this browser, else what the browser asks for."""
    return (
        profile_language(who)
        or known_language(request.cookies.get(LANGUAGE_COOKIE))
        or preferred_language(request.headers.get("accept-language", "")[:MAX_HEADER_CHARS])
    )
