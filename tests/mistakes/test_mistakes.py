"""What beginners hand in, in the real jail: each is told what is wrong, where, and what to try, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mistakes import MISTAKES, PAGE, load_mistakes, page, read_told, run, told_of
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


def test_there_are_many_and_each_system_has_its_own():
    assert len(ALL) == len(list(MISTAKES.glob("*/submission.py"))) >= 30
    imported = " ".join(mistake.source for mistake in ALL)
    for system in ("import torch", "import lightning", "import keras", "import tensorflow"):
        assert imported.count(system) >= 3, system


def test_the_page_is_what_was_told():
    assert PAGE.read_text() == page(), "python -m benchmarks.mistakes"
