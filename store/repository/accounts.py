"""Courses, users, tokens, enrollments."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from store.ids import new_id
from store.models import Course, Enrollment, Token, User

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

Role = Literal["student", "grader", "instructor", "admin"]
TOKEN_PREFIX = "lmk_"  # noqa: S105 - lets secret scanners recognise a leaked token
_RANK: dict[str, int] = {"student": 0, "grader": 1, "instructor": 2, "admin": 3}


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking, and with how much authority: `role` is the ceiling that the token carries.

    `token_id`: of the token that was sent, or with which the web session was opened.
    """

    user_id: str
    name: str
    is_admin: bool
    role: Role
    display_name: str = ""
    language: str | None = None  # None: as the browser asks
    scopes: frozenset[str] | None = None  # what else the token is limited to; None: nothing
    token_id: str | None = None
    token_expires_at: float | None = None

    @property
    def acts_as_admin(self) -> bool:
        return self.is_admin and self.role == "admin"


def create_course(session: Session, *, slug: str, title: str) -> Course:
    course = Course(id=new_id(), slug=slug, title=title, created_at=time.time())
    session.add(course)
    session.flush()
    return course


def create_user(
    session: Session, *, name: str, display_name: str = "", is_admin: bool = False, email: str | None = None
) -> User:
    user = User(
        id=new_id(),
        name=name,
        display_name=display_name or name,
        is_admin=is_admin,
        email=email,
        created_at=time.time(),
    )
    session.add(user)
    session.flush()
    return user


def course_by_slug(session: Session, slug: str) -> Course | None:
    return session.scalar(select(Course).where(Course.slug == slug))


def user_by_name(session: Session, name: str) -> User | None:
    return session.scalar(select(User).where(User.name == name))


def enroll(session: Session, *, user_id: str, course_id: str, role: Role) -> None:
    """Enrolling again changes the role."""
    session.merge(Enrollment(user_id=user_id, course_id=course_id, role=role))
    session.flush()


def create_token(
    session: Session,
    *,
    user_id: str,
    role: Role = "student",
    label: str = "",
    expires_at: float | None = None,
    scopes: Collection[str] | None = None,
    made_with: str | None = None,
) -> str:
    """The token itself, for the only time: afterwards nothing can show it again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session.add(
        Token(
            id=new_id(),
            user_id=user_id,
            sha256=fingerprint(secret),
            role=role,
            scopes=None if scopes is None else sorted(scopes),
            label=label,
            made_with=made_with,
            created_at=time.time(),
            expires_at=expires_at,
            revoked_at=None,
        )
    )
    session.flush()
    return secret


def authenticate(session: Session, token: str, *, now: float | None = None) -> Principal | None:
    """Whose token this is; None for an unknown, expired or revoked one."""
    now = time.time() if now is None else now
    row = session.execute(
        select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(
            Token.sha256 == fingerprint(token),
            Token.revoked_at.is_(None),
            (Token.expires_at.is_(None)) | (Token.expires_at > now),
        )
    ).first()
    if row is None:
        return None
    found, user = row
    return principal_of(user, found.role, token=found)


def principal_of(user: User, role: str, *, token: Token | None) -> Principal:
    """`role` is the ceiling that came with a token or a web session."""
    ceiling: Role = role  # type: ignore[assignment]
    return Principal(
        user_id=user.id,
        name=user.name,
        is_admin=user.is_admin,
        role=ceiling,
        display_name=user.display_name,
        language=user.language,
        scopes=None if token is None or token.scopes is None else frozenset(token.scopes),
        token_id=None if token is None else token.id,
        token_expires_at=None if token is None else token.expires_at,
    )


def course_role(session: Session, principal: Principal, course_id: str) -> Role | None:
    """What `principal` may be in this course: the lesser of the enrollment and the token. None: nothing."""
    if principal.acts_as_admin:
        return "admin"
    enrollment = session.get(Enrollment, (principal.user_id, course_id))
    if enrollment is None:
        return None
    return _lesser(enrollment.role, principal.role)


def course_roles(session: Session, principal: Principal) -> dict[str, Role]:
    """`course_role` of every course that the principal may enter, by course id, in one query."""
    if principal.acts_as_admin:
        return dict.fromkeys(session.scalars(select(Course.id)), "admin")
    rows = session.execute(
        select(Enrollment.course_id, Enrollment.role).where(Enrollment.user_id == principal.user_id)
    )
    return {course: _lesser(role, principal.role) for course, role in rows}


def is_student(session: Session, user_id: str, course_id: str) -> bool:
    enrollment = session.get(Enrollment, (user_id, course_id))
    return enrollment is not None and enrollment.role == "student"


def rank(role: str) -> int:
    """Higher may do more."""
    return _RANK[role]


def highest_role(session: Session, user: User) -> Role:
    """The most that they are anywhere."""
    if user.is_admin:
        return "admin"
    found = select(Enrollment.role).where(Enrollment.user_id == user.id)
    roles: Sequence[Role] = session.scalars(found).all()  # type: ignore[assignment]
    return max(roles, key=rank, default="student")


def is_staff(role: Role | None) -> bool:
    return role is not None and _RANK[role] >= _RANK["grader"]


def _lesser(enrolled: str, ceiling: Role) -> Role:
    role: Role = enrolled  # type: ignore[assignment]
    return min(role, ceiling, key=_RANK.__getitem__)


def fingerprint(token: str) -> str:
    # No salt and no slow hash: 32 random bytes cannot be guessed, and the hash is the index.
    return hashlib.sha256(token.encode()).hexdigest()
