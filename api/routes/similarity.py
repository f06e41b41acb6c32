"""Looking for copies. For staff."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends

from api import regrading
from api.dependencies import ReadingDep, ServicesDep  # noqa: TC001 - FastAPI reads them at run time
from api.errors import ProblemError, documented
from api.paging import Cursor, next_page, page_in_order
from api.parameters import AssignmentSlug, ManyLimit  # noqa: TC001 - as above
from api.schemas_regrading import JobOut, SimilarityIn, SimilarityOut, SimilarPairOut, SpanOut
from api.security import PrincipalDep, principal
from api.staff_jobs import rung, staffed_assignment
from api.views import API
from store import repository

router = APIRouter(prefix="/api/v1/assignments", tags=["regrading"])
_KNOWN = [Depends(principal)]
_STAFF = ("unauthenticated", "forbidden", "not_found", "validation_failed")


@router.post("/{slug}/similarity", status_code=202, dependencies=_KNOWN, responses=documented(*_STAFF))
def check_similarity(
    slug: AssignmentSlug,
    asked: SimilarityIn,
    who: PrincipalDep,
    services: ServicesDep,
    background: BackgroundTasks,
) -> JobOut:
    """Compare the newest submissions of all students with each other; a worker does it."""
    return rung(services, background, regrading.start_similarity(services, who, slug, asked))


@router.get("/{slug}/similarity", responses=documented(*_STAFF, "no_similarity_yet"))
def get_similarity(
    slug: AssignmentSlug,
    session: ReadingDep,
    who: PrincipalDep,
    after: Cursor = None,
    limit: ManyLimit = 1000,
) -> SimilarityOut:
    """The newest check that has ended: pairs for review, most alike first."""
    assignment = staffed_assignment(session, who, slug)
    job = repository.newest_staff_job(session, assignment.id, "similarity")
    if job is None or job.result is None or job.finished_at is None:
        raise ProblemError("no_similarity_yet")
    pairs, cursor = page_in_order(job.result["pairs"], after=after, limit=limit)
    named = repository.students_of(session, {pair[side] for pair in pairs for side in ("first", "second")})
    own = f"{API}/assignments/{slug}/similarity"
    return SimilarityOut(
        checked_at=job.finished_at,
        compared=job.result["compared"],
        skipped=job.result["skipped"],
        pairs=[_pair_out(pair, named) for pair in pairs],
        next=next_page(own, limit=limit, after=cursor) if cursor else None,
    )


def _pair_out(pair: dict[str, Any], named: dict[str, str]) -> SimilarPairOut:
    return SimilarPairOut(
        first=pair["first"],
        first_student=named.get(pair["first"], ""),
        second=pair["second"],
        second_student=named.get(pair["second"], ""),
        share_first=pair["share_first"],
        share_second=pair["share_second"],
        spans=[SpanOut(first_lines=(s[0], s[1]), second_lines=(s[2], s[3])) for s in pair["spans"]],
    )
