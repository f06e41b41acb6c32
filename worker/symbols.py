"""Python source as symbols that stay the same when a copier renames, reformats and comments.

No comments, docstrings, layout, imports or parentheses; every name is one and the same symbol, but for those
that say which library call is made.
"""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TOKENS = 12_000

_LAYOUT = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
# Not to be mistaken for what stands in a file.
_NAME, _NUMBER, _STRING = "a name", "a number", "a string"
_BUILTINS = frozenset(dir(builtins))
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# From Python 3.12 on an f-string comes in pieces.
_FSTRING_START, _FSTRING_END = getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)


class TooLargeError(Exception):
    """More tokens than are compared."""


@dataclass(frozen=True, kw_only=True)
class Symbols:
    """One character a symbol, and the first and last line of each."""

    text: str
    first_lines: list[int]
    last_lines: list[int]


def symbols_of(source: str) -> Symbols:
    """Raises TooLargeError for more than MAX_TOKENS, or what `tokenize` raises: TokenError, SyntaxError,
    ValueError.
    """
    characters: list[str] = []
    first_lines: list[int] = []
    last_lines: list[int] = []
    statements = list(_statements(source))
    own = {name for statement in statements for name in _own_names(statement)}
    for statement in statements:
        if statement[0].string in {"import", "from"} or all(
            token.type == tokenize.STRING for token in statement
        ):
            continue
        for token, symbol in _statement_symbols(statement, own):
            # A symbol is one character, so that k-grams are of symbols. Two that collide cost nothing: a
            # passage has a dozen.
            character = chr(0xF0000 + zlib.crc32(symbol.encode()) % 65_000)
            if symbol == _STRING and characters and characters[-1] == character:
                last_lines[-1] = token.end[0]  # "a" "b" is one string
                continue
            characters.append(character)
            first_lines.append(token.start[0])
            last_lines.append(token.end[0])
    return Symbols(text="".join(characters), first_lines=first_lines, last_lines=last_lines)


def _statements(source: str) -> Iterator[list[tokenize.TokenInfo]]:
    """Never an empty one. Tokens alone, no tree: nesting costs nothing, and what does not parse compares."""
    statement: list[tokenize.TokenInfo] = []
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    for count, token in enumerate(_whole_strings(tokens)):
        if count >= MAX_TOKENS:
            raise TooLargeError(f"more than {MAX_TOKENS} tokens")
        if token.type == tokenize.NEWLINE or token.string == ";":
            if statement:
                yield statement
            statement = []
        elif token.type not in _LAYOUT:
            statement.append(token)
    if statement:
        yield statement


def _whole_strings(tokens: Iterator[tokenize.TokenInfo]) -> Iterator[tokenize.TokenInfo]:
    opened: list[tokenize.TokenInfo] = []
    for token in tokens:
        if token.type == _FSTRING_START:
            opened.append(token)
        elif token.type == _FSTRING_END:
            begin = opened.pop()
            if not opened:
                yield tokenize.TokenInfo(tokenize.STRING, "", begin.start, token.end, token.line)
        elif not opened:
            yield token


def _own_names(statement: list[tokenize.TokenInfo]) -> Iterator[str]:
    """What the file itself defines and could call: functions, classes, attributes that it sets."""
    depth = 0
    for before, token, after in zip(statement, statement[1:], [*statement[2:], None], strict=False):
        depth += (before.string in _OPENING) - (before.string in _CLOSING)
        defined = before.string in {"def", "class"}
        if defined or (
            not depth and before.string == "." and after is not None and after.string in {"=", ","}
        ):
            yield token.string


def _statement_symbols(
    statement: list[tokenize.TokenInfo], own: set[str]
) -> Iterator[tuple[tokenize.TokenInfo, str]]:
    """Left out: parentheses, a comma before a closing bracket, `pass`."""
    before = ""
    for token, after in zip(statement, [*(token.string for token in statement[1:]), ""], strict=True):
        text = token.string
        trailing = text == "," and (after in _CLOSING or not after)
        if token.type == tokenize.STRING:
            yield token, _STRING
        elif token.type == tokenize.NUMBER:
            yield token, _NUMBER
        elif token.type == tokenize.NAME and not keyword.iskeyword(text):
            library = after == "(" and text not in own and (before == "." or text in _BUILTINS)
            yield token, text if library else _NAME
        elif text not in {"(", ")", "pass"} and not trailing:
            yield token, text
        before = text
