"""Who is in a course: what API and dashboard do alike. Each function is one act of an instructor."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.errors import ProblemError
from api.reach import require_instructor
from api.told import Told
from store import repository
from store.engine import reading, transaction
from store.roster_csv import RosterInvalidError, read_roster

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi import Request
    from sqlalchemy.orm import Session

    from api.dependencies import Services
    from store.models import Course
    from store.repository import InvitationRow, NotInvitedWhy, Principal, Role, RosterStep
    from store.roster_csv import RosterFault, RosterRow

MAX_ROSTER_BYTES: Final = 1024 * 1024
_DAY_S: Final = 24 * 3600.0

@dataclass(frozen=True, kw_only=True)
class NewLink:
    user: str
    display_name: str
    email: str | None
    link: str
    expires_at: float


@dataclass(frozen=True, kw_only=True)
class Links:
    """`not_invited`: login and why."""

    made: list[NewLink]
    not_invited: list[tuple[str, NotInvitedWhy | str]]


def managed_course(session: Session, who: Principal, slug: str) -> tuple[Course, Role]:
    """For its instructors. Raises not_found for whoever is not in it, and forbidden."""
    course = repository.course_by_slug(session, slug)
    role = None if course is None else repository.course_role(session, who, course.id)
    if course is None or role is None:
        raise ProblemError("not_found", "course", slug=slug)
    require_instructor(role)
    return course, role


def import_roster(
    services: Services, who: Principal, slug: str, content: bytes, *, dry_run: bool
) -> list[RosterStep]:
    """All rows that are not refused, or with `dry_run` only what would be done. Raises roster_invalid."""
    with reading(services.engine) as session:
        # Nobody else makes us read a file.
        managed_course(session, who, slug)
    rows = roster_rows(content)
    if dry_run:
        with reading(services.engine) as session:
            return _plan(session, who, slug, rows)[1]
    with transaction(services.engine) as session:
        repository.hold_accounts(session)
        course_id, steps = _plan(session, who, slug, rows)
        repository.apply_roster(session, steps, course_id=course_id, actor_id=who.user_id)
        return steps


def roster_rows(content: bytes) -> list[RosterRow]:
    """Raises ProblemError with every fault and its line."""
    if len(content) > MAX_ROSTER_BYTES:
        raise ProblemError("too_large", "list", size=len(content), limit=MAX_ROSTER_BYTES)
    try:
        return read_roster(content)
    except RosterInvalidError as error:
        errors = [
            {"line": fault.line, "code": fault.code, "value": fault.value, "message": told(fault)}
            for fault in error.faults
        ]
        faults = [Told("fault.line", fault) for fault in errors[:5]]
        raise ProblemError("roster_invalid", errors=errors, faults=faults) from error


def told(fault: RosterFault) -> Told:
    value = fault.value if fault.code in {"email_twice", "login_twice", "cells"} else repr(fault.value)
    return Told(f"people.fault_{fault.code}", {"value": value})


def give_role(services: Services, who: Principal, slug: str, user: str, role: Role) -> bool:
    """True: they were not in the course before."""
    with transaction(services.engine) as session:
        course, own_role = managed_course(session, who, slug)
        found = repository.user_by_name(session, user)
        if found is None:
            raise ProblemError("not_found", "login", user=user)
        was = repository.enrolled_role(session, found.id, course.id)
        _require_may_change(who, found.id, own_role, was, role)
        given = repository.give_role(
            session, course_id=course.id, user_id=found.id, role=role, actor_id=who.user_id
        )
        return given is None


def remove_person(services: Services, who: Principal, slug: str, user: str) -> None:
    with transaction(services.engine) as session:
        course, own_role = managed_course(session, who, slug)
        found = repository.user_by_name(session, user)
        was = None if found is None else repository.enrolled_role(session, found.id, course.id)
        if found is None or was is None:
            raise ProblemError("not_found", "person", user=user)
        _require_may_change(who, found.id, own_role, was)
        repository.remove_person(session, course_id=course.id, user_id=found.id, actor_id=who.user_id)


def make_links(
    services: Services, who: Principal, slug: str, *, users: Collection[str] | None, days: float, base: str
) -> Links:
    """For these logins, or for everybody in the course who cannot sign in yet."""
    now, made, not_invited = time.time(), [], []
    with transaction(services.engine) as session:
        course, _ = managed_course(session, who, slug)
        people = {person.user: person for person in repository.people_of(session, course.id, now=now)}
        wanted = [user for user, person in people.items() if not person.signs_in] if users is None else users
        for user in dict.fromkeys(wanted):
            found = repository.user_by_name(session, user) if user in people else None
            if found is None:
                not_invited.append((user, "not_in_course"))
                continue
            why = repository.why_not_invited(session, found, course.id, acts_as_admin=who.acts_as_admin)
            if why is not None:
                not_invited.append((user, why))
                continue
            secret = repository.invite(
                session,
                user_id=found.id,
                purpose="invitation",
                lifetime_s=days * _DAY_S,
                course_id=course.id,
                author_id=who.user_id,
                now=now,
            )
            made.append(
                NewLink(
                    user=user,
                    display_name=found.display_name,
                    email=found.email,
                    link=link_of(base, secret),
                    expires_at=now + days * _DAY_S,
                )
            )
    return Links(made=made, not_invited=not_invited)


def revoke_link(services: Services, who: Principal, slug: str, invitation_id: str) -> None:
    with transaction(services.engine) as session:
        course, _ = managed_course(session, who, slug)
        if not repository.revoke_invitation(
            session, invitation_id, course_id=course.id, actor_id=who.user_id
        ):
            raise ProblemError("not_found", "link")


def open_links(session: Session, course_id: str, **page: str | int | None) -> list[InvitationRow]:
    return repository.invitations_of(session, course_id, now=time.time(), **page)  # type: ignore[arg-type]


def public_address(request: Request, services: Services) -> str:
    """Where people reach the service, without a slash at the end."""
    return (services.settings.public_url or str(request.base_url)).rstrip("/")


def link_of(base: str, secret: str) -> str:
    return f"{base}/invitations/{secret}"


def _plan(
    session: Session, who: Principal, slug: str, rows: list[RosterRow]
) -> tuple[str, list[RosterStep]]:
    course, role = managed_course(session, who, slug)
    return course.id, repository.plan_roster(
        session, rows, course_id=course.id, actor_id=who.user_id, actor_role=role
    )


def _require_may_change(who: Principal, user_id: str, own_role: Role, *roles: Role | None) -> None:
    """Nobody above themselves, and nobody out of their own place: a course keeps an instructor."""
    if any(role is not None and repository.rank(role) > repository.rank(own_role) for role in roles):
        raise ProblemError("forbidden", "above", role=own_role)
    if user_id == who.user_id and roles[0] is not None and not who.acts_as_admin:
        raise ProblemError("own_role")
