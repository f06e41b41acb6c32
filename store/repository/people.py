"""The people of a course, and how staff change who is in it and as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, tuple_

from store.models import Enrollment, Identity, Invitation, Password, Token, User
from store.repository.accounts import Role, enroll, highest_role, is_staff
from store.repository.audit import audit
from store.repository.passwords import revoke_links

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """`signs_in`: has a way to. `invited_until`: when their open link ends; None: they have none."""

    user_id: str
    user: str
    display_name: str
    email: str | None
    role: Role
    signs_in: bool
    invited_until: float | None


def people_of(
    session: Session,
    course_id: str,
    *,
    now: float,
    role: Role | None = None,
    user_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[PersonRow]:
    """By display name. `after`: the login of the last one of the page before this one."""
    query = (
        select(User, Enrollment.role, _signs_in(), _invited_until(now, Invitation.course_id == course_id))
        .join(Enrollment, Enrollment.user_id == User.id)
        .where(Enrollment.course_id == course_id)
        .order_by(User.display_name, User.name)
        .limit(limit)
    )
    if role is not None:
        query = query.where(Enrollment.role == role)
    if user_id is not None:
        query = query.where(User.id == user_id)
    if after is not None:
        last = select(User.display_name, User.name).where(User.name == after).subquery()
        place = tuple_(User.display_name, User.name)
        query = query.where(place > select(last.c.display_name, last.c.name).scalar_subquery())
    return [
        _person(user, enrolled, signs_in, until)  # type: ignore[arg-type]
        for user, enrolled, signs_in, until in session.execute(query)
    ]


def everybody(session: Session, *, now: float, course_id: str | None = None) -> list[PersonRow]:
    """Of the service, with the most that each is anywhere; or of a course. For its operator."""
    if course_id is not None:
        return people_of(session, course_id, now=now)
    query = select(User, _signs_in(), _invited_until(now)).order_by(User.display_name, User.name)
    return [
        _person(user, highest_role(session, user), signs_in, until)
        for user, signs_in, until in session.execute(query).all()
    ]


def enrolled_role(session: Session, user_id: str, course_id: str) -> Role | None:
    """As it is stored, whatever a token lets them do."""
    found = session.get(Enrollment, (user_id, course_id))
    role: Role | None = None if found is None else found.role  # type: ignore[assignment]
    return role


def give_role(session: Session, *, course_id: str, user_id: str, role: Role, actor_id: str) -> Role | None:
    """Returns what they were; None: they were not in the course. The same role again changes nothing."""
    was = enrolled_role(session, user_id, course_id)
    if was == role:
        return was
    change_enrollment(session, course_id=course_id, user_id=user_id, role=role)
    audit(
        session,
        actor_id=actor_id,
        action="enrollment.added" if was is None else "enrollment.role_changed",
        subject=user_id,
        course_id=course_id,
        detail={"from": was, "to": role, "user": _name(session, user_id)},
    )
    return was


def change_enrollment(session: Session, *, course_id: str, user_id: str, role: Role) -> None:
    """Without an entry in the audit, which the caller writes."""
    enroll(session, user_id=user_id, course_id=course_id, role=role)
    if is_staff(role):
        # A link that another course's staff hold must not open what is given here.
        revoke_links(session, user_id, but_of_course=course_id)


def remove_person(session: Session, *, course_id: str, user_id: str, actor_id: str) -> bool:
    """What they handed in stays. False: they were not in the course."""
    was = enrolled_role(session, user_id, course_id)
    if was is None:
        return False
    session.execute(
        delete(Enrollment).where(Enrollment.user_id == user_id, Enrollment.course_id == course_id)
    )
    audit(
        session,
        actor_id=actor_id,
        action="enrollment.removed",
        subject=user_id,
        course_id=course_id,
        detail={"from": was, "user": _name(session, user_id)},
    )
    return True


def change_profile(
    session: Session, user_id: str, *, display_name: str | None = None, language: str | None, now: float
) -> User:
    """`display_name` None: as it is. `language` None: as the browser asks."""
    user = session.get_one(User, user_id)
    user.language = language
    if display_name is not None and display_name != user.display_name:
        detail = {"from": user.display_name, "to": display_name}
        user.display_name = display_name
        audit(session, actor_id=user_id, action="profile.renamed", subject=user_id, detail=detail, now=now)
    session.flush()
    return user


def _signs_in() -> ColumnElement[bool]:
    return or_(
        *(
            select(table.user_id).where(table.user_id == User.id).exists()
            for table in (Password, Identity, Token)
        )
    )


def _invited_until(now: float, *which: ColumnElement[bool]) -> ScalarSelect[float]:
    return (
        select(func.max(Invitation.expires_at))
        .where(
            Invitation.user_id == User.id,
            *which,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .scalar_subquery()
    )


def _person(user: User, role: Role, signs_in: Any, invited_until: float | None) -> PersonRow:
    return PersonRow(
        user_id=user.id,
        user=user.name,
        display_name=user.display_name,
        email=user.email,
        role=role,
        # SQLite knows no truth, only numbers.
        signs_in=bool(signs_in),
        invited_until=invited_until,
    )


def _name(session: Session, user_id: str) -> str:
    return session.get_one(User, user_id).name
