"""Two instructors at the same thing: who has not seen what the other did is told so, and changes nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from seeded_course import DAY_S, seeded_course, served
from test_api_submissions import problem

from graders.spec import Quota
from store import repository
from store.engine import transaction

EXTENSION, QUOTA = "/api/v1/assignments/iris/extensions/ana", "/api/v1/assignments/iris/quotas/ana"
REASON = "Was ill"


@pytest.fixture
def lab(world, report):
    """A due date, a quota, and a graded submission; gives the address of its override."""
    with transaction(world.engine) as session:
        assignment = repository.assignment_by_slug(session, "iris")
        spec = assignment.spec.model_copy(update={"quota": Quota(per_day=5, burst=5)})
        repository.add_assignment_version(session, assignment_id=assignment.id, spec=spec)
        ivan = repository.user_by_name(session, "ivan").id
        repository.move_due_date(session, assignment_id=assignment.id, due_at=time.time() + DAY_S, author_id=ivan)
    submission_id = world.post().json()["id"]
    world.finish(submission_id, report)
    return world


def override_of(world):
    (item,) = world.get("/api/v1/submissions", "ana").json()["items"]
    return f"/api/v1/submissions/{item['id']}/override"


def extend(days):
    return "PUT", {"due_at": time.time() + days * DAY_S, "reason": REASON}


THINGS = {
    "extension": (lambda _: EXTENSION, extend(2), extend(3)),
    "quota": (lambda _: QUOTA, ("PUT", {"extra": 1, "reason": REASON}), ("PUT", {"extra": 2, "reason": REASON})),
    "override": (override_of, ("POST", {"points": 1, "reason": REASON}), ("POST", {"points": 2, "reason": REASON})),
}
each_thing = pytest.mark.parametrize("thing", THINGS)


def send(world, method, path, body=None, *, if_match=None):
    headers = world.headers("ivan") | ({"If-Match": if_match} if if_match else {})
    return world.client.request(method, path, headers=headers, **({"json": body} if body else {}))


@each_thing
def test_what_nobody_has_given_yet_needs_no_etag(thing, lab):
    path_of, (method, body), _ = THINGS[thing]
    given = send(lab, method, path_of(lab), body)
    assert given.is_success
    assert given.headers["etag"] == given.json()["etag"]
    assert lab.get(path_of(lab), "ivan").headers["etag"] == given.headers["etag"]


@each_thing
def test_who_does_not_say_what_they_have_seen_overwrites_nothing(thing, lab):
    path_of, (method, first), (_, second) = THINGS[thing]
    tag = send(lab, method, path_of(lab), first).headers["etag"]
    for asked in (send(lab, method, path_of(lab), second), send(lab, "DELETE", path_of(lab))):
        problem(asked, 428, "if_match_required")
        assert asked.headers["etag"] == tag
    assert lab.get(path_of(lab), "ivan").headers["etag"] == tag


@each_thing
def test_the_second_of_two_who_have_read_the_same_is_refused(thing, lab):
    path_of, (method, first), (_, second) = THINGS[thing]
    seen = send(lab, method, path_of(lab), first).headers["etag"]
    newer = send(lab, method, path_of(lab), second, if_match=seen)
    assert newer.is_success
    assert newer.headers["etag"] != seen
    for late in (send(lab, method, path_of(lab), first, if_match=seen), send(lab, "DELETE", path_of(lab), if_match=seen)):
        problem(late, 412, "changed_meanwhile")
        assert late.headers["etag"] == newer.headers["etag"]
    # Compared strongly, as RFC 9110 asks for.
    problem(send(lab, "DELETE", path_of(lab), if_match=f"W/{newer.headers['etag']}"), 412, "changed_meanwhile")
    assert send(lab, "DELETE", path_of(lab), if_match=f'"x", {newer.headers["etag"]}').status_code == 204
    problem(send(lab, "DELETE", path_of(lab), if_match="*"), 404, "not_found")
    problem(send(lab, method, path_of(lab), first, if_match=newer.headers["etag"]), 412, "changed_meanwhile")


@each_thing
def test_lists_and_answers_carry_the_etag_that_is_asked_for(thing, lab):
    path_of, (method, body), _ = THINGS[thing]
    tag = send(lab, method, path_of(lab), body).json()["etag"]
    lists = {
        "extension": lambda: lab.get("/api/v1/assignments/iris/extensions", "ivan").json()["items"][0],
        "quota": lambda: lab.get("/api/v1/assignments/iris/quotas", "ivan").json()["items"][0],
        "override": lambda: lab.get("/api/v1/assignments/iris/grades", "ivan").json()["items"][0]["overrides"][0],
    }
    assert lists[thing]()["etag"] == tag


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A course that is asked over real HTTP, by several at once."""
    with seeded_course(tmp_path_factory.mktemp("busy")) as course, served(course.app) as address:
        yield course, address


def at_once(busy, method, path, body, *, if_match):
    course, address = busy
    headers = course.headers("ivan") | ({"If-Match": if_match} if if_match else {})

    def ask(_):
        return httpx.request(method, address + path.format(**course.names), json=body, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(ask, range(8)))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/api/v1/assignments/lab/extensions/dan", {"due_at": 4e9, "reason": REASON}),
        ("PUT", "/api/v1/assignments/lab/quotas/dan", {"extra": 1, "reason": REASON}),
        ("POST", "/api/v1/submissions/{dans_submission}/override", {"points": 1, "reason": REASON}),
    ],
)
def test_of_eight_at_the_same_moment_one_is_first_and_the_others_are_told(method, path, body, busy):
    done = 200 if method == "PUT" else 201
    assert at_once(busy, method, path, body, if_match=None) == [done, *[428] * 7]
    course, address = busy
    seen = httpx.get(address + path.format(**course.names), headers=course.headers("ivan")).headers["etag"]
    assert at_once(busy, method, path, body, if_match=seen) == [done, *[412] * 7]


def test_a_due_date_is_moved_whatever_it_was_or_only_from_what_was_seen(lab):
    path = "/api/v1/assignments/iris"
    seen = lab.get(path, "ivan").headers["etag"]
    moved = send(lab, "PATCH", path, {"due_at": "2030-01-01T00:00:00Z"}, if_match=seen)
    assert moved.status_code == 200
    problem(send(lab, "PATCH", path, {"due_at": "2031-01-01T00:00:00Z"}, if_match=seen), 412, "changed_meanwhile")
    assert send(lab, "PATCH", path, {"due_at": "2032-01-01T00:00:00Z"}).status_code == 200
    assert lab.get(path, "ana").headers["etag"] not in {seen, moved.headers["etag"]}


@pytest.mark.parametrize("due_at", ["0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_a_due_date_that_no_calendar_of_ours_holds_is_refused(due_at, lab):
    problem(send(lab, "PATCH", "/api/v1/assignments/iris", {"due_at": due_at}), 422, "validation_failed")
