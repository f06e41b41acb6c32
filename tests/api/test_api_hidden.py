"""What is not yours is answered as what is not there, to the letter: nobody learns what a foreign course holds (IDOR)."""

from __future__ import annotations

import re

import pytest
from every_route import api_routes, names_in, page_routes
from seeded_course import seeded_course, snapshot
from test_api_roles import TABLE

HTML = {"Accept": "text/html"}
OUTSIDERS = ("otto", "olga", "root with an instructor's token")
# What is there -> what is not: as long, so that not even the length of an answer differs.
NOWHERE = {"lab": "lob", "ml": "mx", "kinds": "kinda", "ana": "ane"}
# Of a page: what stands for parts of its address that the API names otherwise.
PAGE_NAMES = {"first": "submission_id", "second": "dans_submission", "number": "1", "secret": "x" * 43}
# Everything that any form of ours may hold: what it is refused for must not be the form.
FORM = {
    "points": "1", "reason": "They asked for it", "seen": "*", "scope": "all", "threshold": "80", "user": "ana", "role": "grader",
    "due_at": "2031-01-01T10:00", "extra": "1", "invitation": "x",
}  # fmt: skip
OF_A_COURSE = [(m, p) for m, p in api_routes() if {"slug", "course", "submission_id", "run_id", "job_id"} & set(names_in(p))]
OF_A_STUDENT = [(m, p) for m, p in api_routes() if {"submission_id", "run_id"} & set(names_in(p))]
PAGES = [(m, p) for m, p in page_routes() if names_in(p) and "secret" not in p]
PAGES_OF_A_STUDENT = [(m, p) for m, p in PAGES if "submission_id" in p]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("hidden")) as seeded:
        yield seeded


@pytest.fixture(scope="module")
def before(course):
    return snapshot(course.engine)


def other(value):
    """Of the same form, and of nothing that is there."""
    text = str(value)
    return NOWHERE.get(text) or text[:-4] + ("0000" if not text.endswith("0000") else "1111")


def names_of(course, path):
    """(those that are there, those that are not) for the parts of the address."""
    known = course.names | {"version": 1} | ({"slug": "ml"} if path.startswith("/courses/") else {})
    there = {name: str(known.get(PAGE_NAMES.get(name, name), PAGE_NAMES.get(name))) for name in names_in(path)}
    # Alone the first part decides whether anything below it is shown.
    first = names_in(path)[0]
    return there, there | {first: other(there[first])}


def asked(client, course, method, path, names, who, **send):  # noqa: PLR0917 - as they stand in a request
    answer = client.request(method, path.format(**names), **send | {"headers": send.get("headers", {}) | course.headers(who)})
    kept = {k: v for k, v in answer.headers.items() if k not in {"x-request-id", "content-length"}}
    text = answer.text
    for value in names.values():
        # The answer may say again what was asked for.
        text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", "*", text)
    return answer.status_code, kept, text


def same_as_nowhere(client, course, method, path, who, **send):
    there, nowhere = names_of(course, path)
    found = asked(client, course, method, path, there, who, **send)
    assert found == asked(client, course, method, path, nowhere, who, **send), who
    return found


def sent_with(course, operation):
    send = dict(TABLE[operation].send)
    if "json" in send:
        known = course.names | {"version": 1}
        send["json"] = {k: v.format(**known) if isinstance(v, str) else v for k, v in send["json"].items()}
    return send


@pytest.mark.parametrize(("method", "path"), OF_A_COURSE)
def test_the_api_tells_outsiders_of_a_course_nothing(method, path, course, client, before):
    for who in OUTSIDERS:
        status, _, text = same_as_nowhere(client, course, method, path, who, **sent_with(course, f"{method} {path}"))
        assert (status, '"code":"not_found"' in text) == (404, True), (who, text)
    assert_untouched(course, before)


@pytest.mark.parametrize(("method", "path"), OF_A_STUDENT)
def test_the_api_tells_another_student_nothing(method, path, course, client, before):
    status, _, text = same_as_nowhere(client, course, method, path, "dan", **sent_with(course, f"{method} {path}"))
    assert (status, '"code":"not_found"' in text) == (404, True), text
    assert_untouched(course, before)


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_pages_tell_outsiders_of_a_course_nothing(method, path, course, client, before):
    for who in OUTSIDERS:
        status, _, text = same_as_nowhere(client, course, method, path, who, headers=HTML, **form(method, path))
        assert status == 404, (who, text)
    assert_untouched(course, before)


@pytest.mark.parametrize(("method", "path"), PAGES_OF_A_STUDENT)
def test_pages_tell_another_student_nothing(method, path, course, client, before):
    status, _, text = same_as_nowhere(client, course, method, path, "dan", headers=HTML, **form(method, path))
    assert status == 404, text
    assert_untouched(course, before)


def form(method, path):
    if method == "GET":
        return {}
    if path.endswith("/submissions"):
        return {"files": {"file": ("lab.py", b"def train(lab): ...\n")}}
    if path.endswith("/roster"):
        return {"files": {"file": ("list.csv", b"name,email\nEva,eva@example.org\n")}, "data": {"dry_run": "false"}}
    return {"data": FORM}


def assert_untouched(course, before):
    now = snapshot(course.engine)
    assert {name: rows for name, rows in now.items() if name != "tokens"} == {n: r for n, r in before.items() if n != "tokens"}


def test_handing_in_to_a_foreign_assignment_is_refused_whatever_is_handed_in(course, client):
    path = "/api/v1/assignments/{slug}/submissions"
    for source in ("x = 1\n", "", "def train(lab):\n    ...\n" * 1000):
        for filename in ("a.py", "a.exe"):
            same_as_nowhere(client, course, "POST", path, "olga", json={"filename": filename, "source": source})


def test_no_list_names_what_is_not_yours(course, client):
    for path in ("/api/v1/assignments?course=ml", "/api/v1/submissions?assignment=lab"):
        found = client.get(path, headers=course.headers("olga"))
        nowhere = client.get(path.replace("lab", "lob").replace("=ml", "=mx"), headers=course.headers("olga"))
        assert found.status_code == nowhere.status_code == 404
        assert found.json()["detail"].replace("lab", "*").replace("'ml'", "*") == nowhere.json()["detail"].replace("lob", "*").replace("'mx'", "*")
