"""docs/mistakes.md for students: their code, what they are told, what to try. Written from `told.json`."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from api.language import Language
    from benchmarks.mistakes import Mistake, Told

Pair = tuple["Mistake", "list[Told]"]
_MOST_LINES: Final = 20  # of a function that is shown whole
_LINES_AROUND: Final = 4
_HEAD: Final = """# Mistakes, and what helps

Everybody makes these. Here are {count}, each handed in as a beginner would write it, run in the real sandbox
and graded. Look for what stands on your report, or for what you suspect you did. Under each mistake are the
lines, **what you read**, and **what to try**, word for word as Labmark says it.

The files are in `tests/mistakes`; `make test-mistakes` runs them all and compares what is said, in English
and in Romanian. This page is written from these runs (`python -m benchmarks.mistakes --run`), so the code
below is pieces of files that were run.

Advice gives and takes no points. It comes from three places: the words of an **exception**, the **figures**
of a run that was graded, and, where the result is weak, what stands out in the **source**, which may be meant
so.

"""
# What the diagnosis itself advises, whatever the file; it is read with it.
_OF_THE_DIAGNOSIS: Final = {
    "advice.stronger_model", "advice.train_longer", "advice.more_data", "advice.simpler_model",
    "advice.regularisation", "advice.stop_at_best_epoch",
}  # fmt: skip
# Of what does not stop in a framework of its own: mistakes about Labmark rather than about learning.
_ABOUT_LABMARK: Final = {
    "advice.train_takes_lab", "advice.lab_has_no", "advice.file_not_there", "advice.exits",
    "advice.epoch_takes_the_model", "advice.no_cuda",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Group:
    """`holds`: a mistake belongs to the first group that does."""

    title: str
    about: str
    holds: Callable[[Mistake], bool]


def _uses(*modules: str) -> Callable[[Mistake], bool]:
    imported = re.compile(rf"^import (?:{'|'.join(modules)})\b", re.MULTILINE)
    return lambda mistake: imported.search(mistake.source) is not None


def _ends_as(*codes: str) -> Callable[[Mistake], bool]:
    return lambda mistake: mistake.code in codes


GROUPS: Final = (
    Group(
        title="Python cannot read the file",
        about="Nothing ran. The line that is named is where Python gave up: look there, and just above.",
        holds=_ends_as("syntax_error"),
    ),
    Group(
        title="No model came back",
        about="The training may have been fine. `train` has to return the trained model, and nothing else.",
        holds=lambda mistake: mistake.code == "no_model_returned"
        or mistake.advice == "advice.returned_trainer",
    ),
    Group(
        title="It works at home",
        about="Labmark calls `train(lab)` on a machine without your files and without a network, most often "
        "without a GPU.",
        holds=lambda mistake: mistake.code in {"no_train_function", "import_failed", "hidden_data"}
        or mistake.advice in _ABOUT_LABMARK,
    ),
    Group(
        title="It never ends, or the numbers run away",
        about="Time is limited, and scores have to be numbers, one for each class.",
        holds=_ends_as("time_limit", "predictions_not_finite", "wrong_prediction_shape"),
    ),
    Group(
        title="It runs, and learns too little",
        about="No error at all, only few points. Look at the learning curve: it stands still, it swings, or "
        "it is not done.",
        holds=_ends_as("fit.underfitting"),
    ),
    Group(
        title="It learns by heart",
        about="The training rows are right, the others are not.",
        holds=_ends_as("fit.overfitting"),
    ),
    Group(
        title="Lightning stops",
        about="Lightning calls your methods by their names, and does nothing where one is missing.",
        holds=_uses("lightning"),
    ),
    Group(
        title="Keras stops",
        about="Loss, labels and last layer have to fit one another.",
        holds=_uses("keras"),
    ),
    Group(
        title="TensorFlow stops",
        about="Shapes and types have to fit, and only what happens under the tape has a gradient.",
        holds=_uses("tensorflow"),
    ),
    Group(
        title="PyTorch stops",
        about="The line that raised is named; what is wrong is often what went into it.",
        holds=_uses("torch"),
    ),
)


def page(mistakes: Iterable[Pair]) -> str:
    """The whole page. Raises ValueError for a mistake that belongs nowhere, and for two of one heading."""
    grouped: dict[str, list[Pair]] = {group.title: [] for group in GROUPS}
    for pair in mistakes:
        group = next((group for group in GROUPS if group.holds(pair[0])), None)
        if group is None:
            raise ValueError(f"{pair[0].name} belongs to no group of the page")
        grouped[group.title].append(pair)
    ordered = [pair for pairs in grouped.values() for pair in pairs]
    anchors = [anchor_of(mistake.what) for mistake, _ in ordered]
    if len(set(anchors)) < len(anchors):
        raise ValueError(f"two mistakes have one heading: {sorted(anchors)}")
    groups = "\n".join(_group(group, grouped[group.title]) for group in GROUPS)
    return f"{_HEAD.format(count=len(ordered))}{groups}\n{_table(ordered)}"


def anchor_of(heading: str) -> str:
    """Of a heading, as GitHub and Sphinx make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _group(group: Group, pairs: list[Pair]) -> str:
    links = "\n".join(f"- [{mistake.what}](#{anchor_of(mistake.what)})" for mistake, _ in pairs)
    return f"## {group.title}\n\n{group.about}\n\n{links}\n\n" + "\n".join(_section(*pair) for pair in pairs)


def _section(mistake: Mistake, told: list[Told]) -> str:
    first = told[0]
    read = [first, *(t for t in told[1:] if t.code in _OF_THE_DIAGNOSIS)]
    advice = [t for t in told if t not in read]
    at = "" if first.line is None else f", line {first.line}"
    parts = [
        f"### {mistake.what}",
        f"```python\n{_listing(mistake, told)}\n```",
        f"**What you read** (`{first.code}`{at})",
        _quoted(read, "en"),
    ]
    if advice:
        parts += ["**What to try**", _quoted(advice, "en")]
    parts.append(
        f"<details><summary>În română</summary>\n\n{_quoted(read, 'ro')}\n\n"
        + (f"**Ce poți încerca**\n\n{_quoted(advice, 'ro')}\n\n" if advice else "")
        + "</details>"
    )
    return "\n\n".join(parts) + "\n"


def _listing(mistake: Mistake, told: list[Told]) -> str:
    """The function around the line that is pointed at, with a sign there; the whole file where none is."""
    lines = mistake.source.rstrip("\n").split("\n")
    marked = {t.line for t in told if t.line is not None}
    first, last = _shown(mistake, len(lines), max(marked, default=None))
    shown = [
        f"{lines[number - 1]}  # <-- line {number}" if number in marked else lines[number - 1]
        for number in range(first, last + 1)
    ]
    return "\n".join(shown).strip("\n")


def _shown(mistake: Mistake, count: int, line: int | None) -> tuple[int, int]:
    """First and last line, counted from 1."""
    if line is None or mistake.code == "syntax_error":
        return 1, count
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(mistake.source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    whole = [(first, last) for first, last in around if last - first < _MOST_LINES]
    if whole:
        return min(whole)
    return max(1, line - _LINES_AROUND), min(count, line + _LINES_AROUND)


def _quoted(sentences: list[Told], language: Language) -> str:
    return "\n>\n".join(f"> {as_text(sentence.in_words(language))}" for sentence in sentences)


def as_text(sentence: str) -> str:
    """On one line; what Markdown would take for marks stands as it is, except code between backticks."""
    pieces = re.split(r"(`[^`]*`)", " ".join(sentence.split()))
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([\\*_\[\]<>|#$])", r"\\\1", piece) for piece in pieces
    )


def _table(pairs: list[Pair]) -> str:
    rows = ["| mistake | code | advice |", "| --- | --- | --- |"]
    for mistake, told in pairs:
        advice = f"`{mistake.advice}`" if mistake.advice else ""
        rows.append(f"| [{mistake.what}](#{anchor_of(mistake.what)}) | `{told[0].code}` | {advice} |")
    about = "Codes never change: programs can rely on them, and a search for one ends here."
    return f"## All of them, with their codes\n\n{about}\n\n" + "\n".join(rows) + "\n"
