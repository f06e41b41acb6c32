"""The contract itself: complete, consistent, and with examples that have the form that it asks."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from api.app import create_app
from api.errors import PROBLEMS
from api.examples import without_example
from api.problem_examples import EXAMPLE_DETAILS
from store.settings import Settings

DOCUMENT = create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
# Told by pages, or of what is no operation.
NOT_OF_AN_OPERATION = {
    "http_error", "link_over", "method_not_allowed", "no_account", "provider_refused", "stale_form", "too_many_tries",
    "weak_password", "wrong_password",
}  # fmt: skip
PUBLIC = {"GET /healthz", "GET /readyz", "GET /api/v1/schemas/assignment.json"}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def contents(operation):
    """(where, media type, what is said of it) of the request and of every answer."""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", media, content
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            yield status, media, content


def examples_of(content):
    return [content["example"]] if "example" in content else [each["value"] for each in content.get("examples", {}).values()]


@every_operation
def test_each_operation_says_what_it_is_for(name):
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"].endswith((".", "!"))
    (tag,) = operation["tags"]
    assert tag in {known["name"] for known in DOCUMENT["tags"]}


@every_operation
def test_each_request_and_each_answer_has_an_example_of_its_form(name):
    for where, media, content in contents(OPERATIONS[name]):
        found = examples_of(content)
        assert found, (where, media)
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        if "json" in media and where != "request":
            for example in found:
                Draft202012Validator(schema).validate(example)


@every_operation
def test_each_problem_has_an_example_for_each_of_its_codes(name):
    for status, _, content in contents(OPERATIONS[name]):
        if content["schema"].get("$ref", "").endswith("/ProblemOut"):
            assert content["examples"]
            for code, example in content["examples"].items():
                assert (PROBLEMS[code][0], example["value"]["code"]) == (int(status), code)


@every_operation
def test_each_parameter_is_described_with_an_example(name):
    for parameter in OPERATIONS[name].get("parameters", []):
        told = parameter.get("description") or parameter["schema"].get("description")
        assert told, parameter["name"]
        assert "examples" in parameter or parameter["schema"].get("examples"), parameter["name"]


@every_operation
def test_who_is_unknown_is_told_so_and_our_faults_are_documented(name):
    operation = OPERATIONS[name]
    assert ("401" in operation["responses"]) == bool(operation.get("security")) == (name not in PUBLIC)
    assert {"500", "503"} <= set(operation["responses"])
    if "requestBody" in operation:
        assert {"400", "413"} <= set(operation["responses"])


def test_what_takes_an_etag_gives_one():
    changing = {name for name, operation in OPERATIONS.items() if any(p["name"] == "if-match" for p in operation.get("parameters", []))}
    assert len(changing) == 8
    for name in changing:
        assert {"ETag"} == set(OPERATIONS[name]["responses"]["412"]["headers"])
        reading = OPERATIONS[f"GET {name.split()[1]}"]
        assert "ETag" in reading["responses"]["200"]["headers"]


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_each_field_has_an_example_that_fits_it():
    assert without_example(SCHEMAS) == []


def test_each_code_has_a_sentence_of_its_own():
    assert set(EXAMPLE_DETAILS) == set(PROBLEMS)


def test_nothing_of_the_framework_is_left():
    assert not {"HTTPValidationError", "ValidationError"} & set(SCHEMAS)


def test_the_documented_codes_are_those_that_there_are():
    told = {
        code
        for operation in OPERATIONS.values()
        for _, _, content in contents(operation)
        for code in content.get("examples", {})
    }
    assert set(PROBLEMS) - told == NOT_OF_AN_OPERATION
