"""Every list that grows is read in pages, each thing once, whatever comes and goes meanwhile."""

from __future__ import annotations

import string

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from seeded_course import restore, seeded_course, snapshot

from api.errors import ProblemError
from api.paging import next_page, page_in_order, page_of
from store import repository
from store.engine import transaction

LISTS = {
    "/api/v1/courses": "slug",
    "/api/v1/courses/ml/audit": "id",
    "/api/v1/courses/ml/datasets": "name",
    "/api/v1/courses/ml/enrollments": "user",
    "/api/v1/courses/ml/invitations": "id",
    "/api/v1/courses/ml/submissions": "id",
    "/api/v1/assignments": "slug",
    "/api/v1/assignments/lab/versions": "version",
    "/api/v1/assignments/lab/submissions": "id",
    "/api/v1/assignments/lab/grades": "user",
    "/api/v1/assignments/lab/extensions": "user",
    "/api/v1/assignments/lab/quotas": "user",
    "/api/v1/assignments/lab/leaderboard": "user",
    "/api/v1/submissions/{submission_id}/runs": "id",
    "/api/v1/runs/{run_id}/reports": "version",
}
# Everything of one of these is told in one answer: it cannot grow.
WHOLE = {"/api/v1/assignments/{slug}/starters", "/api/v1/me/tokens"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("paging")) as seeded:
        _grow(seeded)
        yield seeded


@pytest.fixture(scope="module")
def client(course):
    with TestClient(course.app) as client:
        yield client


def _grow(course):
    """Of everything that a list holds, at least two."""
    ids, names = course.names["ids"], course.names
    lab = {"assignment_id": names["assignment_id"]}
    by_ivan = {"author_id": ids["ivan"], "reason": "Was ill"}
    with transaction(course.engine) as session:
        spec = repository.assignment_by_slug(session, "lab").spec
        repository.add_assignment_version(session, **lab, spec=spec.model_copy(update={"title": "Lab, again"}))
        other = spec.model_copy(update={"slug": "another-lab"})
        repository.create_assignment(session, course_id=names["course_id"], spec=other)
        repository.set_extension(session, **lab, user_id=ids["dan"], due_at=4e9, **by_ivan)
        repository.grant_quota(session, **lab, user_id=ids["dan"], per_day=None, burst=None, extra=1, **by_ivan)
        details = repository.submission_details(session, names["submission_id"])
        repository.add_report(session, details.run.id, details.report, cause="regrade")
        repository.add_run(
            session, submission_id=names["submission_id"], kind="control", spec_version=1,
            priority=repository.PRIORITY_REGRADE,
        )  # fmt: skip
        kinds = repository.dataset_by_name(session, "kinds")
        _, archive = repository.dataset_archive(session, "kinds")
        new = repository.NewDataset(name="more-kinds", sha256=kinds.sha256, facts=kinds.facts, archive=archive)
        repository.create_dataset(session, course_id=names["course_id"], author_id=ids["ivan"], new=new)


@pytest.mark.parametrize("address", LISTS)
def test_pages_of_one_hold_together_what_one_page_holds(address, course, client):
    path, name = address.format(**course.names), LISTS[address]
    headers = course.headers("root")
    everything = client.get(path, headers=headers).json()
    assert everything["next"] is None
    expected = [item[name] for item in everything["items"]]
    assert len(expected) > 1
    found, following = [], f"{path}?limit=1"
    while following:
        page = client.get(following, headers=headers).json()
        assert len(page["items"]) == 1
        found += [item[name] for item in page["items"]]
        following = page["next"]
    assert found == expected


def test_every_list_is_one_of_these(course):
    paths = course.app.openapi()["paths"]
    schemas = course.app.openapi()["components"]["schemas"]
    lists = set()
    for path, methods in paths.items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        if "items" in schemas.get(reference.rsplit("/", 1)[-1], {}).get("properties", {}):
            lists.add(path)
    known = {path.replace("/ml", "/{course}").replace("/lab", "/{slug}") for path in LISTS}
    assert lists == known | WHOLE | {"/api/v1/submissions"}


def test_who_is_gone_when_the_next_page_is_read_takes_nobody_along(course, client):
    before, headers = snapshot(course.engine), course.headers("root")
    path = "/api/v1/assignments/lab/extensions"
    first = client.get(f"{path}?limit=1", headers=headers).json()
    assert [item["user"] for item in first["items"]] == ["ana"]
    gone = client.delete(f"{path}/ana", headers=headers | {"If-Match": first["items"][0]["etag"]})
    assert gone.status_code == 204
    rest = client.get(first["next"], headers=headers).json()
    assert ([item["user"] for item in rest["items"]], rest["next"]) == (["dan"], None)
    restore(course.engine, before)


keys = st.lists(st.tuples(st.text(max_size=5), st.text(string.ascii_lowercase, max_size=3)), unique=True, max_size=30)


@settings(deadline=None)
@given(items=keys, limit=st.integers(1, 7))
def test_pages_are_the_whole_in_order_whatever_the_keys(items, limit):
    found, after = [], None
    while True:
        shown, after = page_of(items, lambda item: item, after=after, limit=limit)
        found += shown
        assert len(shown) == limit or after is None
        if after is None:
            break
    assert found == sorted(items)


@settings(deadline=None)
@given(items=st.lists(st.integers(0, 3), max_size=30), limit=st.integers(1, 7))
def test_what_has_an_order_of_its_own_keeps_it(items, limit):
    found, after = [], None
    while True:
        shown, after = page_in_order(items, after=after, limit=limit)
        found += shown
        if after is None:
            break
    assert found == items


@settings(deadline=None)
@given(st.text(string.ascii_letters + string.digits + "_=-", max_size=60))
def test_a_cursor_that_was_made_up_begins_somewhere_or_is_refused(cursor):
    refused = None
    try:
        page_of([("a",), ("b",)], lambda item: item, after=cursor, limit=1)
    except ProblemError as problem:
        refused = problem.code
    assert refused in {None, "validation_failed"}


def test_an_address_holds_what_was_asked_and_nothing_else():
    assert next_page("/x", a=None, b="ă&c", d=["1", "2"], e=False) == "/x?b=%C4%83%26c&d=1&d=2&e=False"
