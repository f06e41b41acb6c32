"""What pages on which staff act have in common: who may, what stands around them, where they lead back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError

from api.dashboard.shell import HOME, Shell, shell_for
from api.errors import ProblemError
from api.reach import is_instructor, reachable_assignment, require_instructor, require_staff
from api.schemas_grade import Reason
from api.starters.texts import title_of
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

    from api.dependencies import Services
    from api.security import Visitor

# Somebody else has decided, and what they decided was not seen.
COLLISIONS: Final = {"if_match_required", "changed_meanwhile"}
_REASON: TypeAdapter[str] = TypeAdapter(Reason)


@dataclass(frozen=True, kw_only=True)
class Staffed:
    """An assignment that the visitor is staff of; `decides`: an instructor of it."""

    assignment: repository.AssignmentDetails
    decides: bool


def staffed(session: Session, visitor: Visitor, slug: str, *, deciding: bool = False) -> Staffed:
    """Raises ProblemError: as the API answers, for the same rule."""
    assignment, role = reachable_assignment(session, visitor.principal, slug)
    require_staff(role)
    if deciding:
        require_instructor(role)
    return Staffed(assignment=assignment, decides=is_instructor(role))


def shell_below(
    session: Session, visitor: Visitor, assignment: repository.AssignmentDetails, title: str
) -> Shell:
    """Of a page below that of the assignment."""
    (course,) = repository.courses_by_id(session, [assignment.course_id])
    name = title_of(assignment.spec, visitor.language)
    return shell_for(
        visitor,
        f"{title}: {name}",
        HOME,
        (course.title, f"/courses/{course.slug}"),
        (name, f"/assignments/{assignment.slug}"),
    )


def done(
    services: Services, visitor: Visitor, address: str, *, course_id: str, subjects: tuple[str, ...]
) -> Response:
    """Back to `address`, which tells what was done: by the entry that it left in the audit."""
    with reading(services.engine) as session:
        acts = repository.acts_on(session, course_id, subjects)
    own = next((act.id for act in acts if act.actor_id == visitor.principal.user_id), "")
    return RedirectResponse(f"{address}?act={own}#did", status_code=303)


def wrong_fields(error: ValidationError) -> tuple[str, ...]:
    """Which fields of a form were not taken; one for the whole has the empty name."""
    return tuple(dict.fromkeys(str(item["loc"][0]) if item["loc"] else "" for item in error.errors()))


def optional_reason(text: str) -> str | None:
    """Of a form in which it may be left out. Raises ProblemError, as the API does, for what is no reason."""
    if not text.strip():
        return None
    try:
        return _REASON.validate_python(text)
    except ValidationError as error:
        raise ProblemError("validation_failed", "reason") from error


def number(text: str) -> float | str:
    """As the API takes it, strictly; what is no number is left for the form's own check to refuse."""
    plain = text.strip().replace(",", ".")
    for read in (int, float):
        try:
            return read(plain)
        except ValueError:
            continue
    return text
