"""`labmark-server create-admin`, `reset-password` and `people list`, as an operator types them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from databases import migrated_database
from fastapi.testclient import TestClient

from api.app import create_app
from store import repository
from store.engine import make_engine, transaction
from store.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PASSWORD, ANOTHER = "correct horse battery staple", "seven green bicycles"


@pytest.fixture
def url(tmp_path):
    with migrated_database(tmp_path) as found:
        yield found


@pytest.fixture
def client(url):
    app = create_app(Settings(database_url=url, redis_url="redis://127.0.0.1:1/0"))
    with TestClient(app, follow_redirects=False) as client:
        yield client


def operator(url, *arguments, typed="", check=True):
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=ROOT, input=typed, capture_output=True, text=True, check=False,
        env={**os.environ, "DATABASE_URL": url, "LABMARK_DATABASE_URL": "", "LABMARK_PUBLIC_URL": "https://labmark.example.org/"},
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stderr
    return done


def opened_by(done):
    return re.fullmatch(r"https://labmark\.example\.org(/invitations/[\w-]{43})\n", done.stdout)[1]


def sign_in(client, name, password):
    client.cookies.clear()
    return client.post("/login/password", data={"name": name, "password": password}).status_code


def choose(client, link, password):
    client.cookies.clear()
    return client.post(link, data={"password": password, "again": password}).status_code


def test_the_first_administrator_has_the_password_that_was_typed(url, client):
    done = operator(url, "create-admin", "boss", "--email", "Boss@Example.org", typed=f"{PASSWORD}\n")
    assert PASSWORD not in done.stdout + done.stderr
    assert sign_in(client, "boss@example.org", PASSWORD) == 303
    assert client.get("/account").status_code == 200
    again = operator(url, "create-admin", "boss", typed=f"{PASSWORD}\n", check=False)
    assert again.returncode == 2
    assert "exists" in again.stderr
    for typed in ("short\n", "", "other is my name\n"):
        assert operator(url, "create-admin", "other", typed=typed, check=False).returncode == 2


def test_an_administrator_may_choose_their_password_by_a_link(url, client):
    link = opened_by(operator(url, "create-admin", "boss", "--link"))
    assert choose(client, link, PASSWORD) == 303
    assert choose(client, link, ANOTHER) == 410
    assert sign_in(client, "boss", PASSWORD) == 303


def test_a_reset_leaves_the_old_password_until_the_link_is_used_and_then_ends_everything(url, client):
    operator(url, "create-admin", "boss", typed=f"{PASSWORD}\n")
    earlier = opened_by(operator(url, "reset-password", "boss"))
    link = opened_by(operator(url, "reset-password", "boss"))
    assert sign_in(client, "boss", PASSWORD) == 303
    session = dict(client.cookies)
    assert choose(client, earlier, ANOTHER) == 410
    assert choose(client, link, ANOTHER) == 303
    assert sign_in(client, "boss", PASSWORD) == 401
    assert sign_in(client, "boss", ANOTHER) == 303
    client.cookies.clear()
    client.cookies.update(session)
    assert client.get("/account").status_code == 401
    assert operator(url, "reset-password", "nobody", check=False).returncode == 2


def test_a_reset_may_end_tokens_too(url, client):
    engine = make_engine(url)
    with transaction(engine) as session:
        user = repository.create_user(session, name="ana")
        token = repository.create_token(session, user_id=user.id)
    headers = {"Authorization": f"Bearer {token}"}
    operator(url, "reset-password", "ana")
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    operator(url, "reset-password", "ana", "--revoke-tokens")
    assert client.get("/api/v1/me", headers=headers).status_code == 401
    engine.dispose()


def test_people_are_listed_with_what_they_are_and_whether_they_can_sign_in(url):
    operator(url, "create-admin", "boss", "--link")
    engine = make_engine(url)
    with transaction(engine) as session:
        course = repository.create_course(session, slug="ml", title="ML")
        for name, role in (("ana", "student"), ("ivan", "instructor")):
            user = repository.create_user(session, name=name)
            repository.enroll(session, user_id=user.id, course_id=course.id, role=role)
            repository.create_token(session, user_id=user.id)
    engine.dispose()
    found = {row["user"]: row for row in json.loads(operator(url, "people", "list", "--json").stdout)}
    assert {name: row["role"] for name, row in found.items()} == {"ana": "student", "boss": "admin", "ivan": "instructor"}
    assert [found[name]["signs_in"] for name in ("ana", "boss")] == [True, False]
    assert found["boss"]["invited_until"] is not None
    table = operator(url, "people", "list", "--course", "ml").stdout
    assert "ivan" in table
    assert "boss" not in table
    assert operator(url, "people", "list", "--course", "none", check=False).returncode == 2
