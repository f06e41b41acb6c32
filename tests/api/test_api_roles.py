"""Every operation of the API with everybody: what is not allowed by this table is refused, and changes nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest
from seeded_course import CSV, DAY_S, LAB, TOKENS, restore, seeded_course, snapshot

from api.app import create_app
from api.errors import PROBLEMS
from graders.spec_document import write_spec
from store.settings import Settings

OK = "ok"
# Who asks, by what they are in the course that is asked about.
KINDS = {
    "nobody": (None, "an expired token", "a revoked token", "no token of ours"),
    "metrics": ("the metrics token",),
    # Nothing in this course; staff of another one, and an admin whose token is no admin's, as well.
    "outsider": ("otto", "olga", "root with an instructor's token"),
    # Of the course, and what is asked about is another student's.
    "student": ("dan", "ivan with a student's token"),
    "owner": ("ana", "ana with an admin's token"),
    "grader": ("grace", "ivan with a grader's token"),
    "instructor": ("ivan",),
    "admin": ("root",),
}


def allowed(*kinds, **refused):
    """Who may, and what everybody else is told; nobody else is told anything but that they are unknown."""
    told = {"nobody": "unauthenticated", "metrics": "unauthenticated"}
    return told | {kind: OK if kind in kinds else "not_found" for kind in KINDS if kind not in told} | refused


PUBLIC = dict.fromkeys(KINDS, OK)
KNOWN = allowed("outsider", "student", "owner", "grader", "instructor", "admin")
MEMBERS = allowed("student", "owner", "grader", "instructor", "admin")
OWNER = allowed("owner", "grader", "instructor", "admin")
STAFF = allowed("grader", "instructor", "admin", student="forbidden", owner="forbidden")
STAFF_UNSEEN = allowed("grader", "instructor", "admin")
STAFF_OF_OWN = allowed("grader", "instructor", "admin", owner="forbidden")
INSTRUCTORS = allowed("instructor", "admin", student="forbidden", owner="forbidden", grader="forbidden")
INSTRUCTORS_UNSEEN = allowed("instructor", "admin", grader="forbidden")
INSTRUCTORS_OF_OWN = allowed("instructor", "admin", owner="forbidden", grader="forbidden")
ADMINS = allowed("admin", **dict.fromkeys(("outsider", "student", "owner", "grader", "instructor"), "forbidden"))


@dataclass
class Row:
    policy: dict
    status: int = 200
    names: dict = field(default_factory=dict)
    send: dict = field(default_factory=dict)


def body(**document):
    return {"json": document}


def document(slug="lab"):
    text = write_spec(LAB.model_copy(update={"slug": slug}), form="json")
    return {"content": text, "headers": {"Content-Type": "application/json"}}


ANY_STATE = {"headers": {"If-Match": "*"}}
WAITING, ERRORED = {"submission_id": "waiting_submission"}, {"run_id": "errored_run"}
REASON = "They asked for it"
LATER = time.time() + 30 * DAY_S

A, C, S, R = "/api/v1/assignments/{slug}", "/api/v1/courses/{course}", "/api/v1/submissions/{submission_id}", "/api/v1/runs/{run_id}"
TABLE = {
    "GET /healthz": Row(PUBLIC),
    "GET /readyz": Row(PUBLIC, 503),  # nothing listens where Redis should be
    "GET /metrics": Row(dict.fromkeys(KINDS, "unauthenticated") | {"metrics": OK}),
    "GET /metrics/queue": Row(dict.fromkeys(KINDS, "unauthenticated") | {"metrics": OK}),
    "GET /api/v1/schemas/assignment.json": Row(PUBLIC),
    "GET /api/v1/me": Row(KNOWN),
    "PATCH /api/v1/me": Row(KNOWN, send=body(language="ro")),
    "GET /api/v1/me/tokens": Row(KNOWN),
    "POST /api/v1/me/tokens": Row(KNOWN, 201, send=body(label="A script")),
    # One of ana's.
    "DELETE /api/v1/me/tokens/{token_id}": Row(allowed("owner"), 204),
    f"POST {C}/roster": Row(
        INSTRUCTORS, send={"content": b"name,email\nEva Nou,eva@example.org\n", "headers": {"Content-Type": "text/csv"}}
    ),
    f"GET {C}/enrollments": Row(INSTRUCTORS),
    f"PUT {C}/enrollments/{{user}}": Row(INSTRUCTORS, send=body(role="grader")),
    f"DELETE {C}/enrollments/{{user}}": Row(INSTRUCTORS, 204),
    f"GET {C}/invitations": Row(INSTRUCTORS),
    f"POST {C}/invitations": Row(INSTRUCTORS, 201, send=body(users=["newcomer"])),
    f"DELETE {C}/invitations/{{invitation_id}}": Row(INSTRUCTORS, 204),
    "GET /api/v1/courses": Row(KNOWN),
    "POST /api/v1/courses": Row(ADMINS, 201, send=body(slug="new", title="New")),
    f"GET {C}": Row(MEMBERS),
    f"GET {C}/audit": Row(INSTRUCTORS),
    f"GET {C}/submissions": Row(MEMBERS),
    f"POST {C}/regrade": Row(STAFF, 202, send=body()),
    f"POST {C}/assignments": Row(INSTRUCTORS, 201, send=document("fresh")),
    f"GET {C}/datasets": Row(STAFF_UNSEEN),
    f"POST {C}/datasets": Row(
        INSTRUCTORS_UNSEEN, 201,
        send={"files": {"file": ("more.csv", CSV)}, "data": {"name": "more", "label_column": "kind"}},
    ),
    f"GET {C}/datasets/{{name}}": Row(STAFF_UNSEEN),
    f"DELETE {C}/datasets/{{name}}": Row(INSTRUCTORS_UNSEEN, 204),
    "GET /api/v1/assignments": Row(KNOWN),
    "POST /api/v1/assignments/validate": Row(STAFF, send=document() | {"params": {"course": "ml"}}),
    f"GET {A}": Row(MEMBERS),
    f"PATCH {A}": Row(INSTRUCTORS, send=body(due_at=None)),
    f"GET {A}/spec": Row(STAFF),
    f"PUT {A}/spec": Row(INSTRUCTORS, send={**document(), "headers": document()["headers"] | ANY_STATE["headers"]}),
    f"GET {A}/versions": Row(STAFF),
    f"POST {A}/what-if": Row(STAFF, send=document()),
    f"POST {A}/regrade": Row(STAFF, 202, send=body()),
    f"POST {A}/similarity": Row(STAFF, 202, send=body()),
    f"GET {A}/similarity": Row(STAFF),
    f"GET {A}/statistics": Row(STAFF),
    f"GET {A}/leaderboard": Row(MEMBERS),
    f"GET {A}/starters": Row(MEMBERS),
    f"GET {A}/starters/{{framework}}": Row(MEMBERS),
    f"GET {A}/trial": Row(MEMBERS),
    f"GET {A}/text": Row(MEMBERS),
    f"GET {A}/submissions": Row(MEMBERS),
    f"POST {A}/submissions": Row(MEMBERS, 201, send=body(filename="a.py", source="x = 1\n")),
    f"GET {A}/grades": Row(STAFF),
    f"GET {A}/grades.csv": Row(STAFF),
    f"GET {A}/grades/me": Row(MEMBERS | {"admin": "not_found"}),
    f"PUT {A}/choice": Row(allowed("owner"), send=body(submission="{submission_id}")),
    f"GET {A}/extensions": Row(STAFF),
    f"GET {A}/extensions/{{user}}": Row(STAFF),
    f"PUT {A}/extensions/{{user}}": Row(INSTRUCTORS, send=body(due_at=LATER, reason=REASON) | ANY_STATE),
    f"DELETE {A}/extensions/{{user}}": Row(INSTRUCTORS, 204, send=ANY_STATE),
    f"GET {A}/quotas": Row(STAFF),
    f"GET {A}/quotas/{{user}}": Row(STAFF),
    f"PUT {A}/quotas/{{user}}": Row(INSTRUCTORS, send=body(extra=3, reason=REASON) | ANY_STATE),
    f"DELETE {A}/quotas/{{user}}": Row(INSTRUCTORS, 204, send=ANY_STATE),
    "GET /api/v1/submissions": Row(KNOWN),
    f"GET {S}": Row(OWNER),
    f"GET {S}/report": Row(OWNER),
    f"GET {S}/feedback": Row(OWNER),
    f"GET {S}/log": Row(OWNER),
    f"GET {S}/events": Row(OWNER),
    f"GET {S}/runs": Row(OWNER),
    f"POST {S}/cancel": Row(OWNER, names=WAITING),
    f"POST {S}/regrade": Row(STAFF_OF_OWN),
    f"GET {S}/override": Row(STAFF_OF_OWN),
    f"POST {S}/override": Row(INSTRUCTORS_OF_OWN, 201, send=body(points=3, reason=REASON) | ANY_STATE),
    f"DELETE {S}/override": Row(INSTRUCTORS_OF_OWN, 204, send=ANY_STATE),
    f"GET {R}": Row(OWNER),
    f"GET {R}/log": Row(OWNER),
    f"GET {R}/reports": Row(OWNER),
    f"GET {R}/reports/{{version}}": Row(OWNER),
    f"GET {R}/evidence": Row(STAFF_OF_OWN),
    f"GET {R}/evidence/file": Row(STAFF_OF_OWN),
    f"POST {R}/retry": Row(STAFF_OF_OWN, 202, names=ERRORED),
    "GET /api/v1/jobs/{job_id}": Row(STAFF_UNSEEN),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    with seeded_course(tmp_path_factory.mktemp("roles")) as seeded:
        seeded.tokens["no token of ours"] = "lmk_" + "x" * 43
        yield seeded


@pytest.fixture(scope="module")
def before(course):
    return snapshot(course.engine)


def test_every_operation_is_in_the_table():
    """Whoever adds one says who may use it."""
    paths = create_app(Settings(database_url="sqlite:///var/unused.sqlite3")).openapi()["paths"]
    assert {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods} == set(TABLE)


def test_everybody_with_a_token_is_asked():
    assert set(TOKENS) <= {who for people in KINDS.values() for who in people}


@pytest.mark.parametrize("operation", TABLE)
def test_who_may_do_it_and_what_the_others_are_told(operation, course, client, before):
    row, (method, path) = TABLE[operation], operation.split(" ")
    names = course.names | {"version": 1} | {name: course.names[other] for name, other in row.names.items()}
    send = {**row.send, "headers": row.send.get("headers", {})}
    if "json" in send:
        send["json"] = {k: v.format(**names) if isinstance(v, str) else v for k, v in send["json"].items()}
    for kind, people in KINDS.items():
        for who in people:
            answer = client.request(
                method, path.format(**names), **send | {"headers": send["headers"] | course.headers(who)}
            )
            expected = row.policy[kind]
            if expected == OK:
                assert answer.status_code == row.status, (who, answer.text)
                if method != "GET":
                    restore(course.engine, before)
                continue
            assert (answer.status_code, answer.json()["code"]) == (PROBLEMS[expected][0], expected), (who, answer.text)
            if method != "GET":
                assert _without_tokens(snapshot(course.engine)) == _without_tokens(before), who


def _without_tokens(rows):
    """When a token was last used may be noted whatever it was used for."""
    return {name: found for name, found in rows.items() if name != "tokens"}


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/api/v1/assignments", {"ana": {"lab"}, "ivan": {"lab"}, "root": {"lab"}, "olga": set()}),
        ("/api/v1/courses", {"ana": {"ml"}, "ivan": {"ml"}, "root": {"ml", "other"}, "olga": {"other"}, "root with an instructor's token": set()}),
    ],
)  # fmt: skip
def test_lists_hold_what_their_reader_may_reach(path, seen, course, client):
    for who, slugs in seen.items():
        assert {item["slug"] for item in client.get(path, headers=course.headers(who)).json()["items"]} == slugs


@pytest.mark.parametrize("path", ["/api/v1/assignments/lab/submissions", "/api/v1/courses/ml/submissions"])
def test_a_class_is_for_its_staff_and_students_see_their_own(path, course, client):
    for who, students in {
        "ana": {"ana"}, "dan": {"dan"}, "ana with an admin's token": {"ana"}, "ivan with a student's token": set(),
        "grace": {"ana", "dan"}, "ivan": {"ana", "dan"}, "root": {"ana", "dan"},
    }.items():  # fmt: skip
        items = client.get(path, headers=course.headers(who)).json()["items"]
        assert {item["user"] for item in items} == students


def test_what_only_staff_read_of_a_submission_is_null_for_its_student(course, client):
    for path in ("/api/v1/submissions/{errored_submission}", "/api/v1/runs/{errored_run}"):
        address = path.format(**course.names)
        assert client.get(address, headers=course.headers("ana")).json()["error"] is None
        assert "the runner was away" in client.get(address, headers=course.headers("grace")).json()["error"]
