"""The grades of an assignment as files, for whoever is signed in on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import Response

from api.dashboard.routes.acting_common import staffed
from api.dependencies import ReadingDep
from api.grades import grades
from api.grades_csv import canvas_csv, grades_csv
from api.security import VisitorDep

if TYPE_CHECKING:
    from store.repository import AssignmentDetails

router = APIRouter()


@router.get("/assignments/{slug}/grades.csv", response_model=None)
def export_grades(slug: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    assignment = staffed(session, visitor, slug).assignment
    return _file(grades_csv(grades(session, assignment), assignment), "grades", assignment)


@router.get("/assignments/{slug}/grades-canvas.csv", response_model=None)
def export_for_canvas(slug: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    """In the columns that Canvas imports into its gradebook."""
    assignment = staffed(session, visitor, slug).assignment
    return _file(canvas_csv(grades(session, assignment), assignment), "canvas", assignment)


def _file(text: str, name: str, assignment: AssignmentDetails) -> Response:
    kept = {"Content-Disposition": f'attachment; filename="{name}-{assignment.slug}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=kept)
