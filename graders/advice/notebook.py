"""What to mark in a notebook of which every cell was run, plots and all."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graders.advice.model import Advice
from graders.advice.source import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graders.advice.source import Source
    from graders.report import Failure

# Calls that make or train a model, those that say more of where it happens first.
_MAKES: Final = (
    ("fit", "backward", "apply_gradients", "compile"),
    ("Sequential", "Linear", "Dense", "Model"),
)
_ASKED: Final = {"train", "predict"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Lines `first` to `last` of the flattened source, from 1."""

    number: int
    first: int
    last: int
    marked: bool


def cells_of(line_map: Sequence[Sequence[int]]) -> tuple[Cell, ...]:
    """As `api.notebook` maps them; what was stored before cells told whether they are marked says nothing."""
    return tuple(
        Cell(number=number, first=first, last=first + count - 1, marked=bool(rest[0]) if rest else True)
        for number, first, count, *rest in line_map
    )


def advise_on_cells(failure: Failure, source: Source, cells: tuple[Cell, ...]) -> Advice | None:
    """None where cells are marked, and where the failure came out of a cell that is needed anyway."""
    if not cells or any(cell.marked for cell in cells):
        return None
    binding = _bindings(source.tree)
    if "train" not in binding:
        return _without_train(source, cells)
    needed = sorted({cell.number for line in _needed(binding) if (cell := _cell_at(cells, line))})
    failed_in = _cell_at(cells, failure.line) if failure.line else None
    if failed_in is None or failed_in.number in needed:
        return None
    line = binding["train"].lineno
    return Advice(code="advice.notebook_mark", parameters={"cells": needed}, line=line)


def _without_train(source: Source, cells: tuple[Cell, ...]) -> Advice:
    for names in _MAKES:
        found = [call.lineno for call in source.calls() if name_of(call) in names]
        cell = _cell_at(cells, max(found)) if found else None
        if cell is not None:
            told = {"cell": cell.number}
            return Advice(code="advice.notebook_without_train", parameters=told, line=cell.first)
    return Advice(code="advice.notebook_without_model")


def _needed(binding: dict[str, ast.stmt]) -> Iterator[int]:
    """First lines of the statements that `train` and `predict` rest on, themselves among them."""
    waiting, seen = [name for name in sorted(_ASKED) if name in binding], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in binding:
            continue
        seen.add(name)
        statement = binding[name]
        yield statement.lineno
        waiting += [n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id in binding]


def _bindings(tree: ast.Module) -> dict[str, ast.stmt]:
    """The statement at the top level that gives each name its last meaning."""
    found: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for name in _bound(statement):
            found[name] = statement
    return found


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [(alias.asname or alias.name).partition(".")[0] for alias in names]
        case _:
            stored = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
            return [node.id for node in stored if isinstance(node.ctx, ast.Store)]


def _cell_at(cells: tuple[Cell, ...], line: int) -> Cell | None:
    return next((cell for cell in cells if cell.first <= line <= cell.last), None)
