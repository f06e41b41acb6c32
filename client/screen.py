"""What is written where: results on stdout, all else on stderr, and in JSON mode one document alone."""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import re
import sys
import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from client.messages import say
from client.problems import INTERRUPTED, StopError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Off a terminal rich assumes 80 columns, which cuts tables with ids.
_COLUMNS: Final = 100
# CSI and OSC sequences go as a whole: without their first character they would be rubbish in the text.
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x9b[0-?]*[ -/]*[@-~]")
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NEAREST: Final = {"–": "-", "≥": ">=", "≤": "<=", "„": '"', "”": '"', "’": "'"}
# Cf holds what turns the order of writing around (Boucher and Anderson 2021, Trojan Source).
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Co"}


def safe(value: object) -> str:
    r"""Text of somebody else's that a terminal may be given: it moves no cursor and colours nothing.

    >>> safe("a\x1b[31mb\x1b]0;title\x07c\rd\x00e\u202ef")
    'abc\nd�e�f'
    """
    text = _LINE_ENDS.sub("\n", _SEQUENCES.sub("", str(value)))
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in _UNSEEN and character not in "\n\t"
        else character
        for character in text
    )


def safe_line(value: object) -> str:
    """The same, in one line."""
    return re.sub(r"\s+", " ", safe(value)).strip()


class Screen:
    def __init__(self, *, json_mode: bool) -> None:
        replace_what_cannot_be_shown()
        self.json_mode = json_mode
        self.out, self.err = _console(stderr=False), _console(stderr=True)

    @property
    def is_animated(self) -> bool:
        """Whether something that is repainted may be shown."""
        return self.err.is_terminal and not self.err.is_dumb_terminal and not self.json_mode

    @property
    def is_unicode(self) -> bool:
        """Whether what is written on stdout may hold lines, blocks and signs."""
        return self.out.encoding.startswith("utf")

    def line(self, text: str, style: str = "", *, indent: int = 0, hang: int = 0) -> None:
        """A paragraph of the result. `hang`: columns more for what does not fit its first line."""
        if not self.json_mode:
            lines = [_wrapped(line, self.out.width, indent, hang) for line in text.split("\n")]
            self.out.print(Text("\n".join(lines), style=style), soft_wrap=True)

    def note(self, text: str) -> None:
        """Something beside the result: on a terminal wrapped between words, else in a line of its own."""
        if not self.json_mode:
            if self.err.is_terminal:
                text = "\n".join(_wrapped(line, self.err.width) for line in text.split("\n"))
            self.err.print(Text(text), soft_wrap=True)

    def show(self, renderable: Any) -> None:
        if not self.json_mode:
            self.out.print(renderable)

    def raw(self, text: str) -> None:
        """As it stands, without wrapping."""
        if not self.json_mode:
            sys.stdout.write(text)

    def document(self, document: Any) -> None:
        """In JSON mode alone. ASCII, so that no code page and no terminal minds what is in it."""
        if self.json_mode:
            sys.stdout.write(json.dumps(document, indent=2) + "\n")


def replace_what_cannot_be_shown() -> None:
    """A code page that lacks a character shows the nearest that it has, and does not end the program."""
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="nearest")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    """ș without its comma, as Romanian is often written; `?` for what has no such letter."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    letter = unicodedata.normalize("NFKD", character)[0]
    return letter if letter.isascii() else _NEAREST.get(character, "?"), error.start + 1


def _wrapped(line: str, columns: int, indent: int = 0, hang: int = 0) -> str:
    """One that fits stays as it is: it may be code. A word longer than a line, an address, stays whole."""
    start = " " * indent
    if len(start) + len(line) <= columns:
        return f"{start}{line}".rstrip()
    return textwrap.fill(
        line,
        columns,
        initial_indent=start,
        subsequent_indent=start + " " * hang,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _COLUMNS
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


@contextlib.contextmanager
def reporting(*, json_mode: bool) -> Iterator[Screen]:
    """Ends the program with a sentence and a status where something stops it that is no fault of ours."""
    screen = Screen(json_mode=json_mode)
    try:
        yield screen
        sys.stdout.flush()
    except StopError as stop:
        _say_stop(screen, stop)
        raise typer.Exit(stop.exit_status) from stop
    except KeyboardInterrupt as interrupt:
        _say_stop(screen, StopError(say("error.interrupted"), exit_status=INTERRUPTED, code="interrupted"))
        raise typer.Exit(INTERRUPTED) from interrupt
    except BrokenPipeError as broken:
        # Whoever read has read enough (`| head`). What is left must not be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from broken


def _say_stop(screen: Screen, stop: StopError) -> None:
    screen.note(stop.message)
    error = {"code": stop.code, "message": stop.message, "exit_status": stop.exit_status}
    screen.document({"error": error})
