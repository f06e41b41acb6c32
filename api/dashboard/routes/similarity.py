"""Looking for copies: the check is started, its pairs are listed, and two of them stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Form
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api import regrading
from api.dashboard.pages.acting_similarity import pair_page, similarity_page
from api.dashboard.routes.acting_common import Staffed, shell_below, staffed
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, ServicesDep
from api.errors import ProblemError
from api.schemas_regrading import SimilarityIn
from api.security import FormSenderDep, Visitor, VisitorDep, reachable_submission
from store import repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

router = APIRouter()
_MOST_BOILERPLATE_CHARACTERS = 100_000


@router.get("/assignments/{slug}/similarity", response_model=None)
def show_similarity(slug: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    return _similarity(session, visitor, staffed(session, visitor, slug))


@router.post("/assignments/{slug}/similarity", response_model=None)
def start_similarity(  # noqa: PLR0917 - FastAPI passes by name
    slug: str,
    session: ReadingDep,
    visitor: FormSenderDep,
    services: ServicesDep,
    background: BackgroundTasks,
    threshold: Annotated[str, Form()] = "80",
    boilerplate: Annotated[str, Form(max_length=_MOST_BOILERPLATE_CHARACTERS)] = "",
) -> Response:
    """To the page of the job. `threshold` is in per cent, as people say it."""
    found = staffed(session, visitor, slug)
    given = [boilerplate] if boilerplate.strip() else []
    try:
        asked = SimilarityIn(threshold=float(threshold.replace(",", ".")) / 100, boilerplate=given)
    except (ValueError, ValidationError):
        problem = say(visitor.language, "similarity.wrong_threshold")
        return _similarity(session, visitor, found, sent_threshold=threshold, problem=problem, status=422)
    job = regrading.start_similarity(services, visitor.principal, slug, asked)
    background.add_task(regrading.announce_job, services, job)
    return RedirectResponse(f"/jobs/{job.id}", status_code=303, background=background)


@router.get("/assignments/{slug}/similarity/{first}/{second}", response_model=None)
def show_pair(slug: str, first: str, second: str, session: ReadingDep, visitor: VisitorDep) -> Response:
    """Of the newest check that has ended: what it found of just these two."""
    assignment = staffed(session, visitor, slug).assignment
    job = repository.newest_staff_job(session, assignment.id, "similarity")
    pairs: list[dict[str, Any]] = [] if job is None or job.result is None else job.result["pairs"]
    places = [i for i, pair in enumerate(pairs) if (pair["first"], pair["second"]) == (first, second)]
    if not places:
        raise ProblemError("not_found", "pair")
    page = pair_page(
        slug,
        pairs,
        places[0],
        reachable_submission(session, visitor.principal, first)[0],
        reachable_submission(session, visitor.principal, second)[0],
    )
    title = say(
        visitor.language, "similarity.pair_title", first=page.sides[0].student, second=page.sides[1].student
    )
    return render_page("acting_pair.html", shell_below(session, visitor, assignment, title), page)


def _similarity(
    session: Session,
    visitor: Visitor,
    found: Staffed,
    *,
    sent_threshold: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    assignment = found.assignment
    ended = repository.newest_staff_job(session, assignment.id, "similarity")
    newest = repository.recent_staff_jobs(session, assignment.id, kind="similarity", limit=1)
    result = (ended.result if ended else None) or {"pairs": [], "skipped": []}
    ids = {pair[side] for pair in result["pairs"] for side in ("first", "second")}
    page = similarity_page(
        assignment.slug,
        visitor.language,
        ended=ended,
        newest=newest[0] if newest else None,
        named=repository.students_of(session, ids | {entry["submission"] for entry in result["skipped"]}),
        sent_threshold=sent_threshold,
        problem=problem,
    )
    shell = shell_below(session, visitor, assignment, say(visitor.language, "similarity.title"))
    return render_page("acting_similarity.html", shell, page, status=status)
