"""A student's file as a tree to look things up in. It is read, never run."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# A lab's solution is 50 lines. What parses here has been compiled in a jail before; still, a tree takes a
# hundred times its source, and readers of a report wait for it.
MAX_CHARACTERS: Final = 20_000
_MAX_OPEN_BRACKETS: Final = 30
_MAX_SIGNS: Final = 200  # in one line: of operators and dots, which nest without brackets
_OPENING, _CLOSING = "([{", ")]}"
_SIGNS: Final = re.compile(r"[-+~.*/%@]|\b(?:not|if|lambda|await)\b")
Loop = ast.For | ast.While
_BLOCKS = (ast.For, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, kw_only=True)
class Source:
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def calls_of(self, *names: str) -> list[ast.Call]:
        """Calls of a function or method with one of these last names, by line."""
        found = [call for call in self.calls() if name_of(call) in names]
        return sorted(found, key=lambda call: call.lineno)

    def functions(self, *names: str) -> list[ast.FunctionDef]:
        return [n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n.name in names]

    def loops(self) -> list[Loop]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Loop)]

    def train(self) -> ast.FunctionDef | None:
        """The last one at the top level: it is the one that counts."""
        found = [n for n in self.tree.body if isinstance(n, ast.FunctionDef) and n.name == "train"]
        return found[-1] if found else None

    def model_classes(self) -> set[str]:
        return {node.name for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)}


def read(text: str) -> Source | None:
    """None for what is too large or too deep to look at, or no Python."""
    if len(text) > MAX_CHARACTERS or not _is_flat(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Source(tree=ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_flat(text: str) -> bool:
    """Whether its tree cannot be deep; brackets and signs in strings count too, which does no harm."""
    depth = 0
    for sign in text:
        if sign in _OPENING:
            depth += 1
            if depth > _MAX_OPEN_BRACKETS:
                return False
        elif sign in _CLOSING:
            depth -= 1
    # A line that goes on, with \ or in brackets, counts as one.
    lines = text.replace("\\\n", " ").split("\n")
    return all(len(_SIGNS.findall(line)) <= _MAX_SIGNS for line in lines)


def name_of(call: ast.Call) -> str:
    """The last name: `step` of `optimizer.step()`.

    >>> name_of(ast.parse("a.b().c(1)").body[0].value)
    'c'
    """
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def owner_of(call: ast.Call) -> str:
    """The name just before: `optimizer` of `self.optimizer.step()`, empty where there is none."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name)) | ast.Attribute(value=ast.Attribute(attr=name)):
            return name
        case _:
            return ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((given.value for given in call.keywords if given.arg == name), None)


def is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """All that `node` contains, but for loops, functions and classes within it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _BLOCKS):
            yield from inside(child)


def calls_inside(node: ast.AST, *names: str) -> list[ast.Call]:
    return [n for n in inside(node) if isinstance(n, ast.Call) and name_of(n) in names]


def all_calls(node: ast.AST, *names: str) -> list[ast.Call]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Call) and name_of(n) in names]
