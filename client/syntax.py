"""Whether a file is Python at all, before it costs an attempt."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from client.messages import say
from client.problems import USAGE, StopError
from client.screen import safe_line

if TYPE_CHECKING:
    from pathlib import Path


def refuse_bad_syntax(file: Path, content: bytes) -> None:
    """Raises StopError for a .py file that this Python cannot read.

    The service's Python may be a newer one, so whoever knows better can hand it in all the same. What a
    notebook holds, and what is not UTF-8, is for the service to say.
    """
    if file.suffix.lower() != ".py":
        return
    try:
        text = content.decode("utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        found = say("submit.syntax", path=file, line=line, why=safe_line(error.msg))
        lines = text.splitlines()
        shown = f"\n  {line} | {safe_line(lines[line - 1])}" if line <= len(lines) else ""
        message = f"{found}{shown}\n{say('submit.not_handed_in')}"
        raise StopError(message, exit_status=USAGE, code="syntax_error") from error
    except (ValueError, RecursionError, MemoryError):
        return
