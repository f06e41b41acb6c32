"""HEAD: what GET would answer, without the body (RFC 9110, 9.3.2). No route need think of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        # A copy: the server leaves the body out by what it was asked.
        as_get: Scope = {**scope, "method": "GET"}
        answered = False

        async def without_body(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                # Those around us tell routes apart by these.
                scope.update({name: as_get[name] for name in ("route", "path_params") if name in as_get})
                await send(message)
            elif not answered:
                answered = True
                await send({"type": "http.response.body", "body": b""})

        async def until_answered() -> Message:
            # Or a stream of events would go on to nobody.
            return {"type": "http.disconnect"} if answered else await receive()

        await self.app(as_get, until_answered, without_body)
