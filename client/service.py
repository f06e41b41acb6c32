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

from client.messages import language, number, say
from client.problems import DENIED, ERRORED, UNREACHABLE, USAGE, StopError
from client.screen import safe, safe_line
from client.waiting import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A restart of the service, with its frameworks, takes less than the long one.
QUICK_S: Final = 5.0
LONG_S: Final = 120.0
_API: Final = "/api/v1"
_TIMEOUT: Final = httpx.Timeout(30, connect=10)
_GLANCE_S: Final = 3.0
# A server that restarts, or a proxy before one; 429 is decided by its code.
_NOT_NOW: Final = {502, 503, 504}
_TOO_MANY: Final = 429
_CLOCKS_AGREE_S: Final = 2.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0
# A 429 of these codes is over in hours, or is for people to decide: it is told, not waited for.
_NOT_SOON: Final = {"quota_exhausted", "too_many_tries"}
# What is said while a 429 is waited for, by its code; for others of a proxy or a limit of requests.
_WAITS_FOR: Final = {"queue_full": "watch.queue_full"}
_STATUSES: Final = {401: DENIED, 403: DENIED, _TOO_MANY: UNREACHABLE, **dict.fromkeys(_NOT_NOW, UNREACHABLE)}


class Service:
    """`patience_s`: how long a request is tried again that gets no answer, before that is told as an error.

    `busy_patience_s`: the same for one that is answered with "not now, but in so many seconds".
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        notify: Callable[[str], None],
        patience_s: float = QUICK_S,
        busy_patience_s: float = LONG_S,
    ) -> None:
        self.address, self.notify = address, notify
        self.patience_s, self.busy_patience_s = patience_s, busy_patience_s
        self._ahead_s = 0.0
        self._http = httpx.Client(
            base_url=address,
            timeout=_TIMEOUT,
            headers={
                "Authorization": f"Bearer {token}",
                "Accept-Language": language(),
                "User-Agent": f"labmark/{metadata.version('labmark')}",
            },
        )

    def now(self) -> float:
        """UTC seconds by the service's clock, as of its last answer: a student's own may be minutes off."""
        return time.time() + self._ahead_s

    def get(self, *path: str, **query: str | int | None) -> Any:
        """The JSON document at /api/v1/ and `path`, each part of which may hold anything."""
        return self._json(self._request("GET", path_of(*path), params=_given(query)))

    def glance(self, *path: str) -> Any:
        """What is good to know beside something else: asked for once, None where it cannot be had now."""
        try:
            answer = self._http.get(path_of(*path), timeout=_GLANCE_S)
            return answer.json() if answer.is_success else None
        except (httpx.TransportError, ValueError):
            return None

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
        started, pause_s = time.monotonic(), _FIRST_PAUSE_S
        while True:
            asked_s, patience_s = 0.0, self.patience_s
            try:
                answer = self._http.request(method, path, **arguments)
            except httpx.TransportError as error:
                stop, words = self._unreachable(error), "watch.trouble"
            else:
                self._ahead_s = _ahead_s(answer, self._ahead_s)
                if answer.is_success:
                    return answer
                stop, asked_s = self._refusal(answer), _retry_after_s(answer)
                if not _is_not_now(answer, stop):
                    raise stop
                words = _waiting_words(answer, stop)
                patience_s = self.busy_patience_s if asked_s else patience_s
            # Not all at the same moment, who were cut off at the same moment.
            wait_s = max(asked_s, pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - nobody guesses this
            if time.monotonic() + wait_s > started + patience_s:
                raise stop.after(asked_s)
            seconds = f"{wait_s:.0f}" if wait_s >= 1 else number(wait_s, 1)
            self.notify(say(words, seconds=seconds, why=stop.why))
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

    def after(self, asked_s: float) -> RefusalError:
        """The same, with how long the service asks to wait where it says so."""
        if asked_s:
            self.message = f"{self.message}\n{say('error.wait', time=duration(asked_s))}"
        return self


def path_of(*parts: str) -> str:
    """Whatever somebody typed as a name stays one part of the path."""
    quoted = (quote(part, safe="") for part in parts)
    return "/".join([_API, *(part.replace(".", "%2E") if not part.strip(".") else part for part in quoted)])


def _given(query: dict[str, str | int | None]) -> dict[str, str | int]:
    return {name: value for name, value in query.items() if value is not None}


def _is_not_now(answer: httpx.Response, stop: StopError) -> bool:
    """Whether trying again in a moment helps."""
    if answer.status_code == _TOO_MANY:
        return stop.code not in _NOT_SOON
    return answer.status_code in _NOT_NOW


def _waiting_words(answer: httpx.Response, stop: RefusalError) -> str:
    if answer.status_code != _TOO_MANY:
        return "watch.busy"
    return _WAITS_FOR.get(stop.code, "watch.too_many")


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds or a date (RFC 9110, 10.2.3); 0 where it says nothing that can be read."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    at_s = _date_s(text)
    return 0.0 if at_s is None else max(0.0, at_s - time.time() - _ahead_s(answer, 0.0))


def _ahead_s(answer: httpx.Response, otherwise: float) -> float:
    """How far the service's clock is ahead of ours. Its dates are whole seconds: less is no difference."""
    at_s = _date_s(answer.headers.get("date", ""))
    if at_s is None:
        return otherwise
    ahead_s = at_s - time.time()
    return ahead_s if abs(ahead_s) > _CLOCKS_AGREE_S else 0.0


def _date_s(text: str) -> float | None:
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return email.utils.parsedate_to_datetime(text).timestamp()
    return None
