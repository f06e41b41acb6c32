"""What a refusal says: in the language that is asked for, and of each kind something."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import get_args

import pytest
from people_at_work import give_password
from pydantic_core.core_schema import ErrorType

import api
from api.dashboard.texts import CATALOGS
from api.errors import PROBLEMS, ProblemError
from api.language import LANGUAGES
from api.sentences import SENTENCES
from api.told import Told, told_of_pydantic
from store import repository
from store.engine import transaction

MODULES = sorted(path for path in Path(api.__file__).parent.rglob("*.py") if "starters/code" not in str(path))
RO = {"Accept-Language": "ro"}
KEYS = {key for key in SENTENCES["en"] if key.startswith(("problem.", "fault."))}
# Put into a sentence by whoever looks it up, and not where the error is raised.
PASSED_ON = {"headers", "errors"}
# Of kinds of fields that no schema of ours has; should one come, it is told as `fault.other`, and this set is too large.
NOT_OF_OURS = ["arguments_type", "bytes_invalid_encoding", "bytes_too_long", "bytes_too_short", "callable_type", "complex_str_parsing", "complex_type", "counter_type", "dataclass_exact_type", "dataclass_type", "date_from_datetime_inexact", "date_from_datetime_parsing", "date_future", "date_parsing", "date_past", "date_type", "datetime_past", "decimal_max_digits", "decimal_max_places", "decimal_parsing", "decimal_type", "decimal_whole_digits", "default_factory_not_called", "deque_type", "ellipsis_error", "fraction_parsing", "fraction_type", "frozen_dict_type", "frozen_field", "frozen_instance", "get_attribute_error", "invalid_key", "is_instance_of", "is_subclass_of", "iterable_type", "iteration_error", "mapping_type", "missing_argument", "missing_keyword_only_argument", "missing_positional_only_argument", "missing_sentinel_error", "multiple_argument_values", "named_tuple_type", "needs_python_object", "no_such_attribute", "ordered_dict_type", "recursion_depth_exceeded", "recursion_loop", "set_item_not_hashable", "string_not_ascii", "time_delta_parsing", "time_delta_type", "time_parsing", "time_type", "timezone_offset", "unexpected_keyword_argument", "unexpected_positional_argument", "union_tag_invalid", "union_tag_not_found", "url_parsing", "url_scheme", "url_syntax_violation", "url_too_long", "url_type", "uuid_parsing", "uuid_type", "uuid_version", "value_error", "assertion_error"]


def calls(name):
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield f"{path.name}:{node.lineno}", node


def literals(node):
    """Each text that it may be; None among them: any other."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value if isinstance(node, ast.Constant) else None]


def raised():
    """(where, key, names of its values); a key that ends with a dot stands for all that begin so."""
    for where, node in [*calls("ProblemError"), *calls("SourceError")]:
        given = {keyword.arg for keyword in node.keywords} - PASSED_ON
        (code,) = literals(node.args[0])
        if code is None:  # handed on from a SourceError, which is looked at itself
            continue
        for what in literals(node.args[1]) if len(node.args) > 1 else [""]:
            yield where, f"problem.{code}" if what == "" else f"problem.{code}.{what or ''}", given


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_refusal_has_its_sentence_and_every_sentence_a_refusal():
    used = set()
    for where, key, given in raised():
        meant = {known for known in KEYS if known.startswith(key)} if key.endswith(".") else {key}
        for one in meant:
            assert one in KEYS, (where, key)
        if not key.endswith("."):
            assert fields(SENTENCES["en"][key]) == given, (where, key)
        used |= meant
    assert {key for key in KEYS if key.startswith("problem.")} == used


def test_every_code_can_be_told():
    told = {key.split(".")[1] for key in KEYS if key.startswith("problem.")}
    assert set(PROBLEMS) <= told


def test_a_notebook_is_refused_in_a_sentence():
    found = {what for _, node in calls("NotebookError") for what in literals(node.args[0])}
    assert found == {key.removeprefix("problem.bad_notebook.") for key in KEYS if key.startswith("problem.bad_notebook.")}


def test_every_sentence_that_is_looked_up_is_there():
    for where, node in calls("Told"):
        for key in literals(node.args[0]):
            if key is not None:
                assert key in KEYS, where
    for code in ("not_utf8", "cells", "email_twice"):
        assert Told(f"people.fault_{code}", {"value": "3"}).said("ro") != Told(f"people.fault_{code}", {"value": "3"}).said("en")


def test_whatever_pydantic_finds_wrong_is_told_in_every_language():
    known = {key.removeprefix("fault.") for key in KEYS if key.startswith("fault.")}
    assert set(get_args(ErrorType)) - set(NOT_OF_OURS) <= known
    assert not known & set(NOT_OF_OURS)
    ours = {what for _, node in calls("PydanticCustomError") for what in literals(node.args[0])} - {None}
    assert ours <= known
    assert {f"name_{code}" for code in ("no_name", "formula", "unprintable", "long_name")} <= known


def test_what_nobody_has_thought_of_is_told_by_its_kind():
    assert told_of_pydantic({"type": "url_parsing", "ctx": {}}).said("ro") == "nu este ce se cere aici (url_parsing)"


def test_words_among_the_values_are_in_the_language_too():
    told = ProblemError("no_report_yet", state="training").detail
    assert (told("en"), told("ro")) == ("The run is training.", "Starea rulării: în antrenare.")
    many = ProblemError("too_large", "file", size=1_200_000, limit=1_048_576).detail
    assert "1.200.000 de octeți" in many("ro")
    assert "1,200,000 bytes" in many("en")


def test_braces_that_somebody_sends_stay_what_they_are():
    assert ProblemError("unsupported_file", name="{0.__class__}{limit}.exe").detail("en").startswith("'{0.__class__}{limit}.exe' ends")


# method, address, body, status, code, and a piece of what is said.
REFUSED = [
    ("GET", "/api/v1/assignments/nowhere", None, 404, "not_found", "nu există tema „nowhere”"),
    ("GET", "/api/v1/nowhere", None, 404, "not_found", "La această adresă nu există nimic"),
    ("DELETE", "/api/v1/assignments", None, 405, "method_not_allowed", "acceptă GET, HEAD"),
    ("POST", "/api/v1/assignments/iris/submissions", {"filename": "a.exe", "source": "x"}, 422, "unsupported_file", "„a.exe” nu se termină"),
    ("POST", "/api/v1/assignments/iris/submissions", {"a": 1}, 422, "validation_failed", "Corpul cererii trebuie să fie"),
    ("POST", "/api/v1/assignments/iris/submissions", {"filename": "a.ipynb", "source": "{}"}, 422, "bad_notebook", "nu are o listă de celule"),
    ("GET", "/api/v1/assignments/iris/grades", None, 403, "forbidden", "pentru asistenții și profesorii"),
    ("GET", "/api/v1/assignments/iris/leaderboard", None, 404, "no_leaderboard", "fără clasament"),
    ("GET", "/api/v1/submissions?limit=1000", None, 422, "validation_failed", "query.limit: trebuie să fie cel mult 100"),
    ("PATCH", "/api/v1/me", {"language": "xx"}, 422, "validation_failed", "body.language: trebuie să fie una dintre valorile 'en', 'ro'"),
    ("PATCH", "/api/v1/me", {"display_name": "=1+1"}, 422, "validation_failed", "începe ca o formulă"),
    ("GET", "/api/v1/submissions/" + "0" * 32, None, 404, "not_found", "Nu ai predarea"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "code", "piece"), REFUSED, ids=[f"{r[0]} {r[1]} {r[4]}" for r in REFUSED])
def test_a_refusal_is_told_in_romanian_under_the_same_code(method, path, body, status, code, piece, world):  # noqa: PLR0917 - a row
    answers = {}
    for language in LANGUAGES:
        answer = world.client.request(method, path, json=body, headers=world.headers() | {"Accept-Language": language})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-language"] == language
        assert answer.json()["title"] == CATALOGS[language][f"problem.{code}"]
        answers[language] = answer.json()
    assert piece in answers["ro"]["detail"]
    assert answers["en"]["detail"] != answers["ro"]["detail"]
    assert [e["location"] for e in answers["en"].get("errors") or ()] == [e["location"] for e in answers["ro"].get("errors") or ()]
    for one, other in zip(answers["en"].get("errors") or (), answers["ro"].get("errors") or (), strict=True):
        assert one["message"] != other["message"]


def test_nobody_known_is_told_in_the_language_that_they_ask_for(world):
    answer = world.client.get("/api/v1/me", headers=RO)
    assert answer.json()["detail"] == "Trimite antetul `Authorization: Bearer lmk_...`."
    big = world.client.post("/api/v1/assignments/iris/submissions", content=b"x" * 20_000_000, headers=RO)
    assert (big.status_code, "se primesc cel mult" in big.json()["detail"]) == (413, True)


def test_the_address_comes_before_the_header_and_the_profile_after_it(world):
    with transaction(world.engine) as session:
        repository.user_by_name(session, "ana").language = "ro"
    path = "/api/v1/assignments/nowhere"
    languages = [
        world.get(path, headers=headers).headers["content-language"]
        for headers in ({}, {"Accept-Language": "de, *"}, {"Accept-Language": "en"}, {"Accept-Language": "ro;q=0.1"})
    ]
    assert languages == ["ro", "ro", "en", "ro"]
    assert world.get(f"{path}?language=en", headers=RO).headers["content-language"] == "en"
    # And so is what is no refusal.
    text = "/api/v1/assignments/iris/text"
    assert world.get(text).text == world.get(f"{text}?language=ro").text != world.get(text, headers={"Accept-Language": "en"}).text


def test_a_list_of_people_is_refused_line_by_line_in_romanian(world):
    answer = world.client.post(
        "/api/v1/courses/ml/roster", content=b"name,email\n=evil,eva@example.org\n",
        headers=world.headers("ivan") | RO | {"Content-Type": "text/csv"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, "roster_invalid")
    assert answer.json()["detail"].startswith("Nu s-a schimbat nimic. linia 2: ")
    assert "formul" in answer.json()["errors"][0]["message"]


def test_a_page_tells_a_refusal_whole_in_romanian(world):
    give_password(world, "ana")
    page = world.get("/assignments/nowhere", headers=RO | {"Accept": "text/html"})
    assert page.status_code == 404
    assert "În cursurile tale nu există tema „nowhere”" in page.text


def test_a_grade_explains_itself_in_the_language_of_its_reader(world, report):
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    told = {
        language: world.get("/api/v1/assignments/iris/grades/me", headers={"Accept-Language": language}).json()["explanation"]
        for language in LANGUAGES
    }
    assert [line["code"] for line in told["en"]] == [line["code"] for line in told["ro"]] != []
    for one, other in zip(told["en"], told["ro"], strict=True):
        assert one["text"] != other["text"]
    of_class = world.get("/api/v1/assignments/iris/grades?language=ro&limit=1", "ivan").json()
    assert of_class["items"][0]["explanation"][0]["text"] in {line["text"] for line in told["ro"]}
    assert "language=ro" in of_class["next"]
