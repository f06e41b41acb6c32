"""Courses: opened by admins, listed in pages for who is in them."""

from __future__ import annotations

import pytest
from test_api_submissions import problem

from store import repository
from store.engine import reading


def open_course(world, who="root", **body):
    return world.client.post("/api/v1/courses", json=body, headers=world.headers(who))


def walk(world, address, who):
    """Every page of a list; each but the last says where the next begins."""
    pages = []
    while address:
        page = world.get(address, who).json()
        pages.append(page["items"])
        address = page["next"]
    return pages


def test_an_admin_opens_a_course_and_it_is_audited(world):
    answer = open_course(world, slug="vision", title="  Computer vision ")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["slug"], body["title"], body["role"]) == ("vision", "Computer vision", "admin")
    assert (body["assignments"], body["students"]) == (0, 0)
    assert world.get(answer.headers["location"], "root").json() == body
    with reading(world.engine) as session:
        course = repository.course_by_slug(session, "vision")
        (entry,) = repository.audit_entries(session, [course.id])
    assert (entry.actor, entry.action, entry.detail["slug"]) == ("root", "course.created", "vision")


def test_a_name_is_taken_once(world):
    problem(open_course(world, slug="ml", title="Again"), 409, "course_taken")


@pytest.mark.parametrize("slug", ["", "Ml", "a b", "a--b", "../x", "x" * 65, "a\x00", "ă"])
def test_a_name_in_addresses_is_plain(slug, world):
    problem(open_course(world, slug=slug, title="T"), 422, "validation_failed")


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\x00", 3, None])
def test_a_title_is_a_line_of_text(title, world):
    problem(open_course(world, slug="new", title=title), 422, "validation_failed")


def test_courses_are_listed_in_pages_by_name(world):
    for slug in ("b", "a", "c"):
        open_course(world, slug=slug, title=slug.upper())
    pages = walk(world, "/api/v1/courses?limit=2", "root")
    assert [[course["slug"] for course in page] for page in pages] == [["a", "b"], ["c", "ml"], ["other"]]


def test_how_many_students_there_are_is_for_staff(world):
    assert world.get("/api/v1/courses/ml", "grace").json()["students"] == 2
    own = world.get("/api/v1/courses/ml", "ana").json()
    assert (own["students"], own["role"], own["assignments"]) == (None, "student", 1)


def test_assignments_are_listed_in_pages_and_of_one_course(world):
    pages = walk(world, "/api/v1/assignments?limit=1&course=ml", "ana")
    assert [[item["slug"] for item in page] for page in pages] == [["iris"]]
    assert world.get("/api/v1/assignments?course=other", "olga").json()["items"] == []
    problem(world.get("/api/v1/assignments?course=other", "ana"), 404, "not_found")


@pytest.mark.parametrize("cursor", ["x", "W10x", "bnVsbA==", "eyJhIjogMX0=", "WzFd", "====", "W1tbW1tb"])
def test_a_cursor_that_was_made_up_is_refused(cursor, world):
    problem(world.get(f"/api/v1/assignments?after={cursor}", "ana"), 422, "validation_failed")
