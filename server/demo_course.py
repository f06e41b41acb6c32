"""The demo's people: a course with the built-in labs, its instructor, and who hands in which example."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from graders.labs import LABS
from store import repository
from store.engine import make_engine, transaction

if TYPE_CHECKING:
    from store.settings import Settings

INSTRUCTOR: Final = "ina-instructor"
STUDENT: Final = "sam-student"
_COURSE = "demo"
_DUE_IN_S = 14 * 24 * 3600.0

# Login -> (name, role).
PEOPLE: Final[dict[str, tuple[str, Literal["instructor", "student"]]]] = {
    INSTRUCTOR: ("Ina Dobre", "instructor"),
    STUDENT: ("Sam Ionescu", "student"),
    "ana-popescu": ("Ana Popescu", "student"),
    "elena-radu": ("Elena Radu", "student"),
    "ioana-marin": ("Ioana Marin", "student"),
    "matei-ilie": ("Matei Ilie", "student"),
    "mihai-stan": ("Mihai Stan", "student"),
    "radu-georgescu": ("Radu Georgescu", "student"),
    "sofia-petrescu": ("Sofia Petrescu", "student"),
    "vlad-dumitru": ("Vlad Dumitru", "student"),
}
# Each example has an author of its own, so that an assignment's picture has a dot for each.
AUTHORS: Final[dict[str, str]] = {
    "pytorch": STUDENT,
    "lightning": "ana-popescu",
    "tensorflow": "mihai-stan",
    "keras": "elena-radu",
    "overfits": "ioana-marin",
    "underfits": "vlad-dumitru",
    "linear-stack": "sofia-petrescu",
    "crashes": "radu-georgescu",
    "never-ends": "matei-ilie",
}


def author_of(example: str) -> str:
    return AUTHORS.get(example, STUDENT)


def create_demo_course(settings: Settings) -> dict[str, str]:
    """Made once, completed on every start; returns a new token for each: {login: token}."""
    engine = make_engine(settings.database_url)
    tokens = {}
    with transaction(engine) as session:
        course = repository.course_by_slug(session, _COURSE)
        course = course or repository.create_course(session, slug=_COURSE, title="Neural networks, first lab")
        for spec in LABS.values():
            if repository.assignment_by_slug(session, spec.slug) is None:
                repository.create_assignment(
                    session, course_id=course.id, spec=spec, due_at=time.time() + _DUE_IN_S
                )
        for login, (name, role) in PEOPLE.items():
            user = repository.user_by_name(session, login)
            user = user or repository.create_user(session, name=login, display_name=name)
            repository.enroll(session, user_id=user.id, course_id=course.id, role=role)
            tokens[login] = repository.create_token(session, user_id=user.id, role=role, label="demo")
    engine.dispose()
    return tokens
