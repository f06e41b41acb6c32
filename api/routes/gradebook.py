"""Grades, as students and staff read them."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.grades import grade_out, grade_row_out, grades, own_grade
from api.grades_csv import canvas_csv, grades_csv
from api.paging import Cursor, next_page, page_of
from api.parameters import AssignmentSlug, ManyLimit  # noqa: TC001 - as above
from api.reach import reachable_assignment, require_staff
from api.schemas_grade import ChoiceIn, ChoiceOut, GradeOut, GradesOut
from api.security import LanguageDep, PrincipalDep  # noqa: TC001 - as above
from api.views import API
from store import repository
from store.engine import transaction

router = APIRouter(prefix="/api/v1", tags=["grades"])
_STAFF = documented("unauthenticated", "forbidden", "not_found", "validation_failed")
_CSV_EXAMPLE = "user,display_name,points,max_points\r\nana-popescu,Ana Popescu,8.5,10.0\r\n"
Columns = Annotated[
    Literal["plain", "canvas"],
    Query(description="`canvas`: as Canvas' gradebook imports them", examples=["canvas"]),
]


@router.get("/assignments/{slug}/grades", responses=_STAFF)
def get_grades(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    language: LanguageDep,
    request: Request,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> GradesOut:
    """Every student's grade, and how it came about; by name. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    shown, cursor = page_of(
        grades(session, assignment),
        lambda student: (student.row.display_name, student.row.user_name),
        after=after,
        limit=limit,
    )
    own, asked = f"{API}/assignments/{slug}/grades", request.query_params.get("language")
    return GradesOut(
        assignment=slug,
        max_points=round(assignment.spec.max_points, 2),
        counting=assignment.spec.counting,
        due_at=assignment.due_at,
        items=[grade_row_out(student, assignment, language) for student in shown],
        next=next_page(own, limit=limit, language=asked, after=cursor) if cursor else None,
    )


@router.get(
    "/assignments/{slug}/grades.csv",
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": _CSV_EXAMPLE}}},
        **_STAFF,
    },
    response_class=Response,
)
def get_grades_csv(
    slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, columns: Columns = "plain"
) -> Response:
    """The same for a spreadsheet or for Canvas, one line a student. For staff."""
    assignment, role = reachable_assignment(session, who, slug)
    require_staff(role)
    write = canvas_csv if columns == "canvas" else grades_csv
    return Response(
        write(grades(session, assignment), assignment),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="grades-{assignment.slug}.csv"'},
    )


@router.get(
    "/assignments/{slug}/grades/me",
    responses=documented("unauthenticated", "not_found", "validation_failed"),
)
def get_own_grade(
    slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, language: LanguageDep
) -> GradeOut:
    """Yours, without what is hidden from you while you can still hand in."""
    assignment, _ = reachable_assignment(session, who, slug)
    own = own_grade(session, assignment, who.user_id, now=time.time())
    if own is None:
        raise ProblemError("not_found", "grade", slug=slug)
    return grade_out(own, assignment, language)


@router.put(
    "/assignments/{slug}/choice",
    responses=documented("unauthenticated", "not_found", "no_choice", "validation_failed"),
)
def choose_submission(
    slug: AssignmentSlug, chosen: ChoiceIn, services: ServicesDep, who: PrincipalDep
) -> ChoiceOut:
    """Which of your submissions is to count."""
    with transaction(services.engine) as session:
        assignment, _ = reachable_assignment(session, who, slug)
        if assignment.spec.counting != "chosen":
            raise ProblemError("no_choice", slug=slug, counting=assignment.spec.counting)
        done = repository.choose(
            session, assignment_id=assignment.id, user_id=who.user_id, submission_id=chosen.submission
        )
        if not done:
            raise ProblemError("not_found", "submission_to", id=chosen.submission, slug=slug)
    return ChoiceOut(submission=chosen.submission)
