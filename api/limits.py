"""What stands before every route: how many requests, how large, and the headers that every answer carries."""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from starlette.requests import Request

from api.answering import answer_problem
from api.cookies import SESSION, read_cookie
from api.errors import ProblemError, TooLargeError
from api.secure_headers import SECURITY_HEADERS
from store.request_limits import Limits, RequestCounter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from store.settings import Settings

# What keeps no secret and asks neither database nor Redis. A page of ours loads eight files at once.
_UNCOUNTED: Final = re.compile(r"/static/.*|/healthz")


class RequestLimit:
    """429 to whoever asks too often: see `store.request_limits`. A stream of events is one request."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings
        # A connection to Redis belongs to the loop that made it.
        self._counters: WeakKeyDictionary[asyncio.AbstractEventLoop, RequestCounter] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_counted = scope["type"] == "http" and not _UNCOUNTED.fullmatch(scope["path"])
        if is_counted and self._settings.limit_requests:
            await self._counted(scope, receive, send)
            return
        await self.app(scope, receive, send)
        if scope["type"] == "lifespan" and (counter := self._counters.pop(asyncio.get_running_loop(), None)):
            await counter.close()

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, counter = Request(scope), self._counter()
        credential = _credential(request)
        address = "" if request.client is None else request.client.host
        taken = await counter.take(credential=credential, address=address)
        if taken is not None and taken.wait_s:
            await answer_problem(request, _too_many(taken.wait_s))(scope, receive, send)
            return
        # Those who find out who asks leave it here.
        state = scope.setdefault("state", {})

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and taken is not None and not taken.known:
                who = state.get("principal")
                if credential and who is not None:
                    await counter.remember(credential=credential, user_id=who.user_id)
            await send(message)

        await self.app(scope, receive, watched)

    def _counter(self) -> RequestCounter:
        loop = asyncio.get_running_loop()
        if loop not in self._counters:
            self._counters[loop] = RequestCounter(self._settings.redis_url, Limits.of(self._settings))
        return self._counters[loop]


def _credential(request: Request) -> str:
    """What somebody says they are known by; the same that `api.security` looks at."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else read_cookie(request, SESSION)


def _too_many(wait_s: float) -> ProblemError:
    seconds = max(1, math.ceil(wait_s))
    return ProblemError("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds)


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
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > limit_bytes:
            problem = ProblemError("too_large", "request", limit=limit_bytes)
            await answer_problem(Request(scope), problem)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit_bytes:
                raise TooLargeError(limit_bytes)
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
