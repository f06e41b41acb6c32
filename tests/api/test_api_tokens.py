"""Tokens that people make for themselves, and what each may be used for."""

import re
import time

import pytest
from people_at_work import HTML, audit_of, browser, give_password, send, sign_in

from api.scopes import SCOPES, scope_of
from store import repository
from store.engine import transaction

TOKENS = "/api/v1/me/tokens"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def make(world, who="ivan", **asked):
    answer = world.client.post(TOKENS, json={"label": "laptop", **asked}, headers=world.headers(who))
    assert answer.status_code == 201, answer.text
    return answer.json()


def refused(world, who="ivan", **asked):
    return world.client.post(TOKENS, json={"label": "laptop", **asked}, headers=world.headers(who)).json()["code"]


def test_a_token_is_shown_once_and_listed_without_its_secret(world):
    made = make(world, scopes=["read"], days=10)
    assert made["token"].startswith("lmk_")
    assert made["expires_at"] == pytest.approx(time.time() + 10 * 86_400, abs=30)
    listed = world.get(TOKENS, "ivan")
    assert made["token"] not in listed.text
    newest, first = listed.json()["items"]
    assert (newest["id"], newest["scopes"], newest["is_this_one"]) == (made["id"], ["read"], False)
    assert first["is_this_one"] is True
    assert [action for action, _ in audit_of(world)] == ["token.created"]
    assert made["token"] not in str(audit_of(world))


def test_a_revoked_token_opens_nothing_and_takes_what_was_made_with_it_along(world):
    """A thief makes another token first; it must go with the stolen one."""
    child = make(world)
    world.tokens["child"] = child["token"]
    grandchild = make(world, "child")
    assert world.client.get("/api/v1/me", headers=bearer(grandchild["token"])).status_code == 200
    with browser(world) as client:
        assert client.post("/login", data={"token": grandchild["token"]}).status_code == 303
        assert world.client.delete(f"{TOKENS}/{child['id']}", headers=world.headers("ivan")).status_code == 204
        for token in (child["token"], grandchild["token"]):
            assert world.client.get("/api/v1/me", headers=bearer(token)).status_code == 401
        assert client.get("/", headers=HTML).status_code == 303
    assert world.get("/api/v1/me", "ivan").status_code == 200
    assert world.client.delete(f"{TOKENS}/{child['id']}", headers=world.headers("ivan")).status_code == 404


def test_nobody_revokes_or_sees_somebody_elses(world):
    made = make(world)
    assert world.client.delete(f"{TOKENS}/{made['id']}", headers=world.headers("ana")).status_code == 404
    assert made["id"] not in world.get(TOKENS, "ana").text
    assert world.client.get("/api/v1/me", headers=bearer(made["token"])).status_code == 200


def test_a_token_makes_none_that_may_do_more_or_for_longer(world):
    assert refused(world, "ana", role="grader") == "forbidden"
    assert refused(world, "ivan", role="admin") == "forbidden"
    assert make(world, role="student")["role"] == "student"
    weak = make(world, role="grader", scopes=["account", "read"], days=1)
    world.tokens["weak"] = weak["token"]
    assert refused(world, "weak", role="instructor") == "forbidden"
    assert refused(world, "weak", scopes=["people"]) == "forbidden"
    child = make(world, "weak", days=100)
    assert (child["role"], child["scopes"]) == ("grader", ["account", "read"])
    assert child["expires_at"] == pytest.approx(weak["expires_at"])


@pytest.mark.parametrize(
    "asked",
    [
        {"label": ""}, {"label": "x" * 101}, {"label": "a\x00"}, {"scopes": []}, {"scopes": ["all"]}, {"days": 0},
        {"days": -1}, {"days": 1e9}, {"role": "king"}, {"token": "lmk_mine"},
    ],
)  # fmt: skip
def test_odd_wishes_are_refused(world, asked):
    assert refused(world, **asked) == "validation_failed"


def test_there_are_at_most_fifty(world):
    for _ in range(49):
        make(world)
    assert refused(world) == "too_many_tokens"


# One request for each scope: (method, path, body, scope, what it answers with enough).
USES = [
    ("GET", "/api/v1/assignments", None, "read"),
    ("GET", "/api/v1/me", None, "read"),
    ("POST", "/api/v1/assignments/iris/submissions", {"filename": "a.py", "source": "x"}, "submit"),
    ("PUT", "/api/v1/assignments/iris/extensions/ana", {"due_at": 2e9, "reason": "illness"}, "grade"),
    ("PATCH", "/api/v1/assignments/iris", {"due_at": None}, "author"),
    ("GET", "/api/v1/courses/ml/enrollments", None, "people"),
    ("PUT", "/api/v1/courses/ml/enrollments/olga", {"role": "student"}, "people"),
    ("POST", "/api/v1/courses/ml/invitations", {}, "people"),
    ("GET", "/api/v1/me/tokens", None, "account"),
    ("PATCH", "/api/v1/me", {"language": "ro"}, "account"),
]


@pytest.mark.parametrize(("method", "path", "body", "scope"), USES)
def test_a_token_does_what_its_scopes_say_and_nothing_else(world, method, path, body, scope):
    answers = {}
    for given in SCOPES:
        token = make(world, scopes=[given])["token"]
        answers[given] = world.client.request(method, path, json=body, headers=bearer(token))
    for given, answer in answers.items():
        if given == scope:
            assert answer.status_code < 400 or answer.json()["code"] not in {"scope_missing", "unauthenticated"}, answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), (given, answer.text)


def test_every_address_of_the_api_has_a_scope_or_is_closed_to_tokens_that_have_some(world):
    document = world.client.get("/openapi.json").json()
    closed = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if "security" not in operation or not path.startswith("/api/"):
                continue
            assert "403" in operation["responses"], (method, path)
            if scope_of(method.upper(), path) is None:
                closed.add((method, path))
    # Whoever adds a way to change something decides about its scope in api/scopes.py, and then it leaves this set.
    assert closed == set()


def test_a_token_with_scopes_opens_no_page_and_no_session(world):
    token = make(world, scopes=list(SCOPES))["token"]
    with browser(world) as client:
        assert client.post("/login", data={"token": token}).status_code == 401
        assert client.get("/", headers={**HTML, **bearer(token)}).status_code == 303
        assert client.post("/account/tokens", data={"label": "more"}, headers=bearer(token)).status_code == 401


def test_what_a_dot_or_a_slash_makes_of_an_address_needs_no_less(world):
    token = make(world, scopes=["read"])["token"]
    for path in ("/api/v1/me/tokens/", "/api/v1//me/tokens", "/api/v1/x/../me/tokens", "/api/v1/me%2Ftokens"):
        answer = world.client.request("GET", path, headers=bearer(token))
        assert "items" not in answer.text


def test_tokens_are_made_and_revoked_on_the_page_of_the_account(world):
    give_password(world, "ana")
    with browser(world) as client:
        sign_in(client, "ana")
        answer = send(client, "/account/tokens", "/account", label="<b>laptop", role="student", days="30", scopes=["read", "submit"])
        assert answer.status_code == 201
        (token,) = set(re.findall(r"lmk_[\w-]{43}", answer.text))
        assert token not in client.get("/account").text
        assert "&lt;b&gt;laptop" in answer.text
        mine = world.client.get("/api/v1/me", headers=bearer(token))
        assert (mine.status_code, mine.json()["role"]) == (200, "student")
        assert send(client, "/account/tokens", "/account", label="x", role="admin").status_code == 403
        assert send(client, "/account/tokens", "/account", label="x", days="soon").status_code == 422
        with transaction(world.engine) as session:
            row = repository.token_by_secret(session, token)
        assert send(client, "/account/tokens/revoke", "/account", token=row.id).status_code == 303
        assert world.client.get("/api/v1/me", headers=bearer(token)).status_code == 401


def test_a_profile_is_changed_through_the_api(world):
    headers = world.headers("ana")
    changed = world.client.patch("/api/v1/me", json={"display_name": " Ana  Pop ", "language": "ro"}, headers=headers)
    assert changed.json() == {"user": "ana", "display_name": "Ana Pop", "email": None, "language": "ro"}
    assert world.client.patch("/api/v1/me", json={}, headers=headers).json()["language"] == "ro"
    assert '<html lang="ro"' in world.get("/").text
    assert world.client.patch("/api/v1/me", json={"language": None}, headers=headers).json()["language"] is None
    for bad in ({"display_name": "=1+1"}, {"display_name": "a\u200bb"}, {"language": "de"}, {"email": "x@y.org"}, {"is_admin": True}):
        assert world.client.patch("/api/v1/me", json=bad, headers=headers).status_code == 422
