"""The addresses of the pages. They look things up and choose a template; what is shown stands in `pages`."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.dashboard.routes import (
    account,
    audit,
    boards,
    handing_in,
    live,
    people,
    queue,
    reading,
    settings,
    signing_in,
    submissions,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for part in (
    signing_in,
    account,
    people,
    audit,
    reading,
    boards,
    submissions,
    handing_in,
    live,
    queue,
    settings,
):
    router.include_router(part.router)
