"""Grades over the API: who may read and decide what, and what a student is told when."""

import csv
import io
import json
import string
import time

import pytest

from api.errors import PROBLEMS
from api.sentences.en import grades
from graders.report import CriterionResult, Report
from graders.spec import AssignmentSpec, CriterionSpec, LatePolicy, SplitSizes
from store import repository
from store.engine import reading, transaction
from store.models import Submission

DAY_S = 86_400
NOW = time.time()
WHY = "handed in on paper"


def make_assignment(world, slug, *, due_at=None, counting="best", late=None, hidden="staff"):
    spec = AssignmentSpec(
        slug=slug,
        title="A lab",
        dataset="iris",
        split=SplitSizes(train=90, validation=30, test=30),
        criteria=(
            CriterionSpec(id="open", grader="accuracy", points=4, parameters={"part": "validation"}),
            CriterionSpec(
                id="hidden", grader="accuracy", points=6, parameters={"part": "test"}, visibility=hidden
            ),
        ),
        counting=counting,
        late=late,
    )
    with transaction(world.engine) as session:
        repository.create_assignment(session, course_id=world.course_id, spec=spec, due_at=due_at)
    return slug


def make_report(open_points, hidden_points=0.0, *, hidden="staff"):
    def result(name, points, of, visibility):
        return CriterionResult(
            id=name, grader="accuracy", verdict="partial", points=points, max_points=of, visibility=visibility
        )

    return Report(
        outcome="graded",
        points=open_points + hidden_points,
        max_points=10,
        criteria=(
            result("open", open_points, 4, "always"),
            result("hidden", hidden_points, 6, hidden),
        ),
    )


def hand_in(world, slug, report=None, *, who="ana", at=None):
    answer = world.post(who, slug=slug)
    assert answer.status_code == 201
    submission_id = answer.json()["id"]
    if report is not None:
        world.finish(submission_id, report)
    if at is not None:
        with transaction(world.engine) as session:
            session.get(Submission, submission_id).created_at = at
    return submission_id


def call(world, who, method, path, *, seen=None, **kwargs):
    """`seen`: the ETag of what is to be changed. Whatever is taken away here, is whatever there is."""
    tag = seen or ("*" if method == "DELETE" else None)
    headers = world.headers(who) | ({"If-Match": tag} if tag else {})
    return world.client.request(method, f"/api/v1{path}", headers=headers, **kwargs)


def grade(world, slug, who="ana"):
    answer = call(world, who, "GET", f"/assignments/{slug}/grades/me")
    assert answer.status_code == 200
    return answer.json()


def row(world, slug, user="ana"):
    items = call(world, "ivan", "GET", f"/assignments/{slug}/grades").json()["items"]
    return next(item for item in items if item["user"] == user)


def codes(found):
    return [told["code"] for told in found["explanation"]]


def audited(world):
    with reading(world.engine) as session:
        return repository.audit_entries(session, [world.course_id])


# --- who may -----------------------------------------------------------------------------------------------

EVERYBODY = ("ana", "dan", "grace", "ivan", "root", "olga", None)
DUE = NOW + DAY_S
READING = {"ana": 403, "dan": 403, "grace": 200, "ivan": 200, "root": 200, "olga": 404, None: 401}
DECIDING = {"ana": 403, "dan": 403, "grace": 403, "ivan": 200, "root": 200, "olga": 404, None: 401}
EXTENSION = {"due_at": DUE + DAY_S, "reason": WHY}


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/assignments/lab/grades", None, READING),
        ("GET", "/assignments/lab/grades.csv", None, READING),
        ("GET", "/assignments/lab/extensions", None, READING),
        ("PUT", "/assignments/lab/extensions/ana", EXTENSION, DECIDING),
        ("GET", "/courses/ml/audit", None, DECIDING),
        # Of a submission, another student is told nothing either.
        ("POST", "/submissions/{id}/override", {"points": 5, "reason": WHY}, DECIDING | {"dan": 404}),
        ("GET", "/assignments/lab/grades/me", None, dict.fromkeys(READING, 200) | {"root": 404, "olga": 404, None: 401}),
        # Whoever may not choose is told of a submission that is not theirs.
        ("PUT", "/assignments/lab/choice", {"submission": "{id}"}, dict.fromkeys(READING, 404) | {"ana": 200, None: 401}),
    ],
)  # fmt: skip
def test_who_may(world, method, path, body, expected):
    make_assignment(world, "lab", due_at=DUE, counting="chosen")
    own = hand_in(world, "lab", make_report(3))
    body = (
        {key: value.replace("{id}", own) if isinstance(value, str) else value for key, value in body.items()}
        if body
        else None
    )
    url = f"/api/v1{path.replace('{id}', own)}"
    seen = {}
    for who in EVERYBODY:
        headers = world.headers(who) if who else {}
        answer = world.client.request(method, url, headers=headers | seen, json=body)
        seen = {"If-Match": answer.headers["etag"]} if "etag" in answer.headers else seen
        found = 200 if answer.status_code == 201 else answer.status_code
        assert (who, found) == (who, expected[who])
        if found >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/assignments/lab/extensions/ana", "/submissions/{id}/override"])
def test_who_may_take_a_decision_back(world, path):
    make_assignment(world, "lab", due_at=DUE)
    own = hand_in(world, "lab", make_report(3))
    path = path.replace("{id}", own)
    method, body = ("PUT", EXTENSION) if "extensions" in path else ("POST", {"points": 5, "reason": WHY})
    refused = {"ana": 403, "dan": 404 if own in path else 403, "grace": 403, "olga": 404}
    for who in ("ivan", "root"):
        assert call(world, "ivan", method, path, json=body).status_code in {200, 201}
        for other, status in refused.items():
            assert call(world, other, "DELETE", path).status_code == status
        assert call(world, who, "DELETE", path, params={"reason": "a mistake"}).status_code == 204
        gone = call(world, who, "DELETE", path)
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert audited(world)[0].detail["reason"] == "a mistake"


def test_a_token_below_its_owner_decides_nothing(world):
    make_assignment(world, "lab", due_at=DUE)
    with transaction(world.engine) as session:
        ivan = repository.user_by_name(session, "ivan")
        world.tokens["ivan_reads"] = repository.create_token(session, user_id=ivan.id, role="grader")
    assert call(world, "ivan_reads", "GET", "/assignments/lab/grades").status_code == 200
    answer = call(world, "ivan_reads", "PUT", "/assignments/lab/extensions/ana", json=EXTENSION)
    assert answer.json()["code"] == "forbidden"


# --- from report to grade ----------------------------------------------------------------------------------


def test_a_late_submission_and_an_extension(world):
    due = NOW - 3 * DAY_S
    slug = make_assignment(world, "lab", due_at=due, late=LatePolicy(percent_per_day=10), hidden="always")
    hand_in(world, slug, make_report(4, 4, hidden="always"), at=due + DAY_S + 1)
    found = row(world, slug)
    assert (found["points"], found["max_points"], codes(found)) == (6.4, 10, ["grade.only", "grade.late"])
    assert found["explanation"][1]["parameters"] == {"days": 2, "percent": 20, "taken": 1.6}
    answer = call(
        world, "ivan", "PUT", f"/assignments/{slug}/extensions/ana",
        json={"due_at": due + 2 * DAY_S, "reason": "  was ill  "},
    )  # fmt: skip
    assert answer.json()["reason"] == "was ill"
    extended = grade(world, slug)
    assert (extended["points"], extended["due_at"]) == (8, due + 2 * DAY_S)
    assert codes(extended) == ["grade.only", "grade.extended"]
    listed = call(world, "grace", "GET", f"/assignments/{slug}/extensions").json()["items"]
    assert [(item["user"], item["author"]) for item in listed] == [("ana", "ivan")]
    assert call(world, "ivan", "DELETE", f"/assignments/{slug}/extensions/ana").status_code == 204
    assert grade(world, slug)["points"] == 6.4
    told = [(entry.action, entry.actor, entry.detail["from"], entry.detail["to"]) for entry in audited(world)]
    assert told == [
        ("extension.removed", "ivan", due + 2 * DAY_S, None),
        ("extension.granted", "ivan", None, due + 2 * DAY_S),
    ]


def test_an_override_stands_until_it_is_withdrawn(world):
    slug = make_assignment(world, "lab", due_at=NOW + DAY_S, hidden="always")
    own = hand_in(world, slug, make_report(3, 4, hidden="always"))
    path = f"/submissions/{own}/override"
    given = call(world, "ivan", "POST", path, json={"points": 9.5, "reason": WHY}).json()
    assert (given["computed_points"], given["author"], given["reason"]) == (7, "ivan", WHY)
    found = row(world, slug)
    assert (found["points"], codes(found)[-1]) == (9.5, "grade.overridden")
    assert [(o["points"], o["reason"], o["author"]) for o in found["overrides"]] == [(9.5, WHY, "ivan")]
    (counted,) = grade(world, slug)["submissions"]
    assert (counted["points"], counted["computed_points"], counted["counts"]) == (9.5, 7, True)
    # Given anew, it says what it would be worth without, and takes the place of the first.
    changed = {"points": 2, "reason": "copied from dan"}
    again = call(world, "root", "POST", path, seen=given["etag"], json=changed).json()
    assert (again["computed_points"], again["author"]) == (7, "root")
    assert grade(world, slug)["points"] == 2
    assert "copied" not in str(grade(world, slug)), "reasons are for the staff"
    assert call(world, "ivan", "DELETE", path).status_code == 204
    assert grade(world, slug)["points"] == 7
    changes = [(e.action, e.actor, e.detail["from"], e.detail["to"]) for e in audited(world)]
    assert changes == [
        ("override.withdrawn", "ivan", 2, 7),
        ("override.changed", "root", 9.5, 2),
        ("override.given", "ivan", 7, 9.5),
    ]


def test_our_fault_is_nobodys_zero_and_can_be_made_good_by_a_person(world):
    slug = make_assignment(world, "lab")
    own = hand_in(world, slug)
    with transaction(world.engine) as session:
        run_id = repository.submission_details(session, own).run.id
        claim = repository.claim(session, run_id)
        repository.mark_errored(session, run_id, claim.attempt, "disk full")
    found = row(world, slug)
    assert (found["points"], found["max_points"], codes(found)) == (None, 10, ["grade.nothing_counts"])
    assert codes(row(world, slug, "dan")) == ["grade.nothing_handed_in"]
    answer = call(world, "ivan", "POST", f"/submissions/{own}/override", json={"points": 8, "reason": WHY})
    assert answer.json()["computed_points"] is None
    assert (row(world, slug)["points"], codes(row(world, slug))[-1]) == (8, "grade.given_without_report")


def test_a_student_chooses_where_the_assignment_lets_them(world):
    slug = make_assignment(world, "lab", counting="chosen")
    first, second = hand_in(world, slug, make_report(1)), hand_in(world, slug, make_report(3))
    theirs = hand_in(world, slug, make_report(4), who="dan")
    assert codes(row(world, slug))[0] == "grade.not_chosen_yet"
    path = f"/assignments/{slug}/choice"
    assert call(world, "ana", "PUT", path, json={"submission": first}).json() == {"submission": first}
    found = grade(world, slug)
    assert (found["points"], codes(found)[0]) == (1, "grade.chosen")
    assert [submission["counts"] for submission in found["submissions"]] == [True, False]
    assert call(world, "ana", "PUT", path, json={"submission": second}).status_code == 200
    assert grade(world, slug)["points"] == 3
    assert call(world, "ana", "PUT", path, json={"submission": theirs}).status_code == 404
    other = make_assignment(world, "fixed")
    answer = call(world, "ana", "PUT", f"/assignments/{other}/choice", json={"submission": first})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_choice")


# --- what is hidden stays hidden ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_in_s", "late", "provisional"),
    [
        (None, None, True),
        (DAY_S, None, True),
        (-60, None, False),
        # While one can hand in late, the total would still tell what the hidden criterion says.
        (-60, LatePolicy(percent_per_day=10, cut_off_days=2), True),
        (-2 * DAY_S - 60, LatePolicy(percent_per_day=10, cut_off_days=2), False),
    ],
)
def test_a_students_total_tells_nothing_of_hidden_criteria(world, due_in_s, late, provisional):
    due = None if due_in_s is None else NOW + due_in_s
    slug = make_assignment(world, "lab", due_at=due, late=late)
    hand_in(world, slug, make_report(3, 5), at=NOW - 10 * DAY_S)
    own = grade(world, slug)
    expected = (3, 4, True) if provisional else (8, 10, False)
    assert (own["points"], own["max_points"], own["provisional"]) == expected
    assert ("grade.provisional" in codes(own)) == provisional
    if provisional:
        assert not {5, 8, 6, 10} & {v for s in own["submissions"] for k, v in s.items() if "points" in k}
    assert row(world, slug)["points"] == 8


def test_an_extension_keeps_the_hidden_hidden_for_its_student_alone(world):
    due = NOW - 60
    slug = make_assignment(world, "lab", due_at=due)
    for who in ("ana", "dan"):
        hand_in(world, slug, make_report(3, 5), who=who, at=due - 10)
    body = {"due_at": NOW + DAY_S, "reason": WHY}
    assert call(world, "ivan", "PUT", f"/assignments/{slug}/extensions/ana", json=body).status_code == 200
    assert (grade(world, slug, "ana")["points"], grade(world, slug, "dan")["points"]) == (3, 8)


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE + 1}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE + 1, "reason": " x "}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE + 1, "reason": "x" * 1001}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE + 1, "reason": "a\x00bc"}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE + 1, "reason": "was \ud800"}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": 1e300, "reason": WHY}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ana", {"due_at": DUE, "reason": WHY}, "validation_failed"),
        ("PUT", "/assignments/lab/extensions/ivan", {"due_at": DUE + 1, "reason": WHY}, "not_found"),
        ("PUT", "/assignments/lab/extensions/nobody", {"due_at": DUE + 1, "reason": WHY}, "not_found"),
        ("PUT", "/assignments/none/extensions/ana", {"due_at": DUE + 1, "reason": WHY}, "not_found"),
        ("PUT", "/assignments/iris/extensions/ana", {"due_at": DUE + 1, "reason": WHY}, "no_due_date"),
        ("POST", "/submissions/{id}/override", {"points": 5}, "validation_failed"),
        ("POST", "/submissions/{id}/override", {"points": -1, "reason": WHY}, "validation_failed"),
        ("POST", "/submissions/{id}/override", {"points": 10.01, "reason": WHY}, "validation_failed"),
        ("POST", "/submissions/{id}/override", {"points": "nan", "reason": WHY}, "validation_failed"),
        ("POST", "/submissions/none/override", {"points": 5, "reason": WHY}, "not_found"),
        ("DELETE", "/submissions/{id}/override?reason=x", None, "validation_failed"),
        ("PUT", "/assignments/lab/choice", {"submission": "none", "more": 1}, "validation_failed"),
        ("GET", "/courses/none/audit", None, "not_found"),
        ("GET", "/courses/ml/audit?limit=0", None, "validation_failed"),
        ("GET", "/courses/ml/audit?before=%00", None, "validation_failed"),
    ],
)  # fmt: skip
def test_what_is_refused(world, method, path, body, code):
    make_assignment(world, "lab", due_at=DUE)
    own = hand_in(world, "lab", make_report(3))
    path = path.replace("{id}", own)
    # As a client may send it: a lone half of a surrogate pair, escaped.
    content = None if body is None else json.dumps(body)
    kind = {"Content-Type": "application/json"}
    answer = world.client.request(
        method, f"/api/v1{path}", content=content, headers=world.headers("ivan") | kind
    )
    assert (answer.status_code, answer.json()["code"]) == (PROBLEMS[code][0], code)
    assert audited(world) == []


# --- the table and the audit -------------------------------------------------------------------------------


def test_the_table_for_a_spreadsheet(world):
    due = 1_700_000_000
    slug = make_assignment(world, "lab", due_at=due, late=LatePolicy(percent_per_day=10), hidden="always")
    own = hand_in(world, slug, make_report(3.5, 4, hidden="always"), at=due + 1)
    with transaction(world.engine) as session:
        repository.user_by_name(session, "ana").display_name = '=HYPERLINK("x")'
    call(world, "ivan", "POST", f"/submissions/{own}/override", json={"points": 9, "reason": '-1, or "so"'})
    answer = call(world, "grace", "GET", f"/assignments/{slug}/grades.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="grades-lab.csv"'
    by_user = {line["user"]: line for line in csv.DictReader(io.StringIO(answer.text))}
    assert set(by_user) == {"ana", "dan"}
    assert by_user["ana"] == {
        "user": "ana",
        "display_name": '\'=HYPERLINK("x")',
        "points": "9.0",
        "max_points": "10.0",
        "submission": own,
        "handed_in_at": "2023-11-14T22:13:21+00:00",
        "due_at": "2023-11-14T22:13:20+00:00",
        "late_days": "1",
        "taken": "0.75",
        "computed_points": "6.75",
        "override_points": "9.0",
        "override_by": "ivan",
        "override_reason": '\'-1, or "so"',
        "submissions": "1",
        "codes": "grade.only grade.late grade.overridden",
    }
    assert (by_user["dan"]["points"], by_user["dan"]["submission"]) == ("", "")


def test_the_audit_is_read_page_by_page(world):
    slug = make_assignment(world, "lab", due_at=DUE)
    own = hand_in(world, slug, make_report(3))
    seen = None
    for points in range(5):
        body = {"points": points, "reason": WHY}
        given = call(world, "ivan", "POST", f"/submissions/{own}/override", seen=seen, json=body)
        assert given.status_code == 201
        seen = given.headers["etag"]
    call(world, "ivan", "PUT", f"/assignments/{slug}/extensions/ana", json=EXTENSION)
    address, seen = f"/courses/ml/audit?limit=2&subject={own}", []
    while address:
        page = call(world, "ivan", "GET", address.removeprefix("/api/v1")).json()
        seen += [(entry["detail"]["from"], entry["detail"]["to"]) for entry in page["items"]]
        address = page["next"]
    assert seen == [(3, 4), (2, 3), (1, 2), (0, 1), (3, 0)]
    everything = call(world, "root", "GET", "/courses/ml/audit").json()
    assert everything["items"][0]["detail"] == {
        "assignment": slug, "student": "ana", "from": None, "to": EXTENSION["due_at"], "reason": WHY,
    }  # fmt: skip


# --- sentences ---------------------------------------------------------------------------------------------


def test_every_code_of_a_grade_has_a_sentence_that_its_parameters_fill(world):
    """From grades of every kind, as the API gives them."""
    due = NOW - 3 * DAY_S
    seen = {}

    def look(slug, *users):
        for user in users or ("ana",):
            for told in row(world, slug, user)["explanation"] + grade(world, slug, user)["explanation"]:
                seen[told["code"]] = told["parameters"]

    for number, (counting, cut_off) in enumerate((("best", None), ("last", 1), ("chosen", None))):
        late = LatePolicy(percent_per_day=10, cut_off_days=cut_off)
        slug = make_assignment(world, f"lab-{number}", due_at=due, late=late, counting=counting)
        look(slug)
        hand_in(world, slug)
        look(slug)
        own = hand_in(world, slug, make_report(3, 1), at=due + 2 * DAY_S)
        look(slug)
        hand_in(world, slug, make_report(3, 2), at=due + 2.5 * DAY_S)
        look(slug)
        if counting == "chosen":
            for chosen in (hand_in(world, slug), own):
                call(world, "ana", "PUT", f"/assignments/{slug}/choice", json={"submission": chosen})
                look(slug)
        with reading(world.engine) as session:
            first = min(
                s.submission.id for s in repository.recent_submissions(session) if s.assignment_slug == slug
            )
        for override in (own, first):
            body = {"points": 10, "reason": WHY}
            assert (
                call(world, "ivan", "POST", f"/submissions/{override}/override", json=body).status_code == 201
            )
            look(slug)
        call(
            world,
            "ivan",
            "PUT",
            f"/assignments/{slug}/extensions/ana",
            json={"due_at": NOW + 1, "reason": WHY},
        )
        look(slug)
    slug = make_assignment(world, "lenient", due_at=due)
    hand_in(world, slug, make_report(3, 1), at=due + 1)
    look(slug)
    assert set(seen) == set(grades.SENTENCES)
    for code, parameters in seen.items():
        asked = {name for _, name, _, _ in string.Formatter().parse(grades.SENTENCES[code]) if name}
        assert asked <= set(parameters), code
