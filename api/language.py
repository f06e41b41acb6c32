"""Which language a reader wants, of those that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, get_args

from fastapi import Depends, Header, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

    from store.repository import Principal

Language = Literal["en", "ro"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def preferred_language(accept_language: str) -> Language:
    """By the header `Accept-Language` (RFC 9110, 12.5.4); English where it names none of ours.

    >>> preferred_language("de, ro-RO;q=0.8, en;q=0.5")
    'ro'
    >>> preferred_language("ro;q=0, *")
    'en'
    """
    wanted = sorted(_ranges(accept_language), key=lambda found: -found[1])
    for name, quality in wanted:
        for language in LANGUAGES:
            if name == language and quality > 0:
                return language
    return "en"


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


def reader_language(
    language: Annotated[
        Language | None, Query(description="In place of Accept-Language", examples=["ro"])
    ] = None,
    accept_language: Annotated[
        str,
        Header(max_length=500, description="Used unless `language` is given", examples=["ro, en;q=0.5"]),
    ] = "",
) -> Language:
    return language or preferred_language(accept_language)


LanguageDep = Annotated[Language, Depends(reader_language)]


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
        or preferred_language(request.headers.get("accept-language", "")[:500])
    )
