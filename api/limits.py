"""What stands before every route: a ceiling on the body, and the headers that every answer carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.errors import ProblemError, problem_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Scripts and styles are files of ours: nothing inline runs, whatever a student wrote into a file.
_HEADERS = [
    (
        b"content-security-policy",
        (
            b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            b"form-action 'self'; "
            b"base-uri 'none'; frame-ancestors 'none'"
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
# FastAPI's own documentation pages load scripts from elsewhere and are switched off in create_app.


class BodyLimit:
    """413 as soon as the length is known to be too large, before the rest of the body is read.

    `larger`: what is taken in place of `limit_bytes` by POST to a path that matches the pattern as a whole.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, larger: Mapping[str, int] | None = None) -> None:
        self.app, self.limit_bytes = app, limit_bytes
        self.larger = {re.compile(pattern): limit for pattern, limit in (larger or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit_bytes = self._limit_of(scope)
        problem = ProblemError("too_large", f"At most {limit_bytes} bytes are taken in one request.")
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit_bytes:
            await problem_response(problem, scope["path"])(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit_bytes:
                raise problem
            return message

        await self.app(scope, counted, send)

    def _limit_of(self, scope: Scope) -> int:
        if scope["method"] == "POST":
            for pattern, limit in self.larger.items():
                if pattern.fullmatch(scope["path"]):
                    return limit
        return self.limit_bytes


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in _HEADERS if header[0] not in present),
                ]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
