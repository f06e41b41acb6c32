"""Long lists in pages: how many of it, and the address of the next."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query

from api.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Item = TypeVar("Item")
Key = tuple[str, ...]
Cursor = Annotated[
    str | None,
    Query(
        max_length=2000,
        pattern=r"^[A-Za-z0-9_=-]+$",
        description="As in the `next` of the page before this one",
        examples=["WyJBbmEgUG9wZXNjdSIsImFuYS1wb3Blc2N1Il0="],
    ),
]


def next_page(path: str, **query: str | float | bool | Sequence[str] | None) -> str:
    """An address with what of the query was given."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, doseq=True)}"


def page_of(
    items: Iterable[Item], key: Callable[[Item], Key], *, after: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """Those after the cursor by `key`, which no two share, and the cursor of the next page.

    For what is read as a whole, such as everybody's grades. Raises ProblemError for an unknown cursor.
    """
    beyond = None if after is None else _key_of(after)
    ordered = sorted((key(item), position, item) for position, item in enumerate(items))
    left = [(place, item) for place, _, item in ordered if beyond is None or place > beyond]
    shown = left[:limit]
    return [item for _, item in shown], _cursor_of(shown[-1][0]) if len(left) > limit else None


def page_in_order(
    items: Sequence[Item], *, after: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """`page_of` what has an order of its own, such as ranks: by place."""
    shown, cursor = page_of(enumerate(items), lambda each: (f"{each[0]:09d}",), after=after, limit=limit)
    return [item for _, item in shown], cursor


def _cursor_of(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key_of(cursor: str) -> Key:
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, RecursionError) as error:
        raise _unknown() from error
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise _unknown()
    return tuple(found)


def _unknown() -> ProblemError:
    return ProblemError("validation_failed", "after")
