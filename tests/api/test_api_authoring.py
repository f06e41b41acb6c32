from __future__ import annotations

import datetime as dt
import json
import re
import threading
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from graders.spec import run_digest
from graders.spec_document import read_spec, write_spec
from graders.spec_text import MAX_BYTES
from store import repository
from store.dataset_files import read_dataset, to_archive
from store.engine import reading, transaction
from store.models import AssignmentVersion, AuditEntry

YAML = {"Content-Type": "application/yaml"}
JSON = {"Content-Type": "application/json"}
GOOD = """\
slug: iris-again
title: Iris, once more
dataset: iris
split: {train: 90, validation: 30, test: 30}
criteria:
  - id: accuracy
    grader: accuracy
    points: 10
    parameters: {full_at: 0.9, zero_at: 0.6}
"""
# The conftest's assignment, its parameters as their grader wants them.
IRIS = GOOD.replace("slug: iris-again", "slug: iris")
CREATE, VALIDATE, SPEC = (
    "/api/v1/courses/ml/assignments",
    "/api/v1/assignments/validate",
    "/api/v1/assignments/iris/spec",
)


def problem(response, status, code):
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    return body


def send(world, method, path, text=None, who="ivan", *, headers=None, **kwargs):
    own = world.headers(who) if who else {}
    return world.client.request(method, path, content=text, headers=own | YAML | (headers or {}), **kwargs)


def publish(world, text, version=1, who="ivan", **kwargs):
    return send(world, "PUT", SPEC, text, who, headers={"If-Match": f'"{version}"'}, **kwargs)


def actions(world):
    with reading(world.engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.action, entry.detail) for entry in entries]


def test_an_assignment_is_created_and_can_be_handed_in_to(world):
    answer = send(
        world, "POST", CREATE, GOOD, params={"due_at": "2026-12-01T23:59:00+02:00", "note": "first"}
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["slug"], body["version"], body["warnings"]) == ("iris-again", 1, [])
    assert body["due_at"] == dt.datetime(2026, 12, 1, 21, 59, tzinfo=dt.UTC).timestamp()
    assert (answer.headers["etag"], answer.headers["location"]) == ('"1"', "/api/v1/assignments/iris-again")
    assert world.get(body["links"]["self"]).json()["title"] == "Iris, once more"
    assert world.post(slug="iris-again").status_code == 201
    ((action, detail),) = actions(world)
    assert action == "assignment.created"
    assert detail == {"slug": "iris-again", "version": 1, "due_at": body["due_at"], "note": "first"}


def test_json_is_taken_like_yaml(world):
    text = write_spec(read_spec(GOOD, form="yaml"), form="json")
    assert send(world, "POST", CREATE, text, headers=JSON).status_code == 201
    assert world.get("/api/v1/assignments/iris-again/spec", "ivan").text == write_spec(
        read_spec(GOOD, form="yaml"), form="yaml"
    )


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        ("ana", ["forbidden"] * 5),
        ("grace", ["forbidden", 200, "forbidden", 200, "forbidden"]),
        ("ivan", [201, 200, 200, 200, 200]),
        ("root", [201, 200, 200, 200, 200]),
        ("olga", ["not_found", 200, "not_found", "not_found", "not_found"]),
        (None, ["unauthenticated"] * 5),
    ],
)
def test_who_may_do_what(world, who, answers):
    create, check, put, read, patch = answers
    status = {"forbidden": 403, "not_found": 404, "unauthenticated": 401}

    def expect(answer, wanted):
        if isinstance(wanted, int):
            assert answer.status_code == wanted, answer.text
        else:
            problem(answer, status[wanted], wanted)

    expect(send(world, "POST", CREATE, GOOD, who), create)
    expect(send(world, "POST", VALIDATE, GOOD, who), check)
    expect(publish(world, IRIS, who=who), put)
    expect(send(world, "GET", SPEC, None, who), read)
    expect(send(world, "GET", "/api/v1/assignments/iris/versions", None, who), read)
    expect(send(world, "PATCH", "/api/v1/assignments/iris", '{"due_at": null}', who, headers=JSON), patch)


def test_a_student_token_of_an_instructor_authors_nothing(world):
    with transaction(world.engine) as session:
        user = repository.user_by_name(session, "ivan")
        world.tokens["weak"] = repository.create_token(session, user_id=user.id, role="student")
    problem(send(world, "POST", CREATE, GOOD, "weak"), 403, "forbidden")
    problem(publish(world, IRIS, who="weak"), 403, "forbidden")


def test_what_is_not_there_and_what_may_not_be_reached_are_alike(world):
    problem(send(world, "POST", "/api/v1/courses/nothing/assignments", GOOD), 404, "not_found")
    problem(send(world, "POST", "/api/v1/courses/other/assignments", GOOD), 404, "not_found")
    problem(
        send(world, "PUT", "/api/v1/assignments/nothing/spec", GOOD, headers={"If-Match": "*"}),
        404,
        "not_found",
    )
    problem(send(world, "POST", VALIDATE, GOOD, params={"course": "other"}), 404, "not_found")
    problem(send(world, "POST", VALIDATE, GOOD, params={"course": "nothing"}), 404, "not_found")


def test_faults_are_told_with_their_places_and_nothing_is_stored(world):
    text = GOOD.replace("zero_at: 0.6", "zero: 0.6").replace("train: 90", 'train: "90"')
    body = problem(send(world, "POST", CREATE, text), 422, "spec_invalid")
    assert [(e["line"], e["location"]) for e in body["errors"]] == [
        (4, "split.train"),
        (9, "criteria[0].parameters.zero"),
    ]
    assert body["errors"][0] | {"line": None} == {
        "location": "split.train", "code": "spec.not_allowed", "message": '"90" is not allowed',
        "allowed": "a whole number above 0 and at most 10000000", "line": None,
    }  # fmt: skip
    assert body["detail"].startswith(
        'line 4: split.train: "90" is not allowed (allowed: a whole number above 0 and at most 10000000); line 9: '
    )
    problem(world.get("/api/v1/assignments/iris-again", "ivan"), 404, "not_found")
    assert actions(world) == []


def test_data_that_is_not_there_is_a_fault_at_its_line(world):
    too_many = GOOD.replace("train: 90", "train: 91")
    body = problem(send(world, "POST", CREATE, too_many), 422, "spec_invalid")
    assert [(e["line"], e["location"]) for e in body["errors"]] == [(4, "split")]
    assert "151 rows are asked for; iris has 150" in body["errors"][0]["message"]
    body = problem(
        send(world, "POST", CREATE, GOOD.replace("dataset: iris", "dataset: irises")), 422, "spec_invalid"
    )
    assert [(e["line"], e["location"], e["allowed"]) for e in body["errors"]] == [
        (3, "dataset", "iris, mnist")
    ]


def test_an_own_data_set_is_one_of_its_course_alone(world):
    rows = "a,b,label\n" + "".join(f"{i},{i * i},{'xy'[i % 2]}\n" for i in range(40))
    own = read_dataset(filename="own.csv", content=rows.encode(), label_column="label")
    with transaction(world.engine) as session:
        new = repository.NewDataset(name="own", sha256=own.sha256, facts=own.facts(), archive=to_archive(own))
        for name, course in (("own", "ml"), ("others", "other")):
            author = repository.user_by_name(session, "ivan" if course == "ml" else "olga")
            course_id = repository.course_by_slug(session, course).id
            repository.create_dataset(
                session,
                course_id=course_id,
                author_id=author.id,
                new=repository.NewDataset(**(new.__dict__ | {"name": name})),
            )
    text = GOOD.replace("{train: 90, validation: 30, test: 30}", "{train: 20, validation: 10, test: 10}")
    mine, theirs = (
        text.replace("dataset: iris", "dataset: own"),
        text.replace("dataset: iris", "dataset: others"),
    )
    assert send(world, "POST", VALIDATE, mine).json()["valid"] is True
    assert send(world, "POST", VALIDATE, mine, "olga").json()["valid"] is False
    fault = send(world, "POST", VALIDATE, theirs).json()["faults"][0]
    assert (fault["location"], fault["allowed"]) == ("dataset", "iris, mnist, own")
    too_many = mine.replace("train: 20", "train: 21")
    assert (
        problem(send(world, "POST", CREATE, too_many), 422, "spec_invalid")["errors"][0]["location"]
        == "split"
    )
    problem(send(world, "POST", CREATE, theirs), 422, "spec_invalid")
    assert send(world, "POST", CREATE, mine).status_code == 201
    with transaction(world.engine) as session, pytest.raises(repository.DatasetInUseError):
        repository.delete_dataset(session, name="own", actor_id=repository.user_by_name(session, "ivan").id)


def test_a_dry_run_stores_nothing(world):
    good = send(world, "POST", VALIDATE, GOOD + "points_at_most: 50\n").json()
    assert (good["valid"], good["faults"], good["max_points"]) == (True, [], 10)
    assert good["warnings"] == [
        {
            "location": "points_at_most",
            "code": "spec.points_never_reached",
            "message": "never reached: the criteria give 10 points",
            "allowed": None,
            "line": 10,
        }
    ]
    bad = send(world, "POST", VALIDATE, "slug: [").json()
    assert (bad["valid"], bad["max_points"], bad["faults"][0]["line"]) == (False, None, 1)
    assert (
        send(
            world, "POST", VALIDATE, GOOD.replace("train: 90", "train: 900"), params={"course": "ml"}
        ).json()["faults"][0]["line"]
        == 4
    )
    problem(world.get("/api/v1/assignments/iris-again", "ivan"), 404, "not_found")
    assert actions(world) == []


def test_a_slug_is_one_in_the_service(world):
    problem(send(world, "POST", CREATE, IRIS), 409, "slug_taken")
    problem(send(world, "POST", "/api/v1/courses/other/assignments", IRIS, "olga"), 409, "slug_taken")
    assert actions(world) == []


def test_one_of_two_who_create_at_once_is_told(world):
    answers = []

    def create():
        answers.append(send(world, "POST", CREATE, GOOD).status_code)

    threads = [threading.Thread(target=create) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [201, 409, 409, 409]


def test_a_new_version_is_published_from_the_one_that_was_read(world):
    read = world.get(SPEC, "ivan")
    assert (read.headers["etag"], read.headers["content-type"]) == ('"1"', "application/yaml")
    answer = publish(world, IRIS, params={"note": "clearer\nthresholds"})
    assert (answer.status_code, answer.headers["etag"], answer.json()["version"]) == (200, '"2"', 2)
    assert answer.json()["published"] is True
    body = problem(publish(world, IRIS), 412, "version_conflict")
    assert "Version 2 is the newest" in body["detail"]
    assert publish(world, IRIS).headers["etag"] == '"2"'
    assert actions(world) == [
        ("assignment.published", {"slug": "iris", "from": 1, "to": 2, "note": "clearer\nthresholds"})
    ]


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"1"', 200),
        ('"7", "1"', 200),
        ("*", 200),
        ('W/"1"', 412),
        ("1", 412),
        ('"x"', 412),
        ("", 412),
        ('"²"', 412),
    ],
)
def test_if_match_is_compared_strongly(world, if_match, status):
    assert send(world, "PUT", SPEC, IRIS, headers={"If-Match": if_match.encode()}).status_code == status


def test_publishing_asks_which_version_was_seen(world):
    problem(send(world, "PUT", SPEC, IRIS), 428, "if_match_required")


def test_of_two_who_publish_at_once_one_is_told(world):
    answers, barrier = [], threading.Barrier(4)

    def put(points):
        barrier.wait()
        answers.append(publish(world, IRIS.replace("points: 10", f"points: {points}")).status_code)

    threads = [threading.Thread(target=put, args=(points,)) for points in range(20, 24)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(answers) == [200, 412, 412, 412]
    assert len(world.get("/api/v1/assignments/iris/versions", "ivan").json()["items"]) == 2


def test_what_asks_the_same_is_no_new_version(world):
    assert publish(world, IRIS).json()["published"] is True
    again = publish(world, "# a comment\n" + IRIS, version=2).json()
    assert (again["published"], again["version"]) == (False, 2)
    assert len(actions(world)) == 1


def test_the_document_must_be_of_this_address(world):
    body = problem(publish(world, GOOD), 422, "spec_invalid")
    assert [(e["line"], e["location"], e["allowed"]) for e in body["errors"]] == [(1, "slug", "iris")]


def test_versions_say_who_why_and_whether_runs_stay(world):
    publish(world, IRIS, params={"note": "only thresholds"})
    publish(world, IRIS.replace("test: 30", "test: 25"), version=2)
    items = world.get("/api/v1/assignments/iris/versions", "grace").json()["items"]
    assert [(i["version"], i["author"], i["note"], i["runs_as_newest"]) for i in items] == [
        (3, "ivan", None, True),
        (2, "ivan", "only thresholds", False),
        (1, None, None, False),
    ]
    assert read_spec(world.get(items[1]["links"]["spec"], "ivan").text, form="yaml") == read_spec(
        IRIS, form="yaml"
    )
    publish(world, IRIS, version=3)
    items = world.get("/api/v1/assignments/iris/versions", "ivan").json()["items"]
    assert [i["runs_as_newest"] for i in items] == [True, False, True, True]
    with reading(world.engine) as session:
        stored = [
            repository.spec_of_version(
                session, session.scalars(select(AssignmentVersion.assignment_id)).first(), n
            )
            for n in (2, 4)
        ]
    assert run_digest(stored[0]) == run_digest(stored[1])


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/yaml"),
        ("*/*", "application/yaml"),
        ("application/json", "application/json"),
        ("application/yaml;q=0.5, application/json", "application/json"),
        ("application/*;q=0.2, application/json;q=0.1", "application/yaml"),
        ("text/html, */*;q=0.8", "application/yaml"),
        ("text/yaml", "application/yaml"),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
    ],
)
def test_a_version_is_read_in_the_form_that_is_asked(world, accept, content_type):
    publish(world, IRIS)
    answer = world.get(SPEC, "ivan", headers={"Accept": accept} if accept else {})
    if content_type is None:
        problem(answer, 406, "not_acceptable")
        return
    assert answer.headers["content-type"] == content_type
    form = "json" if "json" in content_type else "yaml"
    assert read_spec(answer.text, form=form) == read_spec(IRIS, form="yaml")


def test_versions_that_are_not_there(world):
    problem(world.get(f"{SPEC}?version=2", "ivan"), 404, "not_found")
    problem(world.get(f"{SPEC}?version=0", "ivan"), 422, "validation_failed")
    assert world.get(f"{SPEC}?version=1", "ivan").headers["etag"] == '"1"'


def test_publishing_counts_what_stays_graded_by_older_versions(world, report):
    publish(world, IRIS)
    first = [world.post(who).json()["id"] for who in ("ana", "dan")]
    for submission in first:
        world.finish(submission, report.model_copy(update={"spec_version": 2}))
    waiting = world.post("grace").json()["id"]
    before = world.get(f"/api/v1/submissions/{first[0]}", "ivan").json()["points"]
    none = {"submissions": 0, "regrade_suffices": 0, "need_new_runs": 0}
    same = publish(world, IRIS, version=2).json()
    assert same["graded_under_older_versions"] == none
    thresholds = publish(world, IRIS.replace("full_at: 0.9", "full_at: 0.95"), version=2).json()
    assert thresholds["graded_under_older_versions"] == {
        "submissions": 2,
        "regrade_suffices": 2,
        "need_new_runs": 0,
    }
    smaller = publish(world, IRIS.replace("test: 30", "test: 25"), version=3).json()
    assert smaller["graded_under_older_versions"] == {
        "submissions": 2,
        "regrade_suffices": 0,
        "need_new_runs": 2,
    }
    # One that was handed in since counts where the newest version is not its own.
    late = world.post("ivan").json()["id"]
    world.finish(late, report.model_copy(update={"spec_version": 4}))
    back = publish(world, IRIS.replace("full_at: 0.9", "full_at: 0.93"), version=4).json()
    assert back["graded_under_older_versions"] == {
        "submissions": 3,
        "regrade_suffices": 2,
        "need_new_runs": 1,
    }
    assert world.get(f"/api/v1/submissions/{first[0]}", "ivan").json()["points"] == before
    assert world.get(f"/api/v1/submissions/{waiting}", "ivan").json()["state"] == "queued"


def test_the_due_date_is_moved_and_taken_away(world):
    path = "/api/v1/assignments/iris"
    moved = send(world, "PATCH", path, '{"due_at": "2027-01-01T00:00:00Z"}', headers=JSON)
    due = dt.datetime(2027, 1, 1, tzinfo=dt.UTC).timestamp()
    assert (moved.status_code, moved.json()["due_at"]) == (200, due)
    assert (
        send(world, "PATCH", path, '{"due_at": "2027-01-01T02:00:00+02:00"}', headers=JSON).json()["due_at"]
        == due
    )
    assert send(world, "PATCH", path, '{"due_at": null}', headers=JSON).json()["due_at"] is None
    assert world.get(path).json()["due_at"] is None
    assert [detail for _, detail in actions(world)] == [
        {"slug": "iris", "from": None, "to": due},
        {"slug": "iris", "from": due, "to": None},
    ]


@pytest.mark.parametrize(
    "body", ['{"due_at": "2027-01-01T00:00:00"}', '{"due_at": "soon"}', "{}", '{"due": null}', "[]", "{"]
)
def test_due_dates_need_an_offset_and_their_name(world, body):
    problem(send(world, "PATCH", "/api/v1/assignments/iris", body, headers=JSON), 422, "validation_failed")
    problem(
        send(world, "POST", CREATE, GOOD, params={"due_at": "2027-01-01T00:00:00"}), 422, "validation_failed"
    )
    assert actions(world) == []


@pytest.mark.parametrize("path", [CREATE, VALIDATE, SPEC])
def test_documents_that_cannot_be_taken(world, path):
    method, match = ("PUT", {"If-Match": "*"}) if path == SPEC else ("POST", {})
    problem(
        send(world, method, path, GOOD, headers=match | {"Content-Type": "text/plain"}),
        415,
        "unsupported_media_type",
    )
    problem(send(world, method, path, "#" * (MAX_BYTES + 1), headers=match), 413, "too_large")
    body = problem(send(world, method, path, b"slug: a\ntitle: \xff", headers=match), 422, "not_utf8")
    assert "Line 2" in body["detail"]
    unknown = send(world, method, path, "#" * (MAX_BYTES + 1), None, headers=match)
    problem(unknown, 401, "unauthenticated")


def test_a_byte_order_mark_is_no_fault(world):
    assert send(world, "POST", VALIDATE, b"\xef\xbb\xbf" + GOOD.encode()).json()["valid"] is True
    text = write_spec(read_spec(GOOD, form="yaml"), form="json").encode()
    assert send(world, "POST", VALIDATE, b"\xef\xbb\xbf" + text, headers=JSON).json()["valid"] is True


def test_a_note_without_nul(world):
    problem(publish(world, IRIS, params={"note": "a\x00b"}), 422, "validation_failed")
    problem(publish(world, IRIS, params={"note": "x" * 1001}), 422, "validation_failed")


def test_the_schema_is_anybodys(world):
    answer = world.client.get("/api/v1/schemas/assignment.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    Draft202012Validator.check_schema(answer.json())
    publish(world, IRIS)
    document = json.loads(world.get(SPEC, "ivan", headers={"Accept": "application/json"}).text)
    Draft202012Validator(answer.json()).validate(document)


def test_the_addresses_in_the_docs_are_there(world):
    docs = (Path(__file__).parents[2] / "docs" / "assignments.md").read_text()
    named = set(re.findall(r"^\| `([A-Z]+) (/api/[^`]*)`", docs, re.MULTILINE))
    routes = world.client.get("/openapi.json").json()["paths"]
    there = {(method.upper(), path) for path, methods in routes.items() for method in methods}
    assert len(named) == 7
    assert named <= there


def test_students_see_nothing_of_how_it_is_graded(world):
    publish(world, IRIS.replace("zero_at: 0.6", "zero_at: 0.6123"))
    for who in ("ana", "olga"):
        for path in (
            SPEC,
            f"{SPEC}?version=1",
            "/api/v1/assignments/iris/versions",
            "/api/v1/assignments/iris",
        ):
            assert "0.6123" not in world.get(path, who).text
