"""The people of a course, as its instructors see and change them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.account import Choice
from api.dashboard.texts import named, say
from store.roster_csv import ROSTER_ROLES

if TYPE_CHECKING:
    from api.errors import ProblemError
    from api.language import Language
    from api.people import Links
    from store.models import Course
    from store.repository import InvitationRow, PersonRow, RosterStep
    from store.repository.roster import Outcome

_OUTCOMES: tuple[Outcome, ...] = ("created", "enrolled", "role_changed", "unchanged", "refused")


@dataclass(frozen=True, kw_only=True)
class PersonItem:
    """`roles`: what they may be given; none for the reader's own row. `state`: whether they can sign in."""

    login: str
    display_name: str
    email: str
    role: str
    roles: tuple[Choice, ...]
    state: str
    may_be_invited: bool


@dataclass(frozen=True, kw_only=True)
class LinkItem:
    invitation_id: str
    display_name: str
    login: str
    author: str
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class RosterLine:
    line: int
    name: str
    login: str
    told: str
    is_bad: bool


@dataclass(frozen=True, kw_only=True)
class RosterResult:
    """What a list did, or would do; or what is wrong with it, line by line."""

    headline: str
    lines: tuple[RosterLine, ...]
    is_bad: bool


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """`following`: login of the last one shown, where there are more. `links`: made now, shown this once."""

    slug: str
    title: str
    people: tuple[PersonItem, ...]
    following: str
    open_links: tuple[LinkItem, ...]
    links: Links | None
    not_invited: tuple[str, ...]
    roster: RosterResult | None
    fault: str
    done: str


def people_page(
    language: Language,
    course: Course,
    people: list[PersonRow],
    open_links: list[InvitationRow],
    *,
    own_id: str,
    limit: int,
    links: Links | None = None,
    roster: RosterResult | None = None,
    fault: str = "",
    done: str = "",
) -> PeoplePage:
    shown = people[:limit]
    return PeoplePage(
        slug=course.slug,
        title=course.title,
        people=tuple(_person(language, person, own_id) for person in shown),
        following=shown[-1].user if len(people) > limit else "",
        open_links=tuple(
            LinkItem(
                invitation_id=row.id,
                display_name=row.display_name,
                login=row.user,
                author=row.author or say(language, "people.operator"),
                expires_at=row.expires_at,
            )
            for row in open_links
        ),
        links=links,
        not_invited=() if links is None else _not_invited(language, links),
        roster=roster,
        fault=fault,
        done=say(language, f"people.done_{done}") if done else "",
    )


def roster_result(language: Language, steps: list[RosterStep], *, dry_run: bool) -> RosterResult:
    counts = Counter(step.outcome for step in steps)
    told = [
        say(language, f"people.count_{outcome}", count=counts[outcome])
        for outcome in _OUTCOMES
        if counts[outcome]
    ]
    key = "people.would_do" if dry_run else "people.did"
    return RosterResult(
        headline=say(language, key, what=", ".join(told)),
        lines=tuple(_roster_line(language, step) for step in steps if step.outcome != "unchanged"),
        is_bad=bool(counts["refused"]),
    )


def roster_faults(language: Language, problem: ProblemError) -> RosterResult:
    lines = [
        RosterLine(
            line=int(fault["line"]),
            name="",
            login="",
            told=say(language, f"people.fault_{fault['code']}", value=fault["value"]),
            is_bad=True,
        )
        for fault in problem.errors or ()
    ]
    return RosterResult(headline=say(language, "people.nothing_done"), lines=tuple(lines), is_bad=True)


def _person(language: Language, person: PersonRow, own_id: str) -> PersonItem:
    if person.signs_in:
        state = say(language, "people.signs_in")
    elif person.invited_until is not None:
        state = say(language, "people.invited", until=person.invited_until)
    else:
        state = say(language, "people.cannot_yet")
    roles = () if person.user_id == own_id else ROSTER_ROLES
    return PersonItem(
        login=person.user,
        display_name=person.display_name,
        email=person.email or "",
        role=named(language, "role", person.role),
        roles=tuple(
            Choice(value=role, label=named(language, "role", role), is_chosen=role == person.role)
            for role in roles
        ),
        state=state,
        may_be_invited=not person.signs_in,
    )


def _roster_line(language: Language, step: RosterStep) -> RosterLine:
    role = named(language, "role", step.role)
    if step.reason is not None:
        told = say(language, f"people.refused_{step.reason}")
    elif step.outcome == "role_changed":
        told = say(language, "people.role_changed", was=named(language, "role", step.was or ""), role=role)
    else:
        told = say(language, f"people.row_{step.outcome}", role=role)
    return RosterLine(
        line=step.row.line,
        name=step.row.name,
        login=step.login,
        told=told,
        is_bad=step.outcome == "refused",
    )


def _not_invited(language: Language, links: Links) -> tuple[str, ...]:
    return tuple(say(language, f"people.not_invited_{why}", user=user) for user, why in links.not_invited)
