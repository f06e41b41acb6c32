"""A database that does not answer: the student is told to come back, and no more."""

import pytest
from fastapi.testclient import TestClient
from servers import free_port

from api.app import create_app
from api.cookies import SESSION
from store.settings import Settings


@pytest.fixture
def client():
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    with TestClient(create_app(Settings(database_url=url)), raise_server_exceptions=False) as client:
        yield client


def test_whoever_hands_in_is_told_when_to_come_back(client):
    body = {"filename": "lab.py", "source": "def train(lab): pass"}
    headers = {"Authorization": "Bearer lmk_x"}
    answer = client.post("/api/v1/assignments/iris/submissions", json=body, headers=headers)
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"] == "10"
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "unavailable"
    assert "127.0.0.1" not in answer.text


def test_a_page_says_it_in_words(client):
    client.cookies.set(SESSION, "x")
    answer = client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert "cannot reach" in answer.text
