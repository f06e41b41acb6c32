"""What an assignment asks, as its students read it: put together from what its specification says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.starters.asked import TITLES, WORDS, counted, criterion_sentence
from api.starters.sources import lab_of
from graders.labs import LABS

if TYPE_CHECKING:
    from api.language import Language
    from graders.spec import AssignmentSpec

_FOLDER: Final = Path(__file__).parent / "texts"


def title_of(spec: AssignmentSpec, language: Language) -> str:
    """A built-in lab's title is known in each language; of any other, as its author wrote it."""
    lab = lab_of(spec)
    if lab is not None and spec.title == LABS[lab].title:
        return TITLES[lab][language]
    return re.sub(r"\s+", " ", spec.title)


def assignment_text(spec: AssignmentSpec, language: Language) -> str:
    """Markdown: the task, what is asked for how many points, the ideas behind it, how to work."""
    words, lab = WORDS[language], lab_of(spec)
    built_in = lab is not None and spec.description == LABS[lab].description
    parts = [f"# {title_of(spec, language)}"]
    if spec.description and not built_in:
        parts.append(spec.description)
    if lab is not None:
        parts.append(_text(spec.dataset, language))
    if built_in:
        parts.append(words["frameworks"])
    parts += [f"## {words['asked']}", _criteria(spec, language)]
    expected = [c.parameters["expected"] for c in spec.criteria if c.grader == "architecture"]
    parts += [_text(str(name), language) for name in dict.fromkeys(expected)]
    parts += [_text("overfitting", language), f"## {words['grade']}", _text("grade", language)]
    if spec.repeats > 1:
        parts.append(words["repeats"].format(repeats=counted(language, "times", spec.repeats)))
    parts.append(_text("work", language))
    return "\n\n".join(parts) + "\n"


def _criteria(spec: AssignmentSpec, language: Language) -> str:
    return "\n".join(
        f"- {criterion_sentence(criterion, language)}"
        for criterion in spec.criteria
        if criterion.visibility != "staff"
    )


@cache
def _text(name: str, language: Language) -> str:
    return (_FOLDER / language / f"{name}.md").read_text(encoding="utf-8").strip()
