"""What stands before every route: a ceiling on the body, and the headers that every answer carries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from api.errors import ProblemError, problem_response
from api.secure_headers import SECURITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
        detail = f"At most {limit_bytes} bytes are taken in one request."
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit_bytes:
            await problem_response(ProblemError("too_large", detail), scope["path"])(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit_bytes:
                # Not a ProblemError: whoever reads a body for a route lets this through, and hides all else.
                raise HTTPException(413, detail)
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
                    *(
                        (name.encode(), value.encode())
                        for name, value in SECURITY_HEADERS.items()
                        if name.encode() not in present
                    ),
                ]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
