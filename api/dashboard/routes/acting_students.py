"""Extensions and quotas of single students, in lists with a form each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api import deciding, granting
from api.dashboard.pages.acting_acts import done_line
from api.dashboard.pages.acting_students import AttemptsPage, ExtensionsPage, SentForm
from api.dashboard.routes.acting_common import (
    COLLISIONS,
    Staffed,
    done,
    number,
    optional_reason,
    shell_below,
    staffed,
    wrong_fields,
)
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.grades import extension_etag
from api.schemas_grade import ExtensionIn, QuotaGrantIn
from api.security import FormSenderDep, Visitor, VisitorDep
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

router = APIRouter()
_MEANWHILE = "acting.decided_meanwhile"


class StudentForm(BaseModel):
    """All that either form may hold, as text. `seen`: (login, ETag) of what each student has, one a line."""

    model_config = ConfigDict(frozen=True)
    user: str = ""
    due_at: str = ""
    per_day: str = ""
    burst: str = ""
    extra: str = ""
    reason: str = ""
    seen: str = Field(default="", max_length=200_000)

    @property
    def if_match(self) -> str | None:
        """Of the student that was chosen, what the author has read of them."""
        seen = dict(line.rpartition(" ")[::2] for line in self.seen.splitlines())
        return seen.get(self.user)

    def sent(self, *, wrong: tuple[str, ...], problem: str) -> SentForm:
        return SentForm(**self.model_dump(exclude={"seen"}), wrong=wrong, problem=problem)


StudentFormDep = Annotated[StudentForm, Form()]


@router.get("/assignments/{slug}/extensions", response_model=None)
def show_extensions(slug: str, session: ReadingDep, visitor: VisitorDep, act: str = "") -> Response:
    return _extensions(session, visitor, staffed(session, visitor, slug), act=act)


@router.post("/assignments/{slug}/extensions", response_model=None)
def give_extension(
    slug: str, form: StudentFormDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    try:
        new = ExtensionIn.model_validate({"due_at": _utc_seconds(form.due_at), "reason": form.reason})
        deciding.set_extension(
            services, visitor.principal, slug, form.user, new, if_match=form.if_match
        )
    except ValidationError as error:
        return _extensions_again(services, visitor, slug, form, wrong_fields(error))
    except ProblemError as problem:
        wrong = {"validation_failed": ("due_at",), **dict.fromkeys(COLLISIONS, ("user",))}
        if problem.code not in wrong:
            raise
        return _extensions_again(services, visitor, slug, form, wrong[problem.code])
    return _done(services, visitor, slug, "extensions")


@router.post("/assignments/{slug}/extensions/remove", response_model=None)
def remove_extension(
    slug: str, form: StudentFormDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    why = optional_reason(form.reason)
    try:
        deciding.remove_extension(
            services, visitor.principal, slug, form.user, why, if_match=form.if_match
        )
    except ProblemError as problem:
        if problem.code not in COLLISIONS:
            raise
        return _extensions_again(services, visitor, slug, form, ("user",))
    return _done(services, visitor, slug, "extensions")


@router.get("/assignments/{slug}/attempts", response_model=None)
def show_attempts(slug: str, session: ReadingDep, visitor: VisitorDep, act: str = "") -> Response:
    return _attempts(session, visitor, staffed(session, visitor, slug), act=act)


@router.post("/assignments/{slug}/attempts", response_model=None)
def give_attempts(
    slug: str, form: StudentFormDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    given = {"per_day": form.per_day, "burst": form.burst, "extra": form.extra}
    # What is left empty stays as the assignment says.
    numbers = {name: number(text) for name, text in given.items() if text.strip()}
    try:
        new = QuotaGrantIn.model_validate({**numbers, "reason": form.reason})
        granting.grant_quota(services, visitor.principal, slug, form.user, new, if_match=form.if_match)
    except ValidationError as error:
        return _attempts_again(services, visitor, slug, form, wrong_fields(error))
    except ProblemError as problem:
        if problem.code not in COLLISIONS:
            raise
        return _attempts_again(services, visitor, slug, form, ("user",))
    return _done(services, visitor, slug, "attempts")


@router.post("/assignments/{slug}/attempts/remove", response_model=None)
def remove_attempts(
    slug: str, form: StudentFormDep, visitor: FormSenderDep, services: ServicesDep
) -> Response:
    why = optional_reason(form.reason)
    try:
        granting.remove_quota_grant(
            services, visitor.principal, slug, form.user, why, if_match=form.if_match
        )
    except ProblemError as problem:
        if problem.code not in COLLISIONS:
            raise
        return _attempts_again(services, visitor, slug, form, ("user",))
    return _done(services, visitor, slug, "attempts")


def _utc_seconds(text: str) -> float | str:
    """Of what `<input type=datetime-local>` sends; anything else is left for the form's own check."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return text


def _extensions(
    session: Session,
    visitor: Visitor,
    found: Staffed,
    *,
    act: str = "",
    form: SentForm | None = None,
    status: int = 200,
) -> Response:
    assignment, language = found.assignment, visitor.language
    rows = repository.extensions(session, assignment.id)
    page = ExtensionsPage(
        slug=assignment.slug,
        due_at=assignment.due_at,
        may_decide=found.decides,
        rows=tuple(rows),
        seen={row.user: extension_etag(row) for row in rows},
        students=tuple(repository.students(session, assignment.course_id)),
        form=form or SentForm(),
        done=done_line(_acts(session, assignment), language, act),
    )
    shell = shell_below(session, visitor, assignment, say(language, "acting.extensions"))
    return render_page("acting_extensions.html", shell, page, status=status)


def _attempts(
    session: Session,
    visitor: Visitor,
    found: Staffed,
    *,
    act: str = "",
    form: SentForm | None = None,
    status: int = 200,
) -> Response:
    assignment, language = found.assignment, visitor.language
    rows = repository.quota_grants(session, assignment.id)
    page = AttemptsPage(
        slug=assignment.slug,
        quota=assignment.spec.quota,
        may_decide=found.decides,
        rows=tuple(rows),
        seen={row.user: granting.grant_etag(row) for row in rows},
        students=tuple(repository.students(session, assignment.course_id)),
        form=form or SentForm(),
        done=done_line(_acts(session, assignment), language, act),
    )
    shell = shell_below(session, visitor, assignment, say(language, "acting.attempts"))
    return render_page("acting_attempts.html", shell, page, status=status)


def _extensions_again(
    services: Services, visitor: Visitor, slug: str, form: StudentForm, wrong: tuple[str, ...]
) -> Response:
    with reading(services.engine) as session:
        found = staffed(session, visitor, slug, deciding=True)
        said = {"due_at": "acting.wrong_due_at", "reason": "acting.wrong_reason", "user": _MEANWHILE}
        problem = " ".join(say(visitor.language, said[name]) for name in wrong if name in said)
        sent = form.sent(wrong=wrong, problem=problem)
        return _extensions(session, visitor, found, form=sent, status=_status(wrong))


def _attempts_again(
    services: Services, visitor: Visitor, slug: str, form: StudentForm, wrong: tuple[str, ...]
) -> Response:
    with reading(services.engine) as session:
        found = staffed(session, visitor, slug, deciding=True)
        if found.assignment.spec.quota is None:
            problem = say(visitor.language, "acting.no_quota")
        else:
            said = {"reason": "acting.wrong_reason", "": "acting.wrong_nothing_given", "user": _MEANWHILE}
            keys = dict.fromkeys(said.get(name, "acting.wrong_attempts") for name in wrong)
            problem = " ".join(say(visitor.language, key) for key in keys)
        return _attempts(
            session, visitor, found, form=form.sent(wrong=wrong, problem=problem), status=_status(wrong)
        )


def _status(wrong: tuple[str, ...]) -> int:
    """Of somebody else's decision, that of `changed_meanwhile`."""
    return 412 if wrong == ("user",) else 422


def _acts(session: Session, assignment: repository.AssignmentDetails) -> list[repository.Act]:
    return repository.acts_on(session, assignment.course_id, (assignment.id,))


def _done(services: Services, visitor: Visitor, slug: str, where: str) -> Response:
    with reading(services.engine) as session:
        assignment = staffed(session, visitor, slug).assignment
    return done(
        services,
        visitor,
        f"/assignments/{slug}/{where}",
        course_id=assignment.course_id,
        subjects=(assignment.id,),
    )
