"""What is wrong inside a specification or a data set is told in the language of whoever reads it."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from test_api_authoring import CREATE, GOOD, SPEC, VALIDATE, actions, problem, publish, send
from test_api_datasets import npz, register, wine_csv

import api
import graders
import server
import store
from api.language import LANGUAGES
from api.sentences import SENTENCES
from api.told import said
from graders.registry import GRADERS
from graders.spec import AssignmentSpec
from graders.spec_document import SpecError, read_spec
from graders.spec_schema import allowed_by, in_words, schema_at
from graders.spec_sentences import ENGLISH as OF_SPECS
from graders.spec_warnings import spec_warnings
from store.dataset_files import BUILT_IN_FACTS, DatasetInvalidError, check_split, read_dataset, warnings_of
from store.dataset_sentences import ENGLISH as OF_DATASETS

RO = {"Accept-Language": "ro"}
AREAS = {"in_spec": "spec", "broken_rule": "spec", "of_dataset": "dataset"}
FILES = [path for package in (api, graders, server, store) for path in sorted(Path(package.__file__).parent.rglob("*.py"))]
VALIDATORS = {"model_validator", "field_validator"}


def named(node):
    return getattr(node, "id", "") or getattr(node, "attr", "")


def codes_of(node):
    """Each that the expression may give. One that is put together would be found by nobody."""
    if isinstance(node, ast.IfExp):
        return codes_of(node.body) + codes_of(node.orelse)
    return [node.value if isinstance(node, ast.Constant) else None]


def told():
    """(where, key, names of its values) of each sentence that the code tells; None: the names are handed on."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or named(node.func) not in AREAS:
                continue
            if path.name == "spec_sentences.py" and not isinstance(node.args[0], ast.Constant):
                continue  # A broken rule told again: it was raised with its code elsewhere.
            names = {keyword.arg for keyword in node.keywords}
            given = None if None in names else names - ({"at"} if named(node.func) == "broken_rule" else set())
            for code in codes_of(node.args[0]):
                yield f"{path.name}:{node.lineno}", f"fault.{AREAS[named(node.func)]}.{code}", given


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_fault_that_can_be_told_is_in_every_catalog_with_its_values_and_nothing_else_is():
    found = list(told())
    assert len(found) > 100
    for where, key, given in found:
        for language in LANGUAGES:
            assert key in SENTENCES[language], (where, language)
            assert given is None or fields(SENTENCES[language][key]) == given, (where, language)
    of_faults = {f"fault.spec.{code}" for code in OF_SPECS} | {f"fault.dataset.{code}" for code in OF_DATASETS}
    assert {key for _, key, _ in found} == of_faults
    for language in LANGUAGES:
        assert {key for key in SENTENCES[language] if key.startswith(("fault.spec.", "fault.dataset."))} == of_faults


def test_rules_over_several_fields_are_broken_with_a_code():
    seen = 0
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if graders.__path__[0] not in str(path) or not isinstance(node, ast.FunctionDef):
                continue
            if not any(named(d.func) in VALIDATORS for d in node.decorator_list if isinstance(d, ast.Call)):
                continue
            seen += 1
            raised = [inner.exc for inner in ast.walk(node) if isinstance(inner, ast.Raise)]
            assert [named(one.func) for one in raised] == ["broken_rule"], (path.name, node.name)
    assert seen >= 6


# (document, form): each is told of with another rule, or by another reader of texts.
WRONG = [
    (GOOD.replace("full_at: 0.9", "full_at: 0.5"), "yaml"),
    (GOOD.replace("points: 10", "points: -1").replace("title: Iris, once more", 'title: ""'), "yaml"),
    (GOOD.replace("grader: accuracy", "grader: acuracy").replace("dataset:", "datset:"), "yaml"),
    (GOOD + "leaderboard: {}\nframeworks: []\nrepeats: 21\nsupersede: 1\n", "yaml"),
    (GOOD + "  - {id: accuracy, grader: resources, points: 1, parameters: {}}\n", "yaml"),
    (GOOD.replace("accuracy\n    points", "architecture\n    points").replace("full_at: 0.9, zero_at: 0.6", "expected: single_layer, min_hidden_units: 3"), "yaml"),
    (GOOD.replace("accuracy\n    points", "generalization_gap\n    points").replace("full_at: 0.9, zero_at: 0.6", "full_at_most: 0.5, zero_at_least: 0.1"), "yaml"),
    (GOOD + "".join(f"unknown_{i}: 1\n" for i in range(60)), "yaml"),
    ("- a", "yaml"), ("slug: [", "yaml"), ("slug: &a x\ntitle: *a\nb: !t 1\nslug: y", "yaml"), ("b: \x07", "yaml"), ("a: 1\n---\nb: 2", "yaml"),
    ("1: x", "yaml"), ("a: .5e999", "yaml"), (f"a: {'1' * 400}", "yaml"), ('a: "\\0"', "yaml"), ("[" * 20, "yaml"), ("#" * 70_000, "yaml"),
    ("{", "json"), ('{"a": NaN}', "json"), (GOOD, "json"),
]  # fmt: skip
X = [[float(i), float(i * i)] for i in range(20)]


def sentences():
    """As they are found, with their values: what a document, a file or a split is refused or doubted for."""
    for text, form in WRONG:
        with pytest.raises(SpecError) as refused:
            read_spec(text, form=form)
        for fault in refused.value.faults:
            yield fault.said
            yield from [fault.allowed] if fault.allowed is not None else []
    for content, label in (
        (b"a;b\n1;2\n", "b"), (b'a,b\n1,x\n2\n,y\nz,\n"1,5",x\n', "b"), (b"1,2\n3,4\n", "b"), (b"", "b"), (b"a,b\n", "b"),
        (b"a,b\n\xff,1\n", "b"), (b"a,b\n1,only\n", "b"), (b"a,b\n" + b"1,x\n" * 9 + b"nan,y\n", "b"), (b",a,a,b\n", "b"),
    ):  # fmt: skip
        with pytest.raises(DatasetInvalidError) as refused:
            read_dataset(filename="a.csv", content=content, label_column=label)
        for fault in refused.value.faults:
            yield fault.said
            yield fault.location
    for arrays in ({"x": X}, {"x": X, "y": ["a"] * 19}, {"x": X, "y": [0.5] * 20}, {"x": X, "y": [0, 1] * 10, "class_names": ["a"]}):
        with pytest.raises(DatasetInvalidError) as refused:
            read_dataset(filename="a.npz", content=npz(**arrays), label_column=None)
        yield from (fault.said for fault in refused.value.faults)
    split = read_spec(GOOD.replace("{train: 90, validation: 30,", "{train: 1090, validation: 2,"), form="yaml")
    yield from check_split(split, BUILT_IN_FACTS["iris"])
    classes = [{"name": "many", "rows": 1200, "share": 0.99}, {"name": "few", "rows": 1, "share": 0.01}]
    yield from warnings_of({"classes": classes, "contradictions": 1})
    doubted = GOOD + "points_at_most: 50.5\nlate: {percent_per_day: 0}\n"
    yield from (doubt for _, doubt in spec_warnings(read_spec(doubted, form="yaml")))


def test_the_english_of_readers_is_that_of_command_lines_and_the_romanian_another():
    found = list(sentences())
    assert len({one.code for one in found if not isinstance(one, str)}) > 60
    for one in found:
        assert said(one, "en") == str(one)
        # A value that a sentence lacks would be told as a question mark.
        assert said(one, "ro").count("?") == str(one).count("?")
        if not isinstance(one, str) and one.code != "spec.text":
            assert said(one, "ro") != str(one)


def all_schemas(schema, path=()):
    for name in schema_at(schema, path).get("properties", {}):
        here = (*path, name)
        yield schema_at(schema, here)
        yield from all_schemas(schema, here)


def test_what_is_allowed_is_told_of_every_field_in_romanian_alone():
    models = [AssignmentSpec, *(grader.parameters for grader in GRADERS.values())]
    told_of = [part for model in models for part in all_schemas(model.model_json_schema())]
    assert len(told_of) > 40
    for part in told_of:
        romanian = said(allowed_by(part), "ro")
        assert said(allowed_by(part), "en") == in_words(part)
        assert not {"a", "an", "of", "from", "to", "above", "least", "with", "or", "whole"} & set(romanian.split()), romanian


# Over HTTP


def test_a_wrong_specification_is_refused_in_romanian_at_its_lines(world):
    text = GOOD.replace("full_at: 0.9", "full_at: 0.5").replace("train: 90", 'train: "90"') + "repaets: 3\n"
    body = problem(send(world, "POST", CREATE, text, headers=RO), 422, "spec_invalid")
    assert [(e["line"], e["location"], e["code"]) for e in body["errors"]] == [
        (4, "split.train", "spec.not_allowed"),
        (9, "criteria[0].parameters.zero_at", "spec.zero_above_full"),
        (10, "repaets", "spec.unknown_meant"),
    ]
    assert [(e["message"], e["allowed"]) for e in body["errors"][:2]] == [
        ('"90" nu este permis', "un număr întreg mai mare decât 0 și de cel mult 10000000"),
        ("zero_at (0.6) nu poate fi mai mare decât full_at (0.5)", None),
    ]
    assert body["errors"][2]["message"] == "nume necunoscut; ai vrut să scrii repeats?"
    assert body["detail"].startswith(
        'linia 4: split.train: "90" nu este permis (permis: un număr întreg mai mare decât 0 și de cel mult 10000000); '
        "linia 9: criteria[0].parameters.zero_at: zero_at (0.6) nu poate fi mai mare decât full_at (0.5); linia 10: repaets: "
    )
    assert actions(world) == []


def test_data_that_is_not_there_and_a_foreign_name_are_told_in_romanian(world):
    text = GOOD.replace("train: 90", "train: 1090")
    (fault,) = problem(send(world, "POST", CREATE, text, headers=RO), 422, "spec_invalid")["errors"]
    assert (fault["line"], fault["message"]) == (
        4, "se cer train 1.090 + validation 30 + test 30 = 1.150 de rânduri; iris are 150",
    )  # fmt: skip
    (fault,) = problem(publish(world, GOOD, params={"language": "ro"}), 422, "spec_invalid")["errors"]
    assert (fault["location"], fault["message"]) == ("slug", '"iris-again" este al altei teme')
    nothing = GOOD.replace("dataset: iris", "dataset: irises")
    (fault,) = problem(send(world, "POST", CREATE, nothing, headers=RO), 422, "spec_invalid")["errors"]
    assert (fault["message"], fault["allowed"]) == ('nu există setul de date "irises"', "iris, mnist")


def test_a_dry_run_and_a_publication_doubt_in_romanian(world):
    found = send(world, "POST", VALIDATE, "slug: [", headers=RO).json()["faults"]
    assert (found[0]["line"], found[0]["message"].startswith("nu este YAML: ")) == (1, True)
    text = GOOD + "points_at_most: 50\n"
    never = "nu se ajunge niciodată aici: criteriile dau 10 puncte"
    for answer in (
        send(world, "POST", VALIDATE, text, headers=RO),
        send(world, "POST", CREATE, text, params={"language": "ro"}),
        send(world, "PUT", SPEC, text.replace("iris-again", "iris"), headers=RO | {"If-Match": '"1"'}),
    ):
        assert [(e["line"], e["message"]) for e in answer.json()["warnings"]] == [(10, never)], answer.text


def test_a_wrong_data_set_is_refused_in_romanian_at_its_places(world):
    lines = wine_csv().decode().split("\n")
    lines[16] = lines[16].replace(lines[16].split(",")[1], "abc", 1)
    lines[18] = lines[18].rpartition(",")[0] + ","
    world.client.headers.update(RO)
    body = problem(register(world, content="\n".join(lines).encode()), 422, "dataset_invalid")
    assert body["errors"] == [
        {"location": "rândul 17, coloana malic_acid", "code": "dataset.not_number", "message": "'abc' nu este un număr"},
        {"location": "rândul 19, coloana cultivar", "code": "dataset.label", "message": "eticheta lipsește"},
    ]
    assert body["detail"] == "rândul 17, coloana malic_acid: 'abc' nu este un număr; rândul 19, coloana cultivar: eticheta lipsește"
    body = problem(register(world, filename="a.npz", content=npz(x=X, y=[0, 1] * 9), label=None), 422, "dataset_invalid")
    assert body["detail"] == "y: are 18 etichete, iar x are 20 de rânduri"


def test_what_is_doubted_in_a_data_set_is_in_the_language_of_each_reader(world):
    content = npz(x=[[float(i)] for i in range(133)], y=[0] * 122 + [1] * 11, class_names=["no", "yes"])
    world.client.headers.update(RO)
    first = register(world, filename="a.npz", content=content, label=None).json()["warnings"]
    assert first == [
        "Clasele nu sunt echilibrate: 'no' are 122 de rânduri, iar 'yes' are 11. Cine ar răspunde mereu 'no' ar avea dreptate în 92 % din rânduri."
    ]
    base = "/api/v1/courses/ml/datasets"
    assert world.get(f"{base}/wine", "grace").json()["warnings"] == first
    assert world.get(base, "grace").json()["items"][0]["warnings"] == first
    english = world.get(f"{base}/wine?language=en", "grace").json()["warnings"]
    assert english[0].startswith("The classes are out of balance: 'no' has 122 rows")
    register(world, name="xenon", filename="a.npz", content=content, label=None)
    following = world.get(f"{base}?limit=1&language=en", "grace").json()["next"]
    assert world.get(following, "grace").json()["items"][0]["warnings"] == english
