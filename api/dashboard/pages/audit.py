"""What was done in a course, by whom and to what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dashboard.texts import CATALOGS, say
from api.wording import NOTHING, day

if TYPE_CHECKING:
    from api.language import Language
    from store.repository import AuditRow

_MAX_DETAIL_CHARS = 300
# No number of points or attempts is as large, and no moment of this service as small: 2001.
_MOMENTS_FROM_S = 1e9


@dataclass(frozen=True, kw_only=True)
class AuditItem:
    """`action` in words, `code` as it is stored."""

    at: float
    actor: str
    action: str
    code: str
    subject: str
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """`address`: its own. `following`: id of the last one shown, where there are older ones."""

    headline: str
    about: str
    address: str
    items: tuple[AuditItem, ...]
    following: str


def audit_page(
    language: Language, found: list[AuditRow], *, headline: str, about: str, address: str, limit: int
) -> AuditPage:
    shown = found[:limit]
    return AuditPage(
        headline=headline,
        about=about,
        address=address,
        items=tuple(_item(language, row) for row in shown),
        following=shown[-1].id if len(found) > limit else "",
    )


def _item(language: Language, row: AuditRow) -> AuditItem:
    key = f"audit.{row.action.replace('.', '_')}"
    return AuditItem(
        at=row.at,
        actor=row.actor or say(language, "people.operator"),
        action=say(language, key) if key in CATALOGS[language] else row.action,
        code=row.action,
        subject=row.subject,
        detail=tuple(
            (name.replace("_", " "), _shown(language, value)) for name, value in row.detail.items()
        ),
    )


def _shown(language: Language, value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, float) and value > _MOMENTS_FROM_S:
        return day(language, value)
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {item}" for key, item in value.items())
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_DETAIL_CHARS else f"{text[:_MAX_DETAIL_CHARS]} …"
