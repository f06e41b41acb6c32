"""Which starter fits an assignment, and a starter's source as a Python file or as a notebook."""

from __future__ import annotations

import json
import re
import textwrap
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from api.starters.words import FRAMEWORK_TITLES, INTRODUCTIONS, WORDS

if TYPE_CHECKING:
    from api.language import Language
    from graders.spec import AssignmentSpec

Format = Literal["py", "ipynb"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_FOLDER: Final = Path(__file__).parent / "code"
_DATASETS: Final = ("iris", "mnist")
_SYSTEMS: Final = {
    "pytorch": "torch",
    "lightning": "torch",
    "tensorflow": "tensorflow",
    "keras": "tensorflow",
}
_CELL = re.compile(r"^# %% (submission|try-out)\n", re.MULTILINE)
_COMMENT = re.compile(r"^(?P<indent> *)# ⟦(?P<name>\w+)⟧$", re.MULTILINE)
_WORD = re.compile(r"⟦(\w+)⟧")
_COLUMNS: Final = 100
# Of a notebook: what the contract asks as the first line of a cell that is handed in.
_MARKER: Final = "# labmark\n"


def lab_of(spec: AssignmentSpec) -> str | None:
    """The built-in lab whose starters fit: by data and by what network is asked, whatever its name.

    Where nothing is asked of the network, the simplest one.
    """
    if spec.dataset not in _DATASETS:
        return None
    expected = next((c.parameters.get("expected") for c in spec.criteria if c.grader == "architecture"), None)
    return f"{spec.dataset}-{'multi' if expected == 'multi_layer' else 'single'}-layer"


def frameworks_of(spec: AssignmentSpec) -> tuple[str, ...]:
    """Those for which there is a starter, in the assignment's order."""
    return tuple(name for name in spec.frameworks if name in FRAMEWORK_TITLES) if lab_of(spec) else ()


def file_name(form: Format) -> str:
    return f"lab.{form}"


def starter(
    lab: str, framework: str, *, form: Format, language: Language, title: str
) -> str:
    """`lab` as `lab_of` gives it. Raises KeyError for a framework that there is no starter in."""
    introduction = INTRODUCTIONS[form][language].format(
        title=title, framework=FRAMEWORK_TITLES[framework], file=file_name(form)
    )
    cells = [(kind, _in_words(text, language)) for kind, text in _cells(lab, framework)]
    if form == "py":
        # Whatever a title holds, it ends no docstring.
        introduction = introduction.replace("\\", "/").replace('"""', "'''")
        return "\n\n\n".join([f'"""{introduction}"""', *(text for _, text in cells)]) + "\n"
    return _notebook(introduction, cells)


@cache
def boilerplate(lab: str) -> tuple[str, ...]:
    """What every student of this lab was given, in each framework: nobody's own work."""
    return tuple(
        starter(lab, framework, form="py", language="en", title="") for framework in FRAMEWORK_TITLES
    )


@cache
def _cells(lab: str, framework: str) -> tuple[tuple[str, str], ...]:
    """(submission or try-out, code) of the starter, in order."""
    dataset = lab.partition("-")[0]
    source = (_FOLDER / lab / f"{framework}.py").read_text(encoding="utf-8")
    source += (_FOLDER / "try-out" / f"{dataset}_{_SYSTEMS[framework]}.py").read_text(encoding="utf-8")
    _, *parts = _CELL.split(source)
    return tuple((kind, text.strip("\n")) for kind, text in zip(parts[::2], parts[1::2], strict=True))


def _in_words(text: str, language: Language) -> str:
    def comment(match: re.Match[str]) -> str:
        start = f"{match['indent']}# "
        words = WORDS[match["name"]][language]
        return textwrap.fill(words, _COLUMNS, initial_indent=start, subsequent_indent=start)

    return _WORD.sub(lambda match: WORDS[match[1]][language], _COMMENT.sub(comment, text))


def _notebook(introduction: str, cells: list[tuple[str, str]]) -> str:
    document: dict[str, Any] = {
        "cells": [
            {"cell_type": "markdown", "id": "introduction", "metadata": {}, "source": _lines(introduction)},
            *(
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": {},
                    "outputs": [],
                    "source": _lines((_MARKER if kind == "submission" else "") + text),
                }
                for number, (kind, text) in enumerate(cells, start=1)
            ),
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
