"""Signing in with a password, and what a clever stranger tries there."""

import re
import time

import argon2
import pytest
from people_at_work import HTML, PASSWORD, audit_of, browser, csrf_of, give_password, send, sign_in

from store import repository, sign_in_limits
from store.engine import transaction
from store.models import Password, SignInTries, WebSession
from store.passwords import is_outdated


def is_signed_in(client):
    return client.get("/", headers=HTML).status_code == 200


def test_a_password_opens_a_session_by_login_and_by_address(world):
    give_password(world, "ana", email="ana@example.org")
    for name in ("ana", "ana@example.org", " ANA@Example.org "):
        with browser(world) as client:
            answer = sign_in(client, name, next="/courses/ml")
            assert (answer.status_code, answer.headers["location"]) == (303, "/courses/ml")
            assert is_signed_in(client)
            cookie = answer.headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=lax" in cookie
            # The API takes no cookie: no other site can act through it.
            assert client.get("/api/v1/me").status_code == 401


def test_signing_in_never_leads_to_another_site(world):
    give_password(world, "ana")
    with browser(world) as client:
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "x\n"):
            assert sign_in(client, "ana", next=elsewhere).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(world):
    give_password(world, "ana")
    with browser(world) as client:
        # dan has an account and no password; nobody is called zoe.
        answers = [sign_in(client, name, "not the right one").text.replace(name, "NAME") for name in ("ana", "dan", "zoe")]
        assert len(set(answers)) == 1
        assert "is not right" in answers[0]
        assert [sign_in(client, name, "wrong").status_code for name in ("ana", "dan", "zoe")] == [401] * 3


def test_an_unknown_name_takes_as_long_as_a_known_one(world):
    give_password(world, "ana")
    took = {"ana": [], "zoe": []}
    with browser(world) as client:
        sign_in(client, "warm", "up")
        for _ in range(5):
            for name, times in took.items():
                began = time.perf_counter()
                assert sign_in(client, name, "not the right one").status_code == 401
                times.append(time.perf_counter() - began)
    # The quickest: whatever else the machine does only adds. Without comparing anything it would be a tenth.
    known, unknown = (min(times) for times in took.values())
    assert 0.25 < known / unknown < 4, took


@pytest.mark.parametrize("name", ["", " ", "\x00", "a" * 300, "' OR 1=1 --", "ana\x00", "ANA"])
def test_odd_names_are_nobody(world, name):
    give_password(world, "dan")
    with browser(world) as client:
        assert sign_in(client, name).status_code == 401


def test_a_password_is_kept_as_argon2id_and_renewed_when_the_recommendation_changes(world):
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with transaction(world.engine) as session:
        user = repository.user_by_name(session, "ana")
        repository.set_password(session, user.id, old, actor_id=None)
    assert is_outdated(old)
    with browser(world) as client:
        assert sign_in(client, "ana").status_code == 303
        with transaction(world.engine) as session:
            now = session.get(Password, user.id).hash
        assert now.startswith("$argon2id$")
        assert now != old
        assert not is_outdated(now)
        assert PASSWORD not in now
        assert sign_in(client, "ana").status_code == 303


def test_letters_with_marks_are_the_same_however_a_keyboard_writes_them(world):
    give_password(world, "ana", "înălțare șase țânțari")
    with browser(world) as client:
        assert sign_in(client, "ana", "i\u0302na\u0306lt\u0326are s\u0326ase t\u0326a\u0302nt\u0326ari").status_code == 303


def test_guessing_ends_after_a_few_tries_and_the_right_password_waits_too(world):
    give_password(world, "ana")
    with browser(world) as client:
        for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst):
            assert sign_in(client, "ana", "a guess").status_code == 401
        refused = sign_in(client, "ana")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert "Too many tries" in refused.text
        # The same for who does not exist.
        for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst):
            assert sign_in(client, "zoe", "a guess").status_code == 401
        assert sign_in(client, "zoe", "a guess").status_code == 429


def test_right_passwords_use_up_no_tries(world):
    give_password(world, "ana")
    for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst + 3):
        with browser(world) as client:
            assert sign_in(client, "ana").status_code == 303


def test_an_attacker_does_not_lock_a_student_out_of_the_browser_they_use(world):
    give_password(world, "ana")
    with browser(world) as own:
        assert sign_in(own, "ana").status_code == 303
        send(own, "/logout", "/")
        # From the same room, and from many places at once, until nothing is admitted any more.
        for place in range(12):
            address = "203.0.113.7" if not place else f"198.51.100.{place}"
            with browser(world, address=address) as attacker:
                for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst):
                    sign_in(attacker, "ana", "a guess")
        with browser(world, address="198.51.100.77") as attacker:
            assert sign_in(attacker, "ana", "a guess").status_code == 429
        assert sign_in(own, "ana").status_code == 303


def test_a_browser_known_for_one_account_is_a_stranger_to_another(world):
    give_password(world, "ana")
    give_password(world, "dan", "another good password")
    with browser(world) as client:
        assert sign_in(client, "dan", "another good password").status_code == 303
        for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst):
            assert sign_in(client, "ana", "a guess").status_code == 401
        assert sign_in(client, "ana", "a guess").status_code == 429


def test_tries_at_once_do_not_slip_past_the_limit(world):
    from concurrent.futures import ThreadPoolExecutor

    give_password(world, "ana")
    limits = sign_in_limits.limits_of_try(account="x", address="203.0.113.7", device=None)

    def take(_):
        with transaction(world.engine) as session:
            return repository.take_try(session, limits) == 0

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(40)))
    assert sum(taken) == sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst


def test_what_was_typed_as_a_name_is_kept_nowhere(world):
    """People type their password there."""
    with browser(world) as client:
        sign_in(client, "hunter2-my-secret", "x")
    with transaction(world.engine) as session:
        keys = [row.key for row in session.query(SignInTries)]
    assert len(keys) == 3
    assert all(re.fullmatch(r"[0-9a-f]{64}", key) for key in keys)


# Session fixation and forgery.


def test_a_session_planted_before_signing_in_opens_nothing_afterwards(world):
    give_password(world, "ana")
    for sign_in_somehow in (
        lambda client: sign_in(client, "ana"),
        lambda client: client.post("/login", data={"token": world.tokens["ana"]}),
    ):
        with browser(world) as attacker, browser(world) as victim:
            assert attacker.post("/login", data={"token": world.tokens["dan"]}).status_code == 303
            planted = attacker.cookies["lmk"]
            for secret in (planted, "x" * 43):
                victim.cookies.set("lmk", secret)
                answer = sign_in_somehow(victim)
                assert answer.status_code == 303
                fresh = re.search(r"lmk=([^;]+)", answer.headers["set-cookie"])[1]
                assert fresh not in {planted, secret}
                victim.cookies.clear()
            # What the attacker knows is over, and was never ana's.
            assert not is_signed_in(attacker)


def test_each_sign_in_has_a_secret_of_its_own(world):
    give_password(world, "ana")
    with browser(world) as client:
        secrets = []
        for _ in range(3):
            assert sign_in(client, "ana").status_code == 303
            secrets.append(client.cookies["lmk"])
        assert len(set(secrets)) == 3
        for old in secrets[:-1]:
            client.cookies.set("lmk", old)
            assert not is_signed_in(client)
            client.cookies.delete("lmk")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/login/password", "/invitations/x"])
def test_another_site_signs_nobody_in(world, path, headers):
    give_password(world, "ana")
    with browser(world) as client:
        data = {"token": world.tokens["ana"], "name": "ana", "password": PASSWORD}
        answer = client.post(path, data=data, headers=headers)
        assert answer.status_code == 403
        assert not client.cookies


FORMS = {
    "/logout": {},
    "/account/password": {"current": PASSWORD, "password": "a wholly new one", "again": "a wholly new one"},
    "/account/profile": {"display_name": "Mallory"},
    "/account/sign-out-everywhere": {},
    "/account/tokens": {"label": "mine"},
    "/account/tokens/revoke": {"token": "x"},
    "/courses/ml/people/role": {"user": "ana", "role": "instructor"},
    "/courses/ml/people/remove": {"user": "ana"},
    "/courses/ml/people/links": {},
    "/courses/ml/people/links/revoke": {"invitation": "x"},
}


@pytest.mark.parametrize("path", FORMS)
def test_no_form_is_taken_without_the_proof_of_this_very_session(world, path):
    give_password(world, "ivan")
    with browser(world) as other, browser(world) as client:
        assert other.post("/login", data={"token": world.tokens["ivan"]}).status_code == 303
        foreign = csrf_of(other.get("/").text)
        assert sign_in(client, "ivan").status_code == 303
        for csrf in ({}, {"csrf": "0" * 64}, {"csrf": foreign}, {"csrf": "é"}):
            answer = client.post(path, data={**FORMS[path], **csrf})
            assert answer.status_code == 403, answer.text
            assert answer.json()["code"] == "stale_form"
        assert is_signed_in(client)
    assert [action for action, _ in audit_of(world)] == ["password.changed"]


def test_a_roster_is_not_taken_from_another_site(world):
    with browser(world) as client:
        client.post("/login", data={"token": world.tokens["ivan"]})
        files = {"file": ("a.csv", b"name,email\nEve,eve@x.org\n")}
        assert client.post("/courses/ml/people/roster", files=files, data={"csrf": "0"}).status_code == 403


def test_behind_tls_cookies_can_be_set_by_this_host_alone(world):
    give_password(world, "ana")
    object.__setattr__(world.client.app.state.services, "settings", world.client.app.state.services.settings.model_copy(update={"secure_cookies": True}))
    with browser(world) as client:
        cookies = sign_in(client, "ana").headers.get_list("set-cookie")
        assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-lmk", "__Host-lmk_device"]
        for cookie in cookies:
            assert "; Secure" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie
        # One without the prefix, which a neighbouring host could have set, is not looked at.
        secret = re.search(r"lmk=([^;]+)", cookies[0])[1]
        assert client.get("/", headers={**HTML, "Cookie": f"lmk={secret}"}).status_code == 303
        assert client.get("/", headers={**HTML, "Cookie": f"__Host-lmk={secret}"}).status_code == 200


# Changing it.


def test_a_changed_password_ends_every_session_and_opens_a_new_one_here(world):
    give_password(world, "ana")
    with browser(world) as here, browser(world) as elsewhere, browser(world) as by_token:
        assert sign_in(here, "ana").status_code == 303
        assert sign_in(elsewhere, "ana").status_code == 303
        by_token.post("/login", data={"token": world.tokens["ana"]})
        before = here.cookies["lmk"]
        new = "seven green bicycles"
        done = send(here, "/account/password", "/account", current=PASSWORD, password=new, again=new)
        assert (done.status_code, done.headers["location"]) == (303, "/account?done=password")
        assert here.cookies["lmk"] != before
        assert is_signed_in(here)
        assert not is_signed_in(elsewhere)
        assert not is_signed_in(by_token)
        assert sign_in(elsewhere, "ana").status_code == 401
        assert sign_in(elsewhere, "ana", new).status_code == 303
    # Tokens are for programs, and stay.
    assert world.get("/api/v1/me").status_code == 200
    assert audit_of(world)[-1][0] == "password.changed"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"current": "wrong", "password": "seven green bicycles"}, "not your current password"),
        ({"password": "short"}, "shorter than 10"),
        ({"password": "aaaaaaaaaaaaa"}, "fewer than 5 different"),
        ({"password": "x" * 201 + "abcde"}, "longer than 200"),
        ({"password": "seven green bicycles", "again": "seven green bicycle"}, "not the same"),
        ({"password": "ANA.POPESCU is me", "again": "ANA.POPESCU is me"}, "holds your name"),
    ],
)
def test_a_password_that_will_not_do_is_told_and_changes_nothing(world, fields, told):
    give_password(world, "ana", email="ana.popescu@example.org")
    with browser(world) as client:
        sign_in(client, "ana")
        data = {"current": PASSWORD, "again": fields.get("password", ""), **fields}
        answer = send(client, "/account/password", "/account", **data)
        assert answer.status_code in {401, 422}
        assert told in answer.text
        assert is_signed_in(client)
    with browser(world) as client:
        assert sign_in(client, "ana").status_code == 303


def test_the_current_password_is_not_guessed_through_a_stolen_session(world):
    give_password(world, "ana")
    with browser(world) as thief:
        thief.post("/login", data={"token": world.tokens["ana"]})
        new = "seven green bicycles"
        for _ in range(sign_in_limits.OF_ACCOUNT_FROM_ADDRESS.burst):
            send(thief, "/account/password", "/account", current="a guess", password=new, again=new)
        refused = send(thief, "/account/password", "/account", current=PASSWORD, password=new, again=new)
        assert refused.status_code == 429


def test_a_token_that_may_do_less_becomes_no_password_that_may_do_all(world):
    with transaction(world.engine) as session:
        user = repository.user_by_name(session, "ivan")
        weak = repository.create_token(session, user_id=user.id, role="student")
    new = "seven green bicycles"
    with browser(world) as client:
        client.post("/login", data={"token": weak})
        answer = send(client, "/account/password", "/account", password=new, again=new)
        assert answer.status_code == 403
    with browser(world) as client:
        client.post("/login", data={"token": world.tokens["ivan"]})
        assert send(client, "/account/password", "/account", password=new, again=new).status_code == 303
    with browser(world) as client:
        assert sign_in(client, "ivan", new).status_code == 303
        assert client.get("/courses/ml/people").status_code == 200


def test_signing_out_everywhere_ends_every_browser(world):
    give_password(world, "ana")
    with browser(world) as here, browser(world) as elsewhere:
        sign_in(here, "ana")
        sign_in(elsewhere, "ana")
        assert send(here, "/account/sign-out-everywhere", "/account").headers["location"] == "/login"
        assert not is_signed_in(here)
        assert not is_signed_in(elsewhere)
    with transaction(world.engine) as session:
        assert all(row.revoked_at is not None for row in session.query(WebSession))


def test_a_profile_has_a_name_and_a_language_for_every_browser(world):
    give_password(world, "ana")
    with browser(world) as client:
        sign_in(client, "ana")
        assert send(client, "/account/profile", "/account", display_name="Ana  Șerban", language="ro").status_code == 303
        page = client.get("/account", headers=HTML).text
        assert "Ana Șerban" in page
        assert '<html lang="ro"' in page
        for bad in ("", "=HYPERLINK(1)", "a\u202eb", "x" * 101):
            assert send(client, "/account/profile", "/account", display_name=bad).status_code == 422
        assert "Ana Șerban" in client.get("/account").text
    assert audit_of(world)[-1] == ("profile.renamed", {"from": "ana", "to": "Ana Șerban"})
