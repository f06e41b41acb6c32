"""`labmark-server course` and `labmark-server user`: the first people of a new service, and later ones."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from graders.labs import LABS
from server.database import database_session
from server.demo_course import create_demo_course
from store import repository
from store.settings import Settings

courses = typer.Typer(no_args_is_help=True, help="Courses and their labs.")
users = typer.Typer(no_args_is_help=True, help="People and their access tokens.")
_DAY_S = 24 * 3600.0
_ROLES = ("student", "grader", "instructor", "admin")


@courses.command("create")
def create_course(
    slug: Annotated[str, typer.Argument(help="Short name, as it stands in addresses: ml-2026")],
    title: Annotated[str, typer.Option(help="As people read it.")] = "",
    due_in_days: Annotated[float, typer.Option(help="When its labs are due.")] = 14,
) -> None:
    """A course with every built-in lab that no other course has."""
    with database_session() as session:
        if repository.course_by_slug(session, slug):
            raise typer.BadParameter(f"there is a course {slug!r} already")
        course = repository.create_course(session, slug=slug, title=title or slug)
        given, taken = [], []
        for spec in LABS.values():
            if repository.assignment_by_slug(session, spec.slug):
                taken.append(spec.slug)
                continue
            due_at = time.time() + due_in_days * _DAY_S
            repository.create_assignment(session, course_id=course.id, spec=spec, due_at=due_at)
            given.append(spec.slug)
    print(f"Course {slug} with {', '.join(given) or 'no lab'}.")
    if taken:
        print(f"Another course has {', '.join(taken)}: an assignment's name is unique in the service.")


@courses.command("demo")
def demo_course() -> None:
    """The demo's course and people; prints {login: new token} as JSON. Not for a service that is in use."""
    print(json.dumps(create_demo_course(Settings())))


@users.command("create")
def create_user(
    login: str,
    name: Annotated[str, typer.Option(help="As people read it.")] = "",
    course: Annotated[str, typer.Option(help="Short name of the course to enroll in.")] = "",
    role: Annotated[str, typer.Option(help=f"One of {', '.join(_ROLES)}.")] = "student",
) -> None:
    """A new person, or a known one in another course; prints a new access token, shown this once."""
    if role not in _ROLES:
        raise typer.BadParameter(f"role {role!r} is none of {', '.join(_ROLES)}")
    held: repository.Role = role  # type: ignore[assignment]
    if not course and role != "admin":
        raise typer.BadParameter(f"a {role} is one of a course: add --course")
    with database_session() as session:
        user = repository.user_by_name(session, login)
        if user is None:
            user = repository.create_user(session, name=login, display_name=name, is_admin=role == "admin")
        elif role == "admin" and not user.is_admin:
            raise typer.BadParameter(f"{login!r} exists and is no administrator: choose another login")
        if course:
            found = repository.course_by_slug(session, course)
            if found is None:
                raise typer.BadParameter(f"there is no course {course!r}: see labmark-server course create")
            repository.enroll(session, user_id=user.id, course_id=found.id, role=held)
        token = repository.create_token(session, user_id=user.id, role=held, label="command line")
    print(token)
