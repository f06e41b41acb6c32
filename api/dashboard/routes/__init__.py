"""The addresses of the pages. They look things up and choose a template; what is shown stands in `pages`."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.dashboard.routes import (
    account,
    acting,
    acting_assignment,
    acting_students,
    audit,
    boards,
    exports,
    handing_in,
    live,
    opening,
    people,
    queue,
    reading,
    settings,
    signing_in,
    similarity,
    spec_editor,
    spec_versions,
    submissions,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for part in (
    *(signing_in, account, people, audit, opening),
    *(reading, boards, submissions, handing_in, live, queue, settings),
    *(acting, acting_assignment, acting_students, exports, similarity, spec_editor, spec_versions),
):
    router.include_router(part.router)
