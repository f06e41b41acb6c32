"""What staff do about one submission: other points, judging again, trying again; each tells what was done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, BackgroundTasks, Form
from pydantic import ValidationError

from api import deciding, regrading
from api.dashboard.pages.acting_submission import (
    ActingOnSubmission,
    OverrideForm,
    acting_on_submission,
)
from api.dashboard.routes.acting_common import (
    COLLISIONS,
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
from api.grades import grade_of_student
from api.reach import is_instructor, reachable_assignment, require_staff
from api.retrying import announce_retried, retry_run
from api.schemas_grade import OverrideIn
from api.security import FormSenderDep, Visitor, VisitorDep, reachable_submission
from store import repository
from store.engine import reading

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

router = APIRouter()
Text = Annotated[str, Form()]


@router.post("/submissions/{submission_id}/override", response_model=None)
def override(  # noqa: PLR0917 - FastAPI passes by name
    submission_id: str,
    visitor: FormSenderDep,
    services: ServicesDep,
    points: Text = "",
    reason: Text = "",
    seen: Text = "",
) -> Response:
    """Or the form again, as it was filled in, with what is wrong. `seen`: the ETag of the one that stands."""
    form = OverrideForm(points=points, reason=reason)
    try:
        new = OverrideIn.model_validate({"points": number(points), "reason": reason})
        deciding.give_override(services, visitor.principal, submission_id, new, if_match=seen or None)
    except ValidationError as error:
        return _form_again(services, visitor, submission_id, form, wrong_fields(error))
    except ProblemError as problem:
        if problem.code in COLLISIONS:
            return _decided_meanwhile(services, visitor, submission_id, form)
        # More than there are: the one thing that the form itself cannot know.
        if problem.code != "validation_failed":
            raise
        return _form_again(services, visitor, submission_id, form, ("points",))
    return _done(services, visitor, submission_id)


@router.post("/submissions/{submission_id}/override/withdraw", response_model=None)
def withdraw_override(
    submission_id: str, visitor: FormSenderDep, services: ServicesDep, reason: Text = "", seen: Text = ""
) -> Response:
    why = optional_reason(reason)
    try:
        deciding.withdraw_override(services, visitor.principal, submission_id, why, if_match=seen or None)
    except ProblemError as problem:
        if problem.code not in COLLISIONS:
            raise
        return _decided_meanwhile(services, visitor, submission_id, OverrideForm())
    return _done(services, visitor, submission_id)


@router.post("/submissions/{submission_id}/regrade", response_model=None)
def regrade(submission_id: str, visitor: FormSenderDep, services: ServicesDep) -> Response:
    """By the newest version, now. Where nothing stored can be judged by it, the page says so."""
    try:
        regrading.regrade_one(services, visitor.principal, submission_id)
    except ProblemError as problem:
        return _told_of(services, visitor, submission_id, problem, "needs_new_run")
    return _done(services, visitor, submission_id)


@router.post("/submissions/{submission_id}/retry", response_model=None)
def retry(
    submission_id: str, visitor: FormSenderDep, services: ServicesDep, background: BackgroundTasks
) -> Response:
    with reading(services.engine) as session:
        details, is_staff = reachable_submission(session, visitor.principal, submission_id)
        require_staff("grader" if is_staff else None)
    try:
        run = retry_run(services, visitor.principal, details.run.id)
    except ProblemError as problem:
        return _told_of(services, visitor, submission_id, problem, "not_errored")
    background.add_task(announce_retried, services, run)
    answer = _done(services, visitor, submission_id)
    answer.background = background
    return answer


@router.get("/submissions/{submission_id}/acting", response_model=None)
def act_on_submission(submission_id: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    """The forms of the submission's page alone, for whoever comes back to one of them."""
    return _acting_page(session, visitor, submission_id, OverrideForm())


def acting_of(
    session: Session,
    visitor: Visitor,
    details: repository.SubmissionDetails,
    *,
    act_id: str = "",
    form: OverrideForm | None = None,
) -> ActingOnSubmission:
    """What the staff of the course may do about a submission, for its page."""
    submission = details.submission
    assignment, role = reachable_assignment(session, visitor.principal, details.assignment_slug)
    grade = grade_of_student(session, assignment, submission.user_id)
    return acting_on_submission(
        details,
        visitor.language,
        may_decide=is_instructor(role),
        worth=next((s for s in grade.grade.submissions if s.id == submission.id), None) if grade else None,
        override=deciding.standing_override(session, details),
        acts=repository.acts_on(session, details.course_id, (submission.id, details.run.id)),
        act_id=act_id,
        form=form,
    )


def _acting_page(
    session: Session, visitor: Visitor, submission_id: str, form: OverrideForm, *, status: int = 200
) -> Response:
    details, _ = reachable_submission(session, visitor.principal, submission_id)
    assignment = staffed(session, visitor, details.assignment_slug).assignment
    title = say(visitor.language, "acting.of_student", student=details.user_display_name)
    page = {
        "submission_id": submission_id,
        "acting": acting_of(session, visitor, details, form=form),
        "title": title,
    }
    shell = shell_below(session, visitor, assignment, title)
    return render_page("acting_submission_page.html", shell, page, status=status)


def _form_again(
    services: Services, visitor: Visitor, submission_id: str, form: OverrideForm, wrong: tuple[str, ...]
) -> Response:
    with reading(services.engine) as session:
        # Whoever may not decide is told that, and not how to fill the form in better.
        worth, _ = deciding.judged(session, visitor.principal, submission_id)
        said = {
            "points": say(visitor.language, "acting.wrong_points", most=worth.max_points),
            "reason": say(visitor.language, "acting.wrong_reason"),
        }
        problem = " ".join(said[name] for name in wrong if name in said)
        sent = OverrideForm(points=form.points, reason=form.reason, wrong=wrong, problem=problem)
        return _acting_page(session, visitor, submission_id, sent, status=422)


def _decided_meanwhile(
    services: Services, visitor: Visitor, submission_id: str, form: OverrideForm
) -> Response:
    """With what stands now, so that sending it once more is done knowingly."""
    problem = say(visitor.language, "acting.decided_meanwhile")
    sent = replace(form, wrong=("points",) if form.points else (), problem=problem)
    with reading(services.engine) as session:
        return _acting_page(session, visitor, submission_id, sent, status=412)


def _told_of(
    services: Services, visitor: Visitor, submission_id: str, problem: ProblemError, expected: str
) -> Response:
    """A refusal that belongs to the submission, on its forms; any other as every problem is told."""
    if problem.code != expected:
        raise problem
    form = OverrideForm(problem=problem.detail(visitor.language))
    with reading(services.engine) as session:
        return _acting_page(session, visitor, submission_id, form, status=problem.status)


def _done(services: Services, visitor: Visitor, submission_id: str) -> Response:
    with reading(services.engine) as session:
        details, _ = reachable_submission(session, visitor.principal, submission_id)
    return done(
        services,
        visitor,
        f"/submissions/{submission_id}",
        course_id=details.course_id,
        subjects=(submission_id, details.run.id),
    )
