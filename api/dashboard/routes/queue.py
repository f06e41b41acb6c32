"""What runs, what waits, and who is at work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import structlog
from fastapi import APIRouter, Query

from api.dashboard.pages.paging import page_number, paged
from api.dashboard.pages.queue import QueuePage, queue_page
from api.dashboard.shell import shell_for
from api.dashboard.templating import render_page
from api.dashboard.texts import say
from api.dependencies import ReadingDep, Services, ServicesDep
from api.errors import ProblemError
from api.security import Visitor, VisitorDep
from store import repository
from store.presence import present

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.responses import Response

router = APIRouter()
_log = structlog.get_logger(__name__)
_Page = Annotated[str, Query(max_length=20)]


@router.get("/queue", response_model=None)
def show_queue(session: ReadingDep, visitor: VisitorDep, services: ServicesDep, page: _Page = "") -> Response:
    shell = shell_for(visitor, say(visitor.language, "frame.queue"))
    return render_page("queue.html", shell, _queue(session, visitor, services, page))


@router.get("/queue/rows", response_model=None)
def queue_fragment(
    session: ReadingDep, visitor: VisitorDep, services: ServicesDep, page: _Page = ""
) -> Response:
    shell = shell_for(visitor, say(visitor.language, "frame.queue"))
    return render_page("queue_body.html", shell, _queue(session, visitor, services, page))


def _queue(session: Session, visitor: Visitor, services: Services, page: str) -> QueuePage:
    if not visitor.staffed:
        raise ProblemError("forbidden", "queue")
    counts = repository.counts_under_way(session, visitor.staffed)
    shown, paging = paged(range(sum(counts.values())), page_number(page), {})
    rows = repository.waiting_and_running(
        session, visitor.staffed, limit=max(1, len(shown)), offset=paging.first - 1 if shown else 0
    )
    try:
        seen = present(services.redis)
    except Exception as error:  # noqa: BLE001 - whatever it is, the page says that Redis does not answer
        _log.warning("queue_page.redis", error=str(error))
        seen = None
    return queue_page(
        rows,
        visitor.language,
        counts=counts,
        paging=paging,
        presence=seen,
        now=time.time(),
        places=services.queue.look().places,
    )
