"""What is seen of every request: its id, which every line logged meanwhile carries, and how long it took."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.datastructures import Headers

from store.ids import new_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.metrics import Metrics

REQUEST_ID_HEADER: Final = "X-Request-ID"
# An id from outside goes into our logs as it is.
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET_METHODS = {"GET", "HEAD", "OPTIONS"}
_SLOW_S = 1.0
_log = structlog.get_logger(__name__)


class Observed:
    """Before everything else. A proxy's X-Request-ID is kept, else the request gets one; the answer says it.

    A line a request would be mostly people who look at pages: what changes something, is refused, fails or is
    slow has one.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        request_id = given if _GIVEN_ID.fullmatch(given) else new_id()
        structlog.contextvars.clear_contextvars()
        # Not unbound at the end: who answers for an unexpected error stands around us, and logs it.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        seen = _Seen(scope, self.metrics)

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (REQUEST_ID_HEADER.lower().encode(), request_id.encode()),
                ]
                seen.answered(message)
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            seen.ended()


class _Seen:
    """One request. Its time is that to the first byte of the answer: a stream of events lasts for hours."""

    def __init__(self, scope: Scope, metrics: Metrics) -> None:
        self._scope, self._metrics = scope, metrics
        self._began, self._status, self._streams = time.monotonic(), 0, False

    def answered(self, message: Message) -> None:
        self._status = message["status"]
        took_s = time.monotonic() - self._began
        self._metrics.observe_request(
            method=self._scope["method"], route=self._route, status=self._status, seconds=took_s
        )
        self._log(took_s)
        kind = Headers(raw=message["headers"]).get("content-type", "")
        if kind.startswith("text/event-stream"):
            self._streams = True
            self._metrics.live_readers.inc()

    def ended(self) -> None:
        if self._streams:
            self._metrics.live_readers.dec()
        if not self._status:
            # An unexpected error is answered around us, and a client that left gets no answer at all.
            took_s = time.monotonic() - self._began
            self._metrics.observe_request(
                method=self._scope["method"], route=self._route, status=500, seconds=took_s
            )

    @property
    def _route(self) -> str:
        """As it was declared, without anybody's id; "other" for what is none of ours."""
        return str(getattr(self._scope.get("route"), "path", "other"))

    def _log(self, took_s: float) -> None:
        if self._scope["method"] in _QUIET_METHODS and self._status < 400 and took_s < _SLOW_S:
            return
        names: dict[str, Any] = {
            name: value
            for name, value in self._scope.get("path_params", {}).items()
            if name in {"slug", "submission_id"}
        }
        _log.info(
            "http.request",
            method=self._scope["method"],
            route=self._route,
            status=self._status,
            seconds=round(took_s, 4),
            **names,
        )
