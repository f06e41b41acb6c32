"""What is told of a submission until it has ended: by server-sent events, or by asking again and again."""

from __future__ import annotations

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from client.messages import named, say
from client.problems import NOT_YET, STATE_EXITS, UNREACHABLE, StopError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from client.service import Service

# The service says that it is still there every 15 s.
_SILENT_S: Final = 45.0
_ASK_EVERY_S: Final = (0.5, 0.5, 1.0, 1.0, 2.0)
_LONGEST_S: Final = 3.0
# A proxy that lets no stream through, or a service that tells nothing: asking works always.
_BROKEN_AT_MOST: Final = 3
# How soon a deadline, or Ctrl-C where it waits for that, is noticed.
_MOMENT_S: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class Event:
    """As the service sent it; `id` is empty for those that are not numbered."""

    kind: str
    id: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The submission as it is now, at GET /submissions/{id}."""

    submission: dict[str, Any]


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """Events of a text/event-stream (WHATWG HTML, 9.2.6). One that is cut off at the end is none.

    >>> lines = ["id: 1-0", "event: state", 'data: {"state":', 'data: "queued"}', "", ": ping", "data: {"]
    >>> list(events_of(lines))
    [Event(kind='state', id='1-0', data={'state': 'queued'})]
    """
    kind, identifier, data = "message", "", list[str]()
    for line in lines:
        if not line:
            if data:
                document = json.loads("\n".join(data))
                yield Event(kind=kind, id=identifier, data=document if isinstance(document, dict) else {})
            kind, identifier, data = "message", "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            kind = value
        elif name == "id":
            identifier = value
        elif name == "data":
            data.append(value)


def follow(
    service: Service, submission_id: str, *, timeout_s: float | None = None
) -> Iterator[Asked | Event]:
    """Ends with what is asked last, whose state is final. Raises StopError when `timeout_s` have passed.

    Events are listened to from where the last connection broke; `queue`, the place in the line, among them.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    last_id, broken, asked = "", 0, 0
    while True:
        submission = service.get("submissions", submission_id)
        yield Asked(submission=submission)
        if submission["state"] in STATE_EXITS:
            return
        left_s = _left_s(deadline, submission)
        if broken >= _BROKEN_AT_MOST:
            time.sleep(min(left_s, _ASK_EVERY_S[asked] if asked < len(_ASK_EVERY_S) else _LONGEST_S))
            asked += 1
            continue
        try:
            for event in _in_background(_listen(service, submission_id, last_id)):
                _left_s(deadline, submission)
                if event is None:
                    continue
                last_id, broken = event.id or last_id, 0
                if event.kind == "end":
                    break
                submission = _with_state(submission, event)
                yield event
            else:
                broken += 1
        except (httpx.TransportError, ValueError):
            broken += 1
        except StopError as stop:
            if stop.exit_status != UNREACHABLE:
                raise
            broken += 1
        # What ends is asked for at once; what breaks, after a moment.
        time.sleep(0.5 * broken)


def _listen(service: Service, submission_id: str, last_id: str) -> Iterator[Event]:
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
    with service.stream(
        "submissions", submission_id, "events", headers=headers, silent_s=_SILENT_S
    ) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            raise ValueError("not an event stream")
        yield from events_of(answer.iter_lines())


def _in_background(source: Iterator[Event]) -> Iterator[Event | None]:
    """What `source` gives or raises, and None every moment in which it gives nothing.

    A read that waits can be ended neither by a deadline nor, on Windows, by Ctrl-C: a thread waits in it.
    """
    inbox: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
    given_up = threading.Event()

    def read() -> None:
        try:
            for event in source:
                inbox.put(event)
                if given_up.is_set():
                    return
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            inbox.put(error)
        else:
            inbox.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            try:
                found = inbox.get(timeout=_MOMENT_S)
            except queue.Empty:
                yield None
                continue
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        given_up.set()


def _with_state(submission: dict[str, Any], event: Event) -> dict[str, Any]:
    """As it was asked for, in the state that was told since."""
    told = event.data.get("state") if event.kind == "state" else None
    return {**submission, "state": told} if isinstance(told, str) else submission


def _left_s(deadline: float | None, submission: dict[str, Any]) -> float:
    left_s = float("inf") if deadline is None else deadline - time.monotonic()
    if left_s <= 0:
        state = named("state", str(submission["state"]))
        message = say("watch.not_yet", submission=submission["id"], state=state)
        raise StopError(message, exit_status=NOT_YET, code="not_yet")
    return left_s
