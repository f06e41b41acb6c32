"""Signing in at an OpenID provider, which runs in a process of its own and signs real tokens."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider
import pytest
from fastapi.testclient import TestClient
from people_at_work import HTML, audit_of, give_password, sign_in

from api.app import create_app
from server.demo import free_port
from store import repository
from store.engine import transaction
from store.settings import Settings

CLAIMS = {
    "sub": "248289761001",
    "email": "Ana.Popescu@example.org",
    "email_verified": True,
    "name": "Ana Popescu",
    "preferred_username": "ana.popescu",
}


@pytest.fixture(scope="module")
def provider():
    """Its address."""
    port = free_port()
    script = Path(oidc_provider.__file__)
    process = subprocess.Popen([sys.executable, str(script), str(port)])
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/keys", timeout=2)
            break
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield address
    process.kill()
    process.wait()


@pytest.fixture
def service(world, provider, tmp_path):
    """An api that knows the provider; called with what its operator set."""
    secret = tmp_path / "secret"
    secret.write_text(f"{oidc_provider.CLIENT_SECRET}\n")
    opened = []

    def start(**settings):
        app = create_app(
            Settings(
                database_url=world.client.app.state.services.settings.database_url,
                redis_url="redis://127.0.0.1:1/0",
                oidc_issuer=provider,
                oidc_client_id=oidc_provider.CLIENT_ID,
                oidc_client_secret_file=secret,
                oidc_name="the university",
                public_url="http://testserver",
                **settings,
            )
        )
        client = TestClient(app, follow_redirects=False)
        client.__enter__()
        opened.append(client)
        return client

    yield start
    for client in opened:
        client.__exit__(None, None, None)


def go_and_come_back(client, provider, *, fault="", after="/", **claims):
    """The browser's whole way; the last answer is ours."""
    told = {"claims": {**CLAIMS, **claims}, "fault": fault}
    httpx.post(f"{provider}/next", json=told).raise_for_status()
    left = client.get("/login/provider", params={"next": after})
    assert left.status_code == 303, left.text
    there = httpx.get(left.headers["location"])
    assert there.status_code == 302, there.text
    return client.get(there.headers["location"], headers=HTML)


def me(client):
    found = client.get("/account", headers=HTML)
    return found.text if found.status_code == 200 else None


def test_the_page_offers_the_provider_only_where_there_is_one(world, service):
    assert "the university" in service().get("/login").text
    assert "/login/provider" not in world.client.get("/login").text
    assert world.client.get("/login/provider").status_code == 404


def test_somebody_new_gets_an_account_where_the_operator_allows_it(world, service, provider):
    client = service(oidc_create_accounts=True)
    answer = go_and_come_back(client, provider, after="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "You sign in as ana.popescu, ana.popescu@example.org" in me(client)
    # Nothing is taken along any longer.
    assert "lmk_away" not in client.cookies
    with transaction(world.engine) as session:
        user = repository.user_by_email(session, "ana.popescu@example.org")
        assert (user.display_name, user.is_admin) == ("Ana Popescu", False)
    # The same person again, whatever they are called by now.
    again = service(oidc_create_accounts=True)
    go_and_come_back(again, provider, email="ana@elsewhere.org", preferred_username="root")
    assert "You sign in as ana.popescu," in me(again)
    assert audit_of(world, user.id) == [("identity.account_made", {"issuer": provider})]


def test_a_login_that_is_taken_gets_a_number_and_nobodys_account(world, service, provider):
    client = service(oidc_create_accounts=True)
    go_and_come_back(client, provider, sub="7", email="x@example.org", preferred_username="root")
    assert "You sign in as root2" in me(client)
    assert client.get("/courses/ml", headers=HTML).status_code == 404


def test_without_leave_nobody_new_comes_in(world, service, provider):
    client = service()
    answer = go_and_come_back(client, provider)
    assert answer.status_code == 403
    assert "Ask your course staff" in answer.text
    assert me(client) is None


def test_an_address_links_an_account_only_where_the_operator_allows_it(world, service, provider):
    give_password(world, "ana", email="ana.popescu@example.org")
    assert go_and_come_back(service(), provider).status_code == 403
    # And where new accounts are allowed, the stranger gets one without the address.
    stranger = service(oidc_create_accounts=True)
    go_and_come_back(stranger, provider, sub="stranger")
    assert "You sign in as ana.popescu. <" in me(stranger)
    linked = service(oidc_link_by_email=True)
    go_and_come_back(linked, provider)
    assert "You sign in as ana," in me(linked)


def test_an_address_that_the_provider_did_not_verify_links_nothing(world, service, provider):
    give_password(world, "ana", email="ana.popescu@example.org")
    client = service(oidc_link_by_email=True)
    for verified in (False, None, "true", 1):
        assert go_and_come_back(client, provider, email_verified=verified).status_code == 403


def test_whoever_held_an_account_before_its_owner_came_is_out_of_it(world, service, provider):
    """Who was given the link of an invitation for somebody else must not read along afterwards."""
    give_password(world, "ana", email="ana.popescu@example.org")
    early = service()
    assert sign_in(early, "ana").status_code == 303
    go_and_come_back(service(oidc_link_by_email=True), provider)
    assert me(early) is None
    assert sign_in(early, "ana").status_code == 401
    assert world.get("/api/v1/me").status_code == 401
    with transaction(world.engine) as session:
        user_id = repository.user_by_name(session, "ana").id
    assert audit_of(world, user_id)[-1][0] == "identity.linked"


def test_an_address_that_the_provider_gives_to_somebody_new_opens_nothing(world, service, provider):
    give_password(world, "ana", email="ana.popescu@example.org")
    settings = {"oidc_link_by_email": True, "oidc_create_accounts": True}
    go_and_come_back(service(**settings), provider, sub="the first")
    second = service(**settings)
    go_and_come_back(second, provider, sub="the second")
    assert "You sign in as ana.popescu. <" in me(second)


@pytest.mark.parametrize("subject", ["", "x" * 256, "a\x00b", "\u0219", 7, None, ["ana"]])
def test_an_odd_subject_is_nobody(service, provider, subject):
    client = service(oidc_create_accounts=True)
    assert go_and_come_back(client, provider, sub=subject).status_code == 400


@pytest.mark.parametrize(
    "fault",
    [
        *("state", "nonce", "audience", "audiences", "expired", "issuer", "signature", "alg_none", "alg_hs256"),
        *("no_nonce", "no_exp", "no_aud", "no_iss", "no_sub"),
    ],
)
def test_what_is_wrong_with_the_answer_lets_nobody_in(world, service, provider, fault):
    client = service(oidc_create_accounts=True)
    answer = go_and_come_back(client, provider, fault=fault)
    assert answer.status_code == 400
    assert "did not work" in answer.text
    assert me(client) is None
    with transaction(world.engine) as session:
        assert repository.user_by_email(session, "ana.popescu@example.org") is None
    # It was not the way itself that was broken.
    assert go_and_come_back(client, provider).status_code == 303


def test_only_the_browser_that_left_comes_back(world, service, provider):
    """Else an attacker would sign somebody in as themselves, and read what they hand in."""
    attacker, victim = (service(oidc_create_accounts=True) for _ in range(2))
    httpx.post(f"{provider}/next", json={"claims": CLAIMS}).raise_for_status()
    there = httpx.get(attacker.get("/login/provider").headers["location"])
    planted = there.headers["location"]
    assert victim.get(planted, headers=HTML).status_code == 400
    victim.get("/login/provider")
    assert victim.get(planted, headers=HTML).status_code == 400
    assert me(victim) is None


def test_a_way_back_works_once(world, service, provider):
    client = service(oidc_create_accounts=True)
    httpx.post(f"{provider}/next", json={"claims": CLAIMS}).raise_for_status()
    left = client.get("/login/provider")
    away = client.cookies["lmk_away"]
    back = httpx.get(left.headers["location"]).headers["location"]
    assert client.get(back).status_code == 303
    client.post("/logout", headers={"X-CSRF-Token": "x"})
    assert client.get(back).status_code == 400
    # Nor with the cookie kept: the provider takes a code once.
    client.cookies.set("lmk_away", away)
    assert client.get(back).status_code == 400


@pytest.mark.parametrize("cookie", ["", "zz", "00", b"[]".hex(), b'{"state":"x"}'.hex(), b"{}".hex(), b'{"state":1,"nonce":2,"verifier":3,"after":4}'.hex(), b'{"state":"\\ud800","nonce":"","verifier":"","after":""}'.hex()])
@pytest.mark.parametrize("query", ["", "?state=&code=", "?state=x&code=y", "?error=access_denied&state=x", "?state=%C3%A9"])
def test_a_way_back_that_never_began_is_refused(world, service, provider, cookie, query):
    client = service()
    client.cookies.set("lmk_away", cookie)
    assert client.get(f"/login/provider/back{query}", headers=HTML).status_code == 400


def test_what_was_planted_before_is_not_carried_on_with(world, service, provider):
    client = service(oidc_create_accounts=True)
    client.post("/login", data={"token": world.tokens["dan"]})
    planted = client.cookies["lmk"]
    go_and_come_back(client, provider)
    assert client.cookies["lmk"] != planted
    client.cookies.set("lmk", planted)
    assert world.client.get("/", headers={**HTML, "Cookie": f"lmk={planted}"}).status_code == 303


def test_the_way_leads_to_our_pages_alone(world, service, provider):
    client = service(oidc_create_accounts=True)
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert go_and_come_back(client, provider, after=elsewhere).headers["location"] == "/"


def test_nothing_secret_stands_in_the_address_of_the_provider(service, provider):
    asked = parse_qs(urlsplit(service().get("/login/provider").headers["location"]).query)
    assert set(asked) == {
        *("response_type", "client_id", "redirect_uri", "scope"),
        *("state", "nonce", "code_challenge", "code_challenge_method"),
    }
    assert asked["redirect_uri"] == ["http://testserver/login/provider/back"]


def test_a_provider_that_changes_its_keys_is_believed_again(service, provider):
    client = service(oidc_create_accounts=True)
    assert go_and_come_back(client, provider).status_code == 303
    httpx.post(f"{provider}/new-key").raise_for_status()
    assert go_and_come_back(client, provider).status_code == 303


def test_a_provider_that_is_away_is_a_page_and_no_fault_of_ours(world, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("s")
    settings = Settings(
        database_url=world.client.app.state.services.settings.database_url, redis_url="redis://127.0.0.1:1/0",
        oidc_issuer=f"http://127.0.0.1:{free_port()}", oidc_client_id="c", oidc_client_secret_file=secret,
    )  # fmt: skip
    with TestClient(create_app(settings), follow_redirects=False) as client:
        assert client.get("/login/provider", headers=HTML).status_code == 400
        began = time.monotonic()
        assert client.get("/login/provider", headers=HTML).status_code == 400
        assert time.monotonic() - began < 1


def test_an_issuer_over_plain_http_is_only_this_machine():
    with pytest.raises(ValueError, match="oidc_issuer"):
        Settings(oidc_issuer="http://login.example.org", oidc_client_id="c", oidc_client_secret_file="s")
    with pytest.raises(ValueError, match="oidc_issuer"):
        Settings(oidc_issuer="http://localhost.evil.example", oidc_client_id="c", oidc_client_secret_file="s")
    with pytest.raises(ValueError, match="belong together"):
        Settings(oidc_issuer="https://login.example.org")
