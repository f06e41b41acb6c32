"""Requests to the service: tried again while it does not answer, and refused in its own sentences."""

from __future__ import annotations

import contextlib
import email.utils
import random
import ssl
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from client.messages import language, say
from client.problems import DENIED, ERRORED, UNREACHABLE, USAGE, StopError
from client.screen import safe, safe_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_API: Final = "/api/v1"
_TIMEOUT: Final = httpx.Timeout(30, connect=10)
# A server that restarts, or a proxy before one; 429 is decided by its code.
_NOT_NOW: Final = {502, 503, 504}
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
_STATUSES: Final = {401: DENIED, 403: DENIED, 429: UNREACHABLE, **dict.fromkeys(_NOT_NOW, UNREACHABLE)}


class Service:
    """`patience_s`: how long a request is tried again before that is told as an error."""

    def __init__(
        self, address: str, token: str, *, notify: Callable[[str], None], patience_s: float
    ) -> None:
        self.address, self.notify, self.patience_s = address, notify, patience_s
        self._http = httpx.Client(
            base_url=address,
            timeout=_TIMEOUT,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept-Language": language(),
                "User-Agent": f"labmark/{metadata.version('labmark')}",
            },
        )

    def get(self, *path: str, **query: str | int | None) -> Any:
        """The JSON document at /api/v1/ and `path`, each part of which may hold anything."""
        return self._json(self._request("GET", path_of(*path), params=_given(query)))

    def get_text(self, *path: str, **query: str | int | None) -> str:
        return self._request("GET", path_of(*path), params=_given(query)).text

    def post_file(
        self, *path: str, filename: str, content: bytes, idempotency_key: str
    ) -> tuple[int, Any]:
        """Status and document. The key is what makes it safe to try this again."""
        answer = self._request(
            "POST",
            path_of(*path),
            files={"file": (filename, content)},
            headers={"Idempotency-Key": idempotency_key},
        )
        return answer.status_code, self._json(answer)

    @contextlib.contextmanager
    def stream(self, *path: str, headers: dict[str, str], silent_s: float) -> Iterator[httpx.Response]:
        """An answer whose body is read as it comes. Raises httpx.TransportError; StopError for a refusal."""
        timeout = httpx.Timeout(silent_s, connect=10)
        with self._http.stream("GET", path_of(*path), headers=headers, timeout=timeout) as answer:
            if answer.status_code != httpx.codes.OK:
                answer.read()
                raise self._refusal(answer)
            yield answer

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        deadline = time.monotonic() + self.patience_s
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                answer = self._http.request(method, path, **arguments)
            except httpx.TransportError as error:
                stop, asked_s, busy = self._unreachable(error), 0.0, False
            else:
                if answer.is_success:
                    return answer
                stop, asked_s, busy = self._refusal(answer), _retry_after_s(answer), True
                if not _is_not_now(answer, stop):
                    raise stop
            # Not all at the same moment, who were cut off at the same moment.
            wait_s = max(asked_s, pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - nobody guesses this
            if time.monotonic() + wait_s > deadline:
                raise stop
            seconds = f"{wait_s:.0f}" if wait_s >= 1 else f"{wait_s:.1f}"
            message = "watch.busy" if busy else "watch.trouble"
            self.notify(say(message, seconds=seconds, why=stop.why))
            time.sleep(wait_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _unreachable(self, error: httpx.TransportError) -> RefusalError:
        why = safe_line(error) or type(error).__name__
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                message = say("error.certificate", server=self.address, why=safe_line(cause.verify_message))
                # It will not be trusted in a second either.
                raise StopError(message, exit_status=UNREACHABLE, code="bad_certificate") from error
            cause = cause.__cause__ or cause.__context__
        message = say("error.unreachable", server=self.address, why=why)
        return RefusalError(message, exit_status=UNREACHABLE, code="unreachable", why=why)

    def _refusal(self, answer: httpx.Response) -> RefusalError:
        """The problem that the service tells (RFC 9457), or what else answered in its place."""
        status = answer.status_code
        if answer.is_redirect:
            message = say(
                "error.redirect", server=self.address, location=safe_line(answer.headers.get("location", ""))
            )
            return RefusalError(message, exit_status=USAGE, code="redirected")
        try:
            problem = answer.json()
            detail, code = str(problem.get("detail") or problem["title"]), str(problem["code"])
        except (ValueError, KeyError, AttributeError):
            message = say("error.not_labmark", server=self.address, status=status)
            return RefusalError(message, exit_status=UNREACHABLE, code="not_labmark", why=f"HTTP {status}")
        lines = [safe(detail), *([say("error.login_again")] if code == "unauthenticated" else [])]
        exit_status = _STATUSES.get(status, USAGE if status < 500 else ERRORED)
        return RefusalError("\n".join(lines), exit_status=exit_status, code=safe_line(code))

    def _json(self, answer: httpx.Response) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            message = say("error.not_labmark", server=self.address, status=answer.status_code)
            raise StopError(message, exit_status=UNREACHABLE, code="not_labmark") from error


class RefusalError(StopError):
    """`why`: in a few words, for the line that says that it is tried again."""

    def __init__(self, message: str, *, exit_status: int, code: str, why: str = "") -> None:
        super().__init__(message, exit_status=exit_status, code=code)
        self.why = why


def path_of(*parts: str) -> str:
    """Whatever somebody typed as a name stays one part of the path."""
    quoted = (quote(part, safe="") for part in parts)
    return "/".join([_API, *(part.replace(".", "%2E") if not part.strip(".") else part for part in quoted)])


def _given(query: dict[str, str | int | None]) -> dict[str, str | int]:
    return {name: value for name, value in query.items() if value is not None}


def _is_not_now(answer: httpx.Response, stop: StopError) -> bool:
    """Whether trying again in a moment helps. A quota that is used up is a matter of hours: it is told."""
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return stop.code in {"queue_full", "not_labmark"}
    return answer.status_code in _NOT_NOW


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds or a date (RFC 9110, 10.2.3); 0 where it says nothing that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return 0.0
