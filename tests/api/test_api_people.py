"""Who is in a course: the list from a file, roles, links to choose a password by. And who may not decide it."""

import re
import time

import pytest
from people_at_work import HTML, PASSWORD, audit_of, browser, csrf_of, give_password, send, sign_in
from test_api_pages import check_html

from store import repository
from store.engine import transaction
from store.models import Enrollment, Invitation, User

ROSTER = "name,email,role\nMaria Ionescu,maria@example.org,student\nȘtefan Țăran,Stefan@Example.org,grader\n"
API = "/api/v1/courses/ml"


def post_roster(world, content=ROSTER, who="ivan", course="ml", **query):
    headers = {**world.headers(who), "Content-Type": "text/csv"}
    body = content.encode() if isinstance(content, str) else content
    return world.client.post(f"/api/v1/courses/{course}/roster", content=body, headers=headers, params=query)


def outcomes(answer):
    assert answer.status_code == 200, answer.text
    return [(row["user"], row["role"], row["outcome"]) for row in answer.json()["rows"]]


def enrollments(world, who="ivan", **query):
    answer = world.get(f"{API}/enrollments", who, params=query)
    assert answer.status_code == 200, answer.text
    return {item["user"]: item["role"] for item in answer.json()["items"]}


def put_role(world, user, role, who="ivan", course="ml"):
    return world.client.put(f"/api/v1/courses/{course}/enrollments/{user}", json={"role": role}, headers=world.headers(who))


def invite(world, *users, who="ivan", course="ml", **more):
    body = {"users": list(users), **more} if users else more
    return world.client.post(f"/api/v1/courses/{course}/invitations", json=body, headers=world.headers(who))


def link_of(answer):
    assert answer.status_code == 201, answer.text
    (item,) = answer.json()["items"]
    return re.fullmatch(r"http://testserver(/invitations/\S{43})", item["link"])[1]


def choose(client, link, password=PASSWORD, again=None):
    return client.post(link, data={"password": password, "again": password if again is None else again}, headers=HTML)


# The list.


def test_a_list_adds_everybody_once_and_sending_it_again_changes_nothing(world):
    expected = [("maria", "student", "created"), ("stefan", "grader", "created")]
    would = post_roster(world, dry_run=True)
    assert outcomes(would) == expected
    assert would.json()["dry_run"] is True
    assert "maria" not in enrollments(world)
    assert outcomes(post_roster(world)) == expected
    assert enrollments(world) == {
        "ana": "student", "dan": "student", "grace": "grader", "ivan": "instructor", "maria": "student", "stefan": "grader",
    }  # fmt: skip
    again = post_roster(world)
    assert [outcome for *_, outcome in outcomes(again)] == ["unchanged"] * 2
    assert again.json()["counts"] == {"unchanged": 2}
    assert audit_of(world, world.course_id) == [
        ("roster.imported", {"created": {"maria": "student", "stefan": "grader"}})
    ]


def test_a_form_with_a_file_does_the_same(world):
    answer = world.client.post(f"{API}/roster", files={"file": ("list.csv", ROSTER)}, headers=world.headers("ivan"))
    assert len(outcomes(answer)) == 2
    assert world.client.post(f"{API}/roster", json={}, headers=world.headers("ivan")).status_code == 415
    assert world.client.post(f"{API}/roster", data={"file": "x"}, headers=world.headers("ivan")).status_code == 415


def test_a_list_with_roles_changes_them_and_one_without_does_not(world):
    post_roster(world)
    assert outcomes(post_roster(world, "email;name\nstefan@example.org;Ștefan\n")) == [("stefan", "grader", "unchanged")]
    changed = post_roster(world, "email,name,role\nstefan@example.org,Ștefan,Student\n")
    assert outcomes(changed) == [("stefan", "student", "role_changed")]
    assert changed.json()["rows"][0]["was"] == "grader"


def test_an_account_that_is_there_is_added_by_address_or_login_and_never_changed(world):
    with transaction(world.engine) as session:
        repository.create_user(session, name="vera", display_name="Vera", email="vera@example.org")
    rows = (
        "name,email,login\n"
        "Somebody Else,vera@example.org,\n"  # by address
        "Olga,olga@evil.example,olga\n"  # by login: she has no address, and gets none
        "Vera,vera@evil.example,vera\n"  # her login with another address
        "Vera,dana@example.org,ana\n"  # no address yet: ana is meant
    )
    assert outcomes(post_roster(world, rows)) == [
        ("vera", "student", "enrolled"),
        ("olga", "student", "enrolled"),
        ("vera", "student", "refused"),
        ("ana", "student", "unchanged"),
    ]
    with transaction(world.engine) as session:
        found = {user.name: (user.display_name, user.email) for user in session.query(User)}
    assert found["vera"] == ("Vera", "vera@example.org")
    assert found["olga"] == ("olga", None)
    assert found["ana"] == ("ana", None)


def test_logins_come_from_addresses_and_are_nobody_elses(world):
    rows = "name,email\nA,root@example.org\nB,ana@one.org\nC,ana@two.org\nD,we+i/rd@example.org\nE,__@example.org\n"
    assert [user for user, *_ in outcomes(post_roster(world, rows))] == ["root2", "ana2", "ana3", "we-i-rd", "user"]


def test_nobody_changes_their_own_role_by_a_list(world):
    with transaction(world.engine) as session:
        repository.user_by_name(session, "ivan").email = "ivan@example.org"
    answer = post_roster(world, "name,email,role\nIvan,ivan@example.org,student\nMaria,m@example.org,\n")
    assert outcomes(answer) == [("ivan", "student", "refused"), ("m", "student", "created")]
    assert answer.json()["rows"][0]["reason"] == "yourself"
    assert enrollments(world)["ivan"] == "instructor"


FAULTS = {
    b"": [(1, "empty")],
    b"name,email\n": [(1, "empty")],
    b"email\nx@example.org\n": [(1, "no_column")],
    b"name,email,phone,email\nA,a@example.org,1,2\n": [(1, "unknown_column"), (1, "column_twice")],
    "name,email\nAna,a@example.org\nŞ,b@example.org\n".encode("latin2"): [(3, "not_utf8")],
    "name,email\nAna,a@example.org\n".encode("utf-16"): [(1, "not_utf8")],
    b"name,email\nA\x00,a@example.org\n": [(2, "not_utf8")],
    b"name,email\n\nA,a@example.org,x\nB\n": [(3, "cells"), (4, "cells")],
    b'name,email\n"A,a@example.org\n': [(2, "not_csv")],
    b'name,email\n"A"x,a@example.org\n': [(2, "not_csv")],
    b"name,email\n=cmd|' /C calc'!A0,a@example.org\n@SUM(1),b@example.org\n": [(2, "formula"), (3, "formula")],
    b"name,email\n+1,a@example.org\n-1,b@example.org\nA,=1@example.org\n": [(2, "formula"), (3, "formula"), (4, "formula")],
    "name,email\nA\u202e,a@example.org\nA\x07,b@example.org\n".encode(): [(2, "unprintable"), (3, "unprintable")],
    b"name,email\n ,a@example.org\n": [(2, "no_name")],
    b"name,email\n" + b"A" * 101 + b",a@example.org\n": [(2, "long_name")],
    b"name,email\nA,nobody\nB,a b@example.org\nC,\nD,x@y\n": [(2, "bad_email"), (3, "bad_email"), (4, "bad_email"), (5, "bad_email")],
    "name,email\nA,\u212ana@example.org\nB,ană@example.org\n".encode(): [(3, "bad_email")],
    b"name,email,role\nA,a@example.org,admin\nB,b@example.org,boss\n": [(2, "bad_role"), (3, "bad_role")],
    b"name,email,login\nA,a@example.org,a@b\nB,b@example.org,../x\n": [(2, "bad_login"), (3, "bad_login")],
    b"name,email,login\nA,a@example.org,a\nB,A@example.org,b\nC,c@example.org,A\n": [(3, "email_twice"), (4, "login_twice")],
    b'name,email\n"A\nB",a@example.org\nC,bad\n': [(4, "bad_email")],
    b"name,email\n" + b"".join(b"A,a%d@example.org\n" % n for n in range(5001)): [(5002, "too_many_rows")],
}


@pytest.mark.parametrize("content", FAULTS, ids=lambda content: repr(content[:24]))
def test_what_is_wrong_with_a_list_is_told_by_line_and_nothing_is_done(world, content):
    answer = post_roster(world, content)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "roster_invalid"
    assert [(fault["line"], fault["code"]) for fault in problem["errors"]] == FAULTS[content]
    assert len(enrollments(world)) == 4
    assert audit_of(world) == []


def test_faults_are_told_up_to_fifty(world):
    answer = post_roster(world, "name,email\n" + "A,bad\n" * 2000)
    assert len(answer.json()["errors"]) == 50


def test_a_list_that_is_too_large_is_refused(world):
    assert post_roster(world, b"x" * (1024 * 1024 + 1)).status_code == 413


def test_a_list_of_five_thousand_is_taken(world):
    began = time.monotonic()
    answer = post_roster(world, "name,email\n" + "".join(f"Person {n},p{n}@example.org\n" for n in range(5000)))
    assert answer.json()["counts"] == {"created": 5000}
    assert time.monotonic() - began < 60


# Who may.

ACTS = {
    "roster": lambda world, who, course: post_roster(world, who=who, course=course).status_code,
    "enrollments": lambda world, who, course: world.get(f"/api/v1/courses/{course}/enrollments", who).status_code,
    "put": lambda world, who, course: put_role(world, "dan", "grader", who, course).status_code,
    "delete": lambda world, who, course: world.client.delete(f"/api/v1/courses/{course}/enrollments/dan", headers=world.headers(who)).status_code,
    "invite": lambda world, who, course: invite(world, who=who, course=course).status_code,
    "invitations": lambda world, who, course: world.get(f"/api/v1/courses/{course}/invitations", who).status_code,
    "revoke": lambda world, who, course: world.client.delete(f"/api/v1/courses/{course}/invitations/x", headers=world.headers(who)).status_code,
    "page": lambda world, who, course: world.get(f"/courses/{course}/people", who, headers=HTML).status_code,
    "audit page": lambda world, who, course: world.get(f"/courses/{course}/audit", who, headers=HTML).status_code,
    "page roster": lambda world, who, course: world.client.post(
        f"/courses/{course}/people/roster", files={"file": ("a.csv", ROSTER)}, headers=world.headers(who)
    ).status_code,
    "page role": lambda world, who, course: world.client.post(
        f"/courses/{course}/people/role", data={"user": "dan", "role": "grader"}, headers=world.headers(who)
    ).status_code,
    "page remove": lambda world, who, course: world.client.post(
        f"/courses/{course}/people/remove", data={"user": "dan"}, headers=world.headers(who)
    ).status_code,
    "page links": lambda world, who, course: world.client.post(f"/courses/{course}/people/links", headers=world.headers(who)).status_code,
    "page revoke": lambda world, who, course: world.client.post(
        f"/courses/{course}/people/links/revoke", data={"invitation": "x"}, headers=world.headers(who)
    ).status_code,
}


@pytest.mark.parametrize("act", ACTS)
def test_only_instructors_of_the_course_and_administrators_decide(world, act):
    for who, status in {"ana": 403, "grace": 403, "olga": 404}.items():
        assert ACTS[act](world, who, "ml") == status, who
    for who in ("ivan", "root"):
        assert ACTS[act](world, who, "nowhere") == 404
    assert ACTS[act](world, "ivan", "other") == 404
    with transaction(world.engine) as session:
        assert session.query(Enrollment).count() == 5
        assert session.query(Invitation).count() == 0
    assert audit_of(world) == []
    for who in ("ivan", "root"):
        assert ACTS[act](world, who, "ml") in {200, 201, 204, 303, 404}


def test_an_instructor_who_acts_with_a_graders_token_is_a_grader(world):
    with transaction(world.engine) as session:
        user = repository.user_by_name(session, "ivan")
        world.tokens["ivan"] = repository.create_token(session, user_id=user.id, role="grader")
    assert post_roster(world).status_code == 403
    assert put_role(world, "ana", "instructor").status_code == 403


def test_roles_are_given_and_taken_and_each_leaves_an_entry(world):
    assert put_role(world, "olga", "student").status_code == 201
    assert put_role(world, "olga", "grader").json()["role"] == "grader"
    assert put_role(world, "olga", "grader").status_code == 200
    headers = world.headers("ivan")
    assert world.client.delete(f"{API}/enrollments/olga", headers=headers).status_code == 204
    assert world.client.delete(f"{API}/enrollments/olga", headers=headers).status_code == 404
    for user, status in {"nobody": 404, "%20": 404, "a%00b": 422}.items():
        assert put_role(world, user, "student").status_code == status
    assert put_role(world, "ana", "admin").status_code == 422
    assert [action for action, _ in audit_of(world)] == [
        "enrollment.added", "enrollment.role_changed", "enrollment.removed",
    ]  # fmt: skip
    assert audit_of(world)[1][1] == {"from": "student", "to": "grader", "user": "olga"}
    seen = world.get(f"{API}/audit", "ivan").json()["items"]
    assert {entry["actor"] for entry in seen} == {"ivan"}


def test_nobody_takes_themselves_out_so_a_course_keeps_an_instructor(world):
    assert put_role(world, "ivan", "student").json()["code"] == "own_role"
    assert world.client.delete(f"{API}/enrollments/ivan", headers=world.headers("ivan")).json()["code"] == "own_role"
    assert put_role(world, "ivan", "student", who="root").status_code == 200


def test_what_a_removed_student_handed_in_stays_and_counts_when_they_come_back(world, report):
    submission = world.post().json()["id"]
    world.finish(submission, report)
    world.client.delete(f"{API}/enrollments/ana", headers=world.headers("ivan"))
    assert world.get("/api/v1/assignments/iris").status_code == 404
    assert put_role(world, "ana", "student").status_code == 201
    assert world.get(f"/api/v1/submissions/{submission}").json()["state"] == "graded"


def test_people_are_listed_in_pages_by_name(world):
    post_roster(world, "name,email\n" + "".join(f"Same Name,p{n}@example.org\n" for n in range(7)))
    seen, address, pages = [], f"{API}/enrollments?limit=4", 0
    while address:
        page = world.get(address, "ivan").json()
        seen += [item["user"] for item in page["items"]]
        address, pages = page["next"], pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 11
    assert list(enrollments(world, role="grader")) == ["grace"]
    assert world.get(f"{API}/enrollments?limit=0", "ivan").status_code == 422
    assert world.get(f"{API}/enrollments?after=nobody", "ivan").json()["items"] == []


# Links.


def test_a_link_lets_its_person_choose_a_password_once(world):
    post_roster(world)
    link = link_of(invite(world, "maria"))
    with browser(world) as client:
        # Whatever looks at links in mails uses nothing up.
        for _ in range(2):
            page = client.get(link, headers=HTML)
            assert page.status_code == 200
            assert "Maria Ionescu" in page.text
            check_html(page.text)
        assert "shorter than 10" in choose(client, link, "short").text
        assert "not the same" in choose(client, link, again="another").text
        assert choose(client, link).status_code == 303
        assert "Maria Ionescu" in client.get("/", headers=HTML).text
        assert client.get(link, headers=HTML).status_code == 410
        assert choose(client, link, "somebody else's choice").status_code == 410
    with browser(world) as client:
        assert sign_in(client, "maria@example.org").status_code == 303
    with transaction(world.engine) as session:
        (row,) = session.query(Invitation)
        assert link.rpartition("/")[2] not in str(vars(row))
    actions = [action for action, _ in audit_of(world)]
    assert actions == ["roster.imported", "invitation.created", "password.changed"]


def test_a_link_ends_with_its_time_its_revocation_and_the_next_one(world):
    post_roster(world)
    first = link_of(invite(world, "maria"))
    second = link_of(invite(world, "maria"))
    with browser(world) as client:
        assert client.get(first).status_code == 410
        (row,) = world.get(f"{API}/invitations", "ivan").json()["items"]
        assert (row["user"], row["author"]) == ("maria", "ivan")
        assert second.rpartition("/")[2] not in str(row)
        headers = world.headers("ivan")
        assert world.client.delete(f"{API}/invitations/{row['id']}", headers=headers).status_code == 204
        assert world.client.delete(f"{API}/invitations/{row['id']}", headers=headers).status_code == 404
        assert choose(client, second).status_code == 410
        short = link_of(invite(world, "maria", days=0.00001))
        time.sleep(1)
        assert choose(client, short).status_code == 410
    assert world.get(f"{API}/invitations", "ivan").json() == {"items": [], "next": None}
    for wrong in ("x" * 43, "%00", "' OR 1=1"):
        assert world.client.get(f"/invitations/{wrong}").status_code == 410


def test_everybody_who_cannot_sign_in_yet_is_invited_at_once(world):
    post_roster(world)
    answer = invite(world).json()
    assert {item["user"] for item in answer["items"]} == {"maria", "stefan"}
    assert answer["not_invited"] == []
    named = invite(world, "maria", "ana", "olga", "nobody").json()
    assert [item["user"] for item in named["items"]] == ["maria"]
    assert {item["user"]: item["reason"] for item in named["not_invited"]} == {
        "ana": "signs_in", "olga": "not_in_course", "nobody": "not_in_course",
    }  # fmt: skip


def test_an_instructor_gets_no_link_to_an_account_that_is_somebodys(world):
    """Else: put an administrator into your course, make a link, and be them."""
    give_password(world, "ana")
    for user in ("root", "olga", "ana", "grace"):
        put_role(world, user, "student")
        assert invite(world, user).json()["items"] == [], user
    with transaction(world.engine) as session:
        # Nor to an administrator's that nobody has used yet, nor to that of another course's instructor.
        repository.create_user(session, name="boss", is_admin=True)
        new = repository.create_user(session, name="prof")
        other = repository.course_by_slug(session, "other")
        repository.enroll(session, user_id=new.id, course_id=other.id, role="instructor")
    for user in ("boss", "prof"):
        assert put_role(world, user, "student").status_code == 201
        assert invite(world, user).json()["not_invited"] == [{"user": user, "reason": "staff_elsewhere"}]
    assert invite(world, "prof", who="root").json()["items"] != []


def test_a_link_given_out_before_opens_nothing_that_another_course_gave_later(world):
    post_roster(world)
    link = link_of(invite(world, "maria"))
    assert put_role(world, "maria", "instructor", who="olga", course="other").status_code == 201
    with browser(world) as client:
        assert choose(client, link).status_code == 410
    # A student there takes nothing away here.
    link = link_of(invite(world, "stefan"))
    assert put_role(world, "stefan", "student", who="olga", course="other").status_code == 201
    with browser(world) as client:
        assert choose(client, link).status_code == 303


def test_of_two_courses_links_the_first_that_is_used_ends_the_other(world):
    post_roster(world)
    put_role(world, "maria", "student", who="olga", course="other")
    links = [link_of(invite(world, "maria", who=who, course=course)) for who, course in (("ivan", "ml"), ("olga", "other"))]
    with browser(world) as client:
        assert choose(client, links[0]).status_code == 303
        assert choose(client, links[1], "the password of another").status_code == 410


def test_two_who_use_a_link_at_once_do_not_both_come_in(world):
    post_roster(world)
    secret = link_of(invite(world, "maria")).rpartition("/")[2]
    from concurrent.futures import ThreadPoolExecutor

    def redeem(number):
        with transaction(world.engine) as session:
            return repository.redeem(session, secret, f"hash {number}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(redeem, range(8)))
    assert len([user for user in found if user is not None]) == 1


# The page.


def test_the_page_adds_people_gives_roles_and_shows_links_once(world):
    give_password(world, "ivan")
    with browser(world) as client:
        sign_in(client, "ivan")
        page = "/courses/ml/people"
        csrf = csrf_of(client.get(page, headers=HTML).text)

        def upload(content, **data):
            files = {"file": ("list.csv", content)}
            return client.post(f"{page}/roster", files=files, data={"csrf": csrf, **data}, headers=HTML)

        would = upload(ROSTER, dry_run="yes")
        assert "Nothing was changed yet. The list would do this: 2 new accounts." in would.text
        assert "Maria" not in client.get(page).text
        assert "Done: 2 new accounts." in upload(ROSTER).text
        bad = upload("name,email\nA,<b>x\n")
        assert bad.status_code == 422
        assert "&lt;b&gt;x is no e-mail address" in bad.text
        assert send(client, f"{page}/role", page, user="maria", role="grader").status_code == 303
        assert enrollments(world)["maria"] == "grader"
        assert send(client, f"{page}/role", page, user="ivan", role="student").status_code == 409
        made = send(client, f"{page}/links", page)
        for answer in (would, bad, made):
            check_html(answer.text)
        (link,) = re.findall(r"http://testserver(/invitations/[\w-]{43})", made.text)[:1]
        assert link not in client.get(page).text
        with browser(world) as maria:
            assert maria.get(link).status_code == 200
        assert send(client, f"{page}/remove", page, user="stefan").status_code == 303
        assert "stefan" not in enrollments(world)
        invitation = re.search(r'name="invitation" value="([\w-]+)"', client.get(page).text)[1]
        assert send(client, f"{page}/links/revoke", page, invitation=invitation).status_code == 303
        audit = client.get("/courses/ml/audit", headers=HTML).text
        for told in ("list of people imported", "role changed", "invitation link made", "removed from the course"):
            assert told in audit
        assert "created: maria: student, stefan: grader" in audit
        assert not re.search(r"expires at: \d+\.", audit)
        in_romanian = {"Accept-Language": "ro"}
        assert "listă de oameni importată" in client.get("/courses/ml/audit", headers=in_romanian).text
        assert "Gata: 1 om cu cont adăugat, 1 rol schimbat." in client.post(f"{page}/roster", files={"file": ("l.csv", ROSTER)}, data={"csrf": csrf}, headers=in_romanian).text


def test_what_people_are_called_is_no_markup(world):
    post_roster(world, "name,email\n<script>alert(1)</script>,x@example.org\n")
    for address in ("/courses/ml/people", "/courses/ml/audit"):
        assert "<script>alert" not in world.get(address, "ivan").text
    assert "&lt;script&gt;" in world.get("/courses/ml/people", "ivan").text
