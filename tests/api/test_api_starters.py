"""What students begin with: every starter in each form and language, and the text beside it."""

from __future__ import annotations

import ast
import doctest
import json
import re
from pathlib import Path

import pytest
from test_api_submissions import problem

import api.language
import api.starters.asked
from api.notebook import flatten_notebook
from api.starters import (
    FRAMEWORK_TITLES,
    assignment_text,
    boilerplate,
    frameworks_of,
    lab_of,
    starter,
    title_of,
)
from api.starters.asked import TITLES
from api.starters.asked import WORDS as ASKED
from api.starters.words import INTRODUCTIONS, WORDS
from graders.labs import LABS
from graders.spec import AssignmentSpec, CriterionSpec, SplitSizes, run_digest
from store import repository
from store.engine import transaction
from worker.similarity import Document, find_similar

STARTERS = [(lab, framework) for lab in LABS for framework in FRAMEWORK_TITLES]
FOLDER = Path(api.starters.asked.__file__).parent


def made(lab, framework, form="py", language="en"):
    return starter(lab, framework, form=form, language=language, title=TITLES[lab][language])


def spec_with(*criteria, **fields):
    return AssignmentSpec(
        slug="own", title="Our own lab", split=SplitSizes(train=90, validation=30, test=30), criteria=criteria,
        **{"dataset": "iris", **fields},
    )  # fmt: skip


ACCURACY = CriterionSpec(id="accuracy", grader="accuracy", points=6, parameters={"full_at": 0.8, "zero_at": 0.5})


def test_doctests_hold():
    for module in (api.language, api.starters.asked):
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed


@pytest.mark.parametrize(("lab", "framework"), STARTERS)
def test_a_starter_is_the_same_code_in_both_languages_and_forms(lab, framework):
    code = {}
    for language in ("en", "ro"):
        source = made(lab, framework, language=language)
        assert "⟦" not in source
        assert "TODO" in source
        assert max(map(len, source.splitlines())) <= 100
        notebook = made(lab, framework, "ipynb", language)
        assert "⟦" not in notebook
        flat = flatten_notebook(notebook)
        assert flat.dropped_lines == ()
        for name, text in (("py", source), ("ipynb", flat.source)):
            # What is tried out stands in cells of its own, which are not handed in, and is not run when it is.
            body = [
                node for node in ast.parse(text).body if not isinstance(node, ast.If) and not is_text(node)
            ]
            code[language, name] = ast.dump(ast.Module(body, []))
    assert len(set(code.values())) == 1
    assert "FunctionDef(name='train'" in code["en", "py"]


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize(("lab", "framework"), STARTERS)
def test_a_notebook_is_one_that_jupyter_opens(lab, framework):
    document = json.loads(made(lab, framework, "ipynb", "ro"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    cells = document["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"]) for cell in cells)
    assert cells[0]["cell_type"] == "markdown"
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    marked = [cell["source"][0] == "# labmark\n" for cell in cells if cell["cell_type"] == "code"]
    assert marked[-1] is False
    assert all(marked[:-1])


def test_every_word_is_there_in_both_languages_and_used():
    for name, texts in {**WORDS, **TITLES, **INTRODUCTIONS}.items():
        assert set(texts) == {"en", "ro"}, name
        assert all(texts.values()), name
    assert set(ASKED["en"]) == set(ASKED["ro"])
    for name in ASKED["en"]:
        fields = [set(re.findall(r"\{(\w+)", ASKED[language][name])) for language in ("en", "ro")]
        assert fields[0] == fields[1], name
    used = set(re.findall(r"⟦(\w+)⟧", "".join(path.read_text() for path in FOLDER.glob("code/*/*.py"))))
    assert used == set(WORDS)
    english, romanian = ({path.name for path in FOLDER.glob(f"texts/{language}/*.md")} for language in ("en", "ro"))
    assert english == romanian


@pytest.mark.parametrize("lab", LABS)
def test_a_text_says_what_its_lab_asks_in_both_languages(lab):
    spec = LABS[lab]
    english, romanian = assignment_text(spec, "en"), assignment_text(spec, "ro")
    assert english.startswith(f"# {spec.title}\n")
    assert romanian.startswith(f"# {TITLES[lab]['ro']}\n")
    full = 100 * spec.criteria[0].parameters["full_at"]
    gap = 100 * spec.criteria[1].parameters["full_at_most"]
    assert f"(40 points): the right class on at least {full:g} % of the test rows" in english
    assert f"(40 de puncte): clasa corectă pe cel puțin {full:g} % din rândurile de test" in romanian
    assert f"at most {gap:g} percentage points above" in english
    assert f"cu cel mult {gap:g} puncte procentuale peste".replace(".", ",") in romanian
    for text, words in ((english, ("Overfitting", "How the grade is made", "labmark submit")),
                        (romanian, ("Supraînvățare", "Cum se face nota", "labmark submit"))):  # fmt: skip
        assert all(word in text for word in words)
    layers = {"single_layer": ("## One layer", "## Un singur strat"),
              "multi_layer": ("## Several layers", "## Mai multe straturi")}  # fmt: skip
    for name, headings in layers.items():
        expected = name == spec.criteria[2].parameters["expected"]
        assert [heading in text for heading, text in zip(headings, (english, romanian), strict=True)] == [expected] * 2


def test_a_text_follows_what_an_instructor_changed():
    criteria = (
        ACCURACY.model_copy(update={"visibility": "after_due"}),
        CriterionSpec(id="hidden", grader="framework", points=1, parameters={"allowed": ["keras"]}, visibility="staff"),
        CriterionSpec(id="gap", grader="generalization_gap", points=1,
                      parameters={"full_at_most": 0.2, "zero_at_least": 0.5, "measure": "loss"}),
        CriterionSpec(id="layers", grader="architecture", points=1,
                      parameters={"expected": "multi_layer", "min_hidden_units": 8}),
        CriterionSpec(id="curve", grader="learning_curve", points=2, parameters={"min_epochs": 5, "max_regret": 0.05}),
        CriterionSpec(id="spread", grader="stability", points=2, parameters={"max_sd": 0.1}),
        CriterionSpec(id="size", grader="resources", points=2, parameters={"max_seconds": 9.5, "max_parameters": 5000}),
    )  # fmt: skip
    text = assignment_text(spec_with(*criteria, repeats=3, description="Sort the flowers.", dataset="wine"), "en")
    assert text.startswith("# Our own lab\n\nSort the flowers.\n\n## What is asked\n")
    for said in (
        "**accuracy** (6 points): the right class on at least 80 % of the test rows; at 50 % or less there",
        "are no points. Shown after the due date.",
        "a validation error at most 0.2 (cross-entropy) above the training error",
        "Its widest hidden layer has at least 8 units.",
        "at least 5 recorded epochs. The validation error ends at most 5 percentage points above its least value.",
        "spreads by at most 10 percentage points (standard deviation)",
        "a training of at most 9.5 s. a model of at most 5000 parameters.",
        "your code is trained 3 times",
        "## Several layers",
    ):
        assert said in text
    assert "hidden**" not in text
    assert "flowers of three species" not in text
    romanian = assignment_text(spec_with(*criteria, repeats=3), "ro")
    assert "9,5 s" in romanian
    assert "este antrenat de 3 ori" in romanian


@pytest.mark.parametrize(
    ("fields", "expected", "lab"),
    [
        ({}, None, "iris-single-layer"),
        ({}, "single_layer", "iris-single-layer"),
        ({"dataset": "mnist"}, "multi_layer", "mnist-multi-layer"),
        ({"dataset": "wine"}, "multi_layer", None),
    ],
)
def test_which_starter_fits_is_a_matter_of_data_and_network(fields, expected, lab):
    layers = CriterionSpec(id="l", grader="architecture", points=1, parameters={"expected": expected or "single_layer"})
    spec = spec_with(ACCURACY, *([layers] if expected else []), frameworks=("keras", "pytorch"), **fields)
    assert lab_of(spec) == lab
    assert frameworks_of(spec) == (("keras", "pytorch") if lab else ())


def test_a_title_ends_no_docstring():
    spec = spec_with(ACCURACY).model_copy(update={"title": 'A """ \\ title\nwith "quotes"'})
    source = starter("iris-single-layer", "keras", form="py", language="en", title=title_of(spec, "en"))
    assert ast.get_docstring(ast.parse(source)).startswith("A ''' / title with \"quotes\", in Keras")


def test_the_api_hands_them_out_in_the_readers_language(world):
    found = world.get("/api/v1/assignments/iris/starters").json()
    assert [item["framework"] for item in found["items"]] == ["pytorch", "lightning", "tensorflow", "keras"]
    assert found["languages"] == ["en", "ro"]
    links = found["items"][0]["links"]
    answer = world.get(links["py"], headers={"Accept-Language": "ro-RO, en;q=0.5"})
    assert answer.headers["content-language"] == "ro"
    assert answer.headers["content-disposition"] == 'attachment; filename="lab.py"'
    assert answer.text == starter("iris-single-layer", "pytorch", form="py", language="ro", title="Iris, one layer")
    assert world.get(links["ipynb"]).json()["nbformat"] == 4
    assert world.get(links["py"] + "&language=en", headers={"Accept-Language": "ro"}).headers["content-language"] == "en"
    text = world.get(found["links"]["text"], headers={"Accept-Language": "ro"})
    assert text.headers["content-type"].startswith("text/markdown")
    assert "## Ce se cere" in text.text
    # Of what staff alone see, nothing is told: the second criterion is hidden.
    assert "test accuracy" not in text.text
    assert "validation accuracy" in text.text


def test_what_it_takes_to_try_at_home_is_told_without_what_is_for_staff(world):
    told = world.get("/api/v1/assignments/iris/trial").json()
    assert told["hidden_criteria"] == 1
    spec = AssignmentSpec.model_validate(told["spec"])
    assert [criterion.visibility for criterion in spec.criteria if criterion.visibility == "staff"] == []
    with transaction(world.engine) as session:
        whole = repository.assignment_by_slug(session, "iris").spec
    assert len(whole.criteria) == len(spec.criteria) + 1
    assert run_digest(spec) == run_digest(whole)
    # Nor how staff look for cheats.
    assert "integrity" not in told["spec"]
    problem(world.get("/api/v1/assignments/iris/trial", "olga"), 404, "not_found")


def test_an_assignment_that_asks_nothing_openly_cannot_be_tried_at_home(world):
    with transaction(world.engine) as session:
        spec = spec_with(ACCURACY.model_copy(update={"visibility": "staff"})).model_copy(update={"slug": "secret"})
        repository.create_assignment(session, course_id=world.course_id, spec=spec)
    problem(world.get("/api/v1/assignments/secret/trial"), 404, "not_found")


def test_what_is_not_there_is_said(world):
    base = "/api/v1/assignments/iris"
    problem(world.get(f"{base}/starters/jax"), 404, "not_found")
    problem(world.get(f"{base}/starters/pytorch?format=exe"), 422, "validation_failed")
    problem(world.get(f"{base}/starters/pytorch?language=de"), 422, "validation_failed")
    for path in ("/starters", "/starters/pytorch", "/text"):
        problem(world.get(base + path, "olga"), 404, "not_found")
        problem(world.client.get(base + path), 401, "unauthenticated")
    with transaction(world.engine) as session:
        spec = spec_with(ACCURACY, dataset="wine")
        repository.create_assignment(session, course_id=world.course_id, spec=spec)
    assert world.get("/api/v1/assignments/own/starters").json()["items"] == []
    problem(world.get("/api/v1/assignments/own/starters/pytorch"), 404, "not_found")
    assert world.get("/api/v1/assignments/own/text").text.startswith("# Our own lab\n")


@pytest.mark.parametrize("lab", LABS)
def test_two_who_handed_in_the_starter_are_no_copiers(lab):
    for framework in FRAMEWORK_TITLES:
        documents = [
            Document(submission_id=name, user_id=name, source=made(lab, framework, language=language))
            for name, language in (("a", "en"), ("b", "ro"))
        ]
        without = find_similar(documents=documents, boilerplate=[], threshold=0.8)
        assert len(without.pairs) == 1
        assert find_similar(documents=documents, boilerplate=list(boilerplate(lab)), threshold=0.8).pairs == ()


def test_a_similarity_check_always_takes_the_starters_away(world):
    job = world.client.post(
        "/api/v1/assignments/iris/similarity", json={"boilerplate": ["x = 1"]}, headers=world.headers("ivan")
    ).json()
    with transaction(world.engine) as session:
        given = repository.staff_job(session, job["id"]).parameters["boilerplate"]
    assert given == ["x = 1", *boilerplate("iris-single-layer")]
