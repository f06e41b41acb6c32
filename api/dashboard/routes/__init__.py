"""The addresses of the pages. They look things up and choose a template; what is shown stands in `pages`."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.dashboard.routes import account, audit, handing_in, live, people, reading, signing_in

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for part in (signing_in, account, people, audit, reading, handing_in, live):
    router.include_router(part.router)
