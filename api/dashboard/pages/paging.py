"""A long list in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE_SIZE: Final = 50
_MOST_DIGITS: Final = 8

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Paging:
    """`first` and `last` count the items shown from 1; `previous` and `following` are addresses."""

    page: int
    pages: int
    first: int
    last: int
    count: int
    previous: str | None
    following: str | None


def page_number(text: str) -> int:
    """From an address, which anybody may have written."""
    return int(text) if text.isdecimal() and len(text) < _MOST_DIGITS else 1


def paged(
    items: Sequence[Item], page: int, asked: Mapping[str, str], *, size: int = PAGE_SIZE, anchor: str = ""
) -> tuple[Sequence[Item], Paging]:
    """The items of one page (from 1; one that is not there becomes the nearest), and the way to the others.

    `asked`: what else stands in the address, kept in the links.
    """
    pages = max(1, -(-len(items) // size))
    page = min(max(1, page), pages)
    shown = items[(page - 1) * size : page * size]

    def address(number: int) -> str | None:
        if not 1 <= number <= pages:
            return None
        return f"?{urlencode({**asked, 'page': str(number)})}{anchor}"

    return shown, Paging(
        page=page,
        pages=pages,
        first=(page - 1) * size + 1 if shown else 0,
        last=(page - 1) * size + len(shown),
        count=len(items),
        previous=address(page - 1),
        following=address(page + 1),
    )
