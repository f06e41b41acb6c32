"""Graders are values in, values out: their source names nothing that reaches outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import graders

# graders/labs holds the assignments' data files, and reads them.
FOLDER = Path(graders.__file__).parent
SOURCES = sorted([*FOLDER.glob("*.py"), *(FOLDER / "advice").glob("*.py")])
ALLOWED_IMPORTS = {
    "__future__", "base64", "collections", "dataclasses", "hashlib", "io", "json", "math", "statistics", "typing",
    "zlib",
    "numpy", "pydantic", "pydantic_core", "graders",
    # What puts values into sentences of ours.
    "string",
    # What reads an assignment's document: text in, values out. yaml.load, which makes objects, is not among it.
    "difflib", "re", "yaml",
    # What reads a student's source, and never runs it.
    "ast", "itertools", "warnings",
}  # fmt: skip
FORBIDDEN_NAMES = {"open", "exec", "eval", "compile", "__import__", "print", "input", "globals", "breakpoint"}
FORBIDDEN_ATTRIBUTES = {"open", "load", "loadtxt", "save", "savez", "fromfile", "tofile", "memmap", "random"}


def faults(source):
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] not in ALLOWED_IMPORTS)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] not in ALLOWED_IMPORTS or node.level:
                yield str(node.module)
        elif isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES:
            yield node.attr
        elif isinstance(node, ast.FunctionDef):
            inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
            yield from ("import in a function" for _ in inner)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_reaches_nothing_outside(path):
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "import subprocess",
        "import socket",
        "from os import path",
        "__import__('os')",
        "import importlib",
        "import torch",
        "import scipy.stats",
        "def f():\n    import math",
        "import numpy as np\nnp.load('x')",
    ],
)
def test_the_check_itself_sees_what_it_forbids(source):
    assert list(faults(source))
