"""What students begin with: files that run as they are, and a text that says what is asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.dependencies import ReadingDep  # noqa: TC001 - FastAPI reads it at run time
from api.errors import ProblemError, documented
from api.language import LANGUAGES
from api.parameters import AssignmentSlug, FrameworkName  # noqa: TC001 - as above
from api.reach import reachable_assignment
from api.schemas_feedback import StarterOut, StartersOut, TrialOut
from api.security import LanguageDep, PrincipalDep  # noqa: TC001 - as above
from api.starters import (
    FORMATS,
    FRAMEWORK_TITLES,
    Format,
    assignment_text,
    file_name,
    frameworks_of,
    lab_of,
    starter,
    title_of,
)
from api.trial import trial_spec
from api.views import API

router = APIRouter(prefix="/api/v1/assignments/{slug}", tags=["starters"])
_READING = documented("unauthenticated", "not_found", "validation_failed")
_TEXT = "# Iris, one layer\n\nTrain a classifier with one layer.\n"
_MEDIA_TYPES: dict[Format, str] = {
    "py": "text/x-python",
    "ipynb": "application/x-ipynb+json",
}
_FILES = {
    "text/x-python": {"schema": {"type": "string"}, "example": "def train(lab):\n    ...\n"},
    "application/x-ipynb+json": {"schema": {"type": "object"}, "example": {"cells": [], "nbformat": 4}},
}
FormatDep = Annotated[Format, Query(description="A Python file, or a notebook", examples=["py"])]


@router.get("/starters", responses=_READING)
def list_starters(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> StartersOut:
    """One for each framework; none where the assignment uses a data set of the course's own."""
    assignment, _ = reachable_assignment(session, who, slug)
    own = f"{API}/assignments/{slug}"
    return StartersOut(
        assignment=slug,
        languages=list(LANGUAGES),
        items=[
            StarterOut(
                framework=framework,
                title=FRAMEWORK_TITLES[framework],
                links={form: f"{own}/starters/{framework}?format={form}" for form in FORMATS},
            )
            for framework in frameworks_of(assignment.spec)
        ],
        links={"text": f"{own}/text"},
    )


@router.get(
    "/starters/{framework}",
    response_class=Response,
    responses={
        200: {"content": _FILES},
        **_READING,
    },
)
def get_starter(  # noqa: PLR0917 - FastAPI passes by name
    slug: AssignmentSlug,
    framework: FrameworkName,
    session: ReadingDep,
    who: PrincipalDep,
    language: LanguageDep,
    format: FormatDep = "py",  # noqa: A002 - the name of the parameter in the address
) -> Response:
    """The file itself."""
    assignment, _ = reachable_assignment(session, who, slug)
    lab = lab_of(assignment.spec)
    if lab is None or framework not in frameworks_of(assignment.spec):
        raise ProblemError("not_found", "starter", slug=slug, framework=framework)
    text = starter(lab, framework, form=format, language=language, title=title_of(assignment.spec, language))
    return Response(
        text,
        media_type=_MEDIA_TYPES[format],
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(format)}"',
            "Content-Language": language,
        },
    )


@router.get("/trial", responses=_READING)
def get_trial(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep) -> TrialOut:
    """What it takes to try a file at home, as `labmark check` does; 404 where all criteria are for staff."""
    assignment, _ = reachable_assignment(session, who, slug)
    spec = trial_spec(assignment.spec)
    if spec is None:
        raise ProblemError("not_found", "asked", slug=slug)
    hidden = len(assignment.spec.criteria) - len(spec.criteria)
    document = spec.model_dump(mode="json", exclude_defaults=True)
    return TrialOut(assignment=slug, version=assignment.version, spec=document, hidden_criteria=hidden)


@router.get(
    "/text",
    response_class=Response,
    responses={
        200: {"content": {"text/markdown": {"schema": {"type": "string"}, "example": _TEXT}}},
        **_READING,
    },
)
def get_text(slug: AssignmentSlug, session: ReadingDep, who: PrincipalDep, language: LanguageDep) -> Response:
    """What is asked, the ideas behind it, how the grade is made and how to work."""
    assignment, _ = reachable_assignment(session, who, slug)
    return Response(
        assignment_text(assignment.spec, language),
        media_type="text/markdown; charset=utf-8",
        headers={"Content-Language": language},
    )
