"""What beginners hand in, in the real jail: each is told what is wrong, where, and what to try, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mistakes import MISTAKES, PAGE, load_mistakes, page, read_told, run, run_source, told_of
from graders.advice import advise
from graders.labs import LABS
from worker.datasets.fetch import fetch
from worker.material import Materials

ALL = load_mistakes()


@pytest.fixture(scope="session")
def materials():
    fetch(Path("var"))
    return Materials(Path("var"))


@pytest.fixture(scope="session")
def table():
    """Printed at the end: mistake, code, what is read; seen with `make test-mistakes`."""
    rows = []
    yield rows
    print(f"\n{'mistake':<38} {'code':<24} {'advice':<40} message")
    for row in rows:
        print("{:<38} {:<24} {:<40} {}".format(*row))


@pytest.mark.parametrize("mistake", ALL, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_with_its_cause_its_line_and_what_to_try(mistake, runner_socket, materials, table):
    report = run(mistake, runner_socket=runner_socket, materials=materials)
    told = told_of(report, mistake.source)
    codes = [sentence.code for sentence in told]
    assert codes[0] == mistake.code, (report.failure, codes)
    about = told[0]
    if mistake.advice:
        assert mistake.advice in codes, (report.failure, codes)
        about = next(sentence for sentence in told if sentence.code == mistake.advice)
    assert about.line == mistake.line
    for language, words in mistake.words.items():
        read = "\n".join(sentence.in_words(language) for sentence in told)
        assert [word for word in words if word not in read] == [], read
    # What the page shows is what is told today, up to figures.
    assert [(s.code, s.line) for s in told] == [(s.code, s.line) for s in read_told(mistake)], "make the page anew"
    table.append((mistake.name, mistake.code, mistake.advice, about.in_words("en")))


@pytest.mark.parametrize("framework", ["pytorch", "lightning", "tensorflow", "keras"])
@pytest.mark.parametrize("lab", ["iris-single-layer", "iris-multi-layer"])
def test_a_reference_solution_gets_no_advice(lab, framework, runner_socket, materials):
    source = (Path("examples") / lab / framework / "submission.py").read_text()
    spec = LABS[lab].model_copy(update={"repeats": 3})
    report = run_source(source, spec, name=f"{lab}/{framework}", runner_socket=runner_socket, materials=materials)
    assert report.points == report.max_points
    assert advise(report, source) == ()


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        # Five epochs at a rate far too low; what else there is to say of it, the diagnosis says.
        ("underfits", ["advice.stands_still"]),
        ("overfits", []),
        ("linear-stack", []),
    ],
)
def test_other_examples_get_what_they_deserve(example, expected, runner_socket, materials):
    source = (Path("examples") / "iris-multi-layer" / example / "submission.py").read_text()
    spec = LABS["iris-multi-layer"].model_copy(update={"repeats": 1})
    report = run_source(source, spec, name=example, runner_socket=runner_socket, materials=materials)
    assert [advice.code for advice in advise(report, source)] == expected


@pytest.mark.parametrize("framework", ["pytorch", "lightning", "tensorflow", "keras"])
def test_a_starter_is_told_of_its_figures_alone(framework, runner_socket, materials):
    """It is slow to learn on purpose: the student is to improve it."""
    source = (Path("api/starters/code/iris-multi-layer") / f"{framework}.py").read_text()
    spec = LABS["iris-multi-layer"].model_copy(update={"repeats": 1})
    report = run_source(source, spec, name=framework, runner_socket=runner_socket, materials=materials)
    codes = {advice.code for advice in advise(report, source)}
    assert codes <= {"advice.still_falling", "advice.never_answered"}, codes


def test_there_are_many_and_each_system_has_its_own():
    assert len(ALL) == len(list(MISTAKES.glob("*/submission.py"))) >= 30
    imported = " ".join(mistake.source for mistake in ALL)
    for system in ("import torch", "import lightning", "import keras", "import tensorflow"):
        assert imported.count(system) >= 3, system


def test_the_page_is_what_was_told():
    assert PAGE.read_text() == page(), "python -m benchmarks.mistakes"
