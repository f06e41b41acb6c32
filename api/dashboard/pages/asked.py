"""Which students of an assignment a reader asks to see, and in which order: from an address, and into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from api.dashboard.pages.paging import page_number
from graders.report import Fit

Sort = Literal["name", "state", "points", "training", "validation", "gap", "fit", "submitted"]
Order = Literal["asc", "desc"]
# Those who have handed in nothing, something, something that needs a person.
Which = Literal["none", "handed_in", "under_way", "failed", "flagged"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How the table of students was asked for; what an address says besides is read as nothing said."""

    sort: Sort = "name"
    order: Order = "asc"
    fit: Fit | None = None
    which: Which | None = None
    name: str = ""
    page: int = 1

    @property
    def narrows(self) -> bool:
        return bool(self.fit or self.which or self.name)

    def address(self, **changed: str) -> dict[str, str]:
        """What stands in the address of the same table, with these values changed; the first page."""
        values = {
            "sort": self.sort,
            "order": self.order,
            "fit": self.fit or "",
            "which": self.which or "",
            "name": self.name,
        }
        return {key: value for key, value in (values | changed).items() if value}


def asked_table(*, sort: str, order: str, fit: str, which: str, name: str, page: str) -> Asked:
    """From an address, which anybody may have written."""
    return Asked(
        sort=next((known for known in get_args(Sort) if known == sort), "name"),
        order="desc" if order == "desc" else "asc",
        fit=next((known for known in get_args(Fit) if known == fit), None),
        which=next((known for known in get_args(Which) if known == which), None),
        name=name.strip()[:100],
        page=page_number(page),
    )
