"""Every example in a docstring of the graders is run; every grader says its formula and where it is from."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re

import numpy as np
import pytest

import graders.advice
from graders.registry import GRADERS

MODULES = sorted(
    f"graders.{found.name}" for found in pkgutil.iter_modules(graders.__path__) if not found.ispkg
) + sorted(f"graders.advice.{found.name}" for found in pkgutil.iter_modules(graders.advice.__path__))
GRADER_MODULES = sorted(
    {grader.judge.__module__ for grader in GRADERS.values()}
    | {"graders.controls", "graders.integrity", "graders.stopping"}
)
# An indented line that says what something equals.
FORMULA = re.compile(r"^ {4}\S.* = \S", re.MULTILINE)
# A paper, or where its limits were measured.
SOURCE = re.compile(r"\bSources?\b|\bMeasured on\b")


def missing(docstring, examples):
    """What a grader's module lacks."""
    wanted = {"a formula": FORMULA.search(docstring), "a source": SOURCE.search(docstring), "a doctest": examples}
    return [name for name, found in wanted.items() if not found]


def examples_of(module):
    found = doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs={"np": np})
    return [example for test in found for example in test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name), extraglobs={"np": np})
    assert result.failed == 0


@pytest.mark.parametrize("name", GRADER_MODULES)
def test_a_grader_says_its_formula_its_source_and_an_example(name):
    module = importlib.import_module(name)
    assert missing(module.__doc__ or "", examples_of(module)) == []


def test_the_modules_are_all_there():
    assert len(MODULES) > 25
    assert {"graders.accuracy", "graders.stability", "graders.resources"} <= set(GRADER_MODULES)


@pytest.mark.parametrize(
    ("docstring", "examples", "lacks"),
    [
        ("", [], ["a formula", "a source", "a doctest"]),
        ("Judges x = y.\n\nSource: a paper.", [1], ["a formula"]),
        ("Judges.\n\n    x = y\n", [1], ["a source"]),
        ("Judges.\n\n    x = y\n\nSource: a paper.", [], ["a doctest"]),
        ("Judges.\n\n    x = y\n\nSource: a paper.", [1], []),
    ],
)
def test_the_check_itself_sees_what_is_missing(docstring, examples, lacks):
    assert missing(docstring, examples) == lacks
