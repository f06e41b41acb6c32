"""What is told to people, by its code and its values: whoever tells it chooses the language.

The English that comes along is for command lines, log lines and exceptions. Readers of the API and the pages
get the sentence of the same code from a catalog in their own language.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """`code` stays what it is when words change. Among `parameters` may be other sentences.

    `english` has fields as `str.format` does, and plural forms: `{n:row|rows}`.

    >>> str(Sentence(code="x", english="{n} {n:row|rows} of {name}", parameters={"n": 1200, "name": "iris"}))
    '1,200 rows of iris'
    """

    code: str
    english: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return _ENGLISH.vformat(self.english, (), self.parameters)


class _English(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            one, other = format_spec.split("|")
            return one if value == 1 else other
        if isinstance(value, int):
            return f"{value:,}"
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(map(str, value))
        return str(value)


_ENGLISH = _English()
