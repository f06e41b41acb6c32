"""What is seen while a submission waits and trains: repainted on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from rich.console import Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from client.curve import Curve, Point, draw_curve
from client.following import Asked, Event
from client.messages import counted, named, per_cent, say
from client.screen import safe_line
from client.waiting import place_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import RenderableType

    from client.screen import Screen

_PAINTS_PER_S: Final = 8
_LINE_EVERY_S: Final = 2.0
_ANEW: Final = {"queued", "claimed"}


class Progress:
    """Where a submission is, from all that was told of it."""

    def __init__(self) -> None:
        self.state, self.lacks_gpu = "queued", False
        self.place: dict[str, Any] = {}
        self.attempt = 1
        self.curve = Curve()

    def take(self, update: Asked | Event) -> None:
        if isinstance(update, Asked):
            self.state = str(update.submission["state"])
            self.place = update.submission
            self.lacks_gpu = update.submission.get("waits_for") == "gpu_worker"
        elif update.kind == "state":
            self._enter(update.data)
        elif update.kind == "queue":
            self.place = {**update.data, "queue_position": update.data.get("position")}
        elif update.kind == "epoch":
            # A kind of ours with other fields is from a newer service: what it means is not known here.
            with contextlib.suppress(KeyError, TypeError, ValueError):
                self.curve.add(update.data)

    def _enter(self, data: dict[str, Any]) -> None:
        self.state = str(data.get("state", self.state))
        if self.state in _ANEW:
            self.curve.clear()
        with contextlib.suppress(TypeError, ValueError):
            self.attempt = max(1, int(data.get("attempt", self.attempt)))

    def standing(self) -> object:
        """What is worth a new line where nothing is repainted: the seconds that are left are not."""
        position = self.place.get("queue_position") if self.state == "queued" else None
        is_reckoned = position is not None and self.place.get("estimated_start_at") is not None
        return self.state, position, is_reckoned, self.lacks_gpu, self.attempt

    def words(self, *, now: float) -> str:
        """In one line: state, place in the queue, what is missing, how far it is. `now`: the service's."""
        parts = [safe_line(named("state", self.state))]
        if self.state == "queued":
            parts += filter(None, [place_words(self.place, now=now)])
            parts += [say("watch.no_gpu")] if self.lacks_gpu else []
        if self.attempt > 1:
            parts.append(say("watch.again", attempt=self.attempt))
        points = self.curve.points()
        if points:
            parts.append(counted("watch.epochs", points[-1].epoch))
        return ", ".join(parts)


def show_progress(
    screen: Screen, updates: Iterable[Asked | Event], *, now: Callable[[], float] = time.time
) -> dict[str, Any]:
    """Shows the updates as they come; returns the submission as it was asked for last.

    `now`: UTC seconds by the clock of whoever reckons when it begins.
    """
    watch = _painted if screen.is_animated else _in_lines
    last: dict[str, Any] = {}
    for update in watch(screen, updates, now):
        if isinstance(update, Asked):
            last = update.submission
    return last


def _painted(
    screen: Screen, updates: Iterable[Asked | Event], now: Callable[[], float]
) -> Iterator[Asked | Event]:
    """Painted at a pace of its own from what is known then: a thousand events cost no more than one."""
    progress, lock = Progress(), threading.Lock()
    unicode = screen.err.encoding.startswith("utf")
    spinner = Spinner("dots" if unicode else "line")

    def picture() -> RenderableType:
        with lock:
            words, points = progress.words(now=now()), progress.curve.points()
        spinner.text = Text(words)
        lines = draw_curve(points, columns=screen.err.width - 1, unicode=unicode)
        return Group(spinner, *(Text(line, no_wrap=True) for line in lines))

    with Live(
        console=screen.err, transient=True, refresh_per_second=_PAINTS_PER_S, get_renderable=picture
    ):
        for update in updates:
            with lock:
                progress.take(update)
            yield update


def _in_lines(
    screen: Screen, updates: Iterable[Asked | Event], now: Callable[[], float]
) -> Iterator[Asked | Event]:
    progress, told_at = Progress(), 0.0
    told: object = None
    for update in updates:
        progress.take(update)
        yield update
        if isinstance(update, Event) and update.kind == "epoch":
            points = progress.curve.points() if time.monotonic() - told_at >= _LINE_EVERY_S else []
            if points:
                screen.note(_epoch_words(points[-1]))
                told_at = time.monotonic()
        elif progress.standing() != told:
            told = progress.standing()
            screen.note(progress.words(now=now()))


def _epoch_words(point: Point) -> str:
    return say(
        "watch.epoch",
        epoch=point.epoch,
        training=per_cent(point.training_error),
        validation=per_cent(point.validation_error),
    )
