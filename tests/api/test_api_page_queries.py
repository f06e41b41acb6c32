"""How many queries a page makes: few, and no more of them where there is more to show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from databases import migrated_database
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.app import create_app
from store.engine import make_engine
from store.settings import Settings

sys.path.append(str(Path(__file__).resolve().parents[2]))
from benchmarks.seed_dashboard import seed

# page -> the most queries it may make, that of its visitor among them. What staff may do on a page, and did, is
# part of it.
BOUNDS = {
    "home": ("instructor", "/", 10),
    "course": ("instructor", "/courses/large", 12),
    "assignment": ("instructor", "/assignments/mnist-multi-layer", 14),
    "assignment-filtered": ("instructor", "/assignments/mnist-multi-layer?fit=overfitting&sort=gap", 14),
    "submission": ("instructor", "/submissions/{shown}", 19),
    "queue": ("instructor", "/queue", 10),
    "settings": ("instructor", "/settings", 3),
    "own-home": ("student", "/", 8),
    "own-course": ("student", "/courses/large", 11),
    "own-assignment": ("student", "/assignments/mnist-multi-layer", 7),
    "own-submission": ("student", "/submissions/{own}", 10),
}
SIZES = {"small": (12, 60), "larger": (60, 600)}


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """{size: {page: queries}}."""
    found = {}
    for size, (students, submissions) in SIZES.items():
        with migrated_database(tmp_path_factory.mktemp(size)) as url:
            engine = make_engine(url)
            seeded = seed(engine, students=students, submissions=submissions)
            engine.dispose()
            app = create_app(Settings(database_url=url, redis_url="redis://127.0.0.1:1/0"))
            tokens = {"instructor": seeded.instructor_token, "student": seeded.student_token}
            addresses = {"shown": seeded.submission_ids[-1], "own": seeded.student_submission_id}
            with TestClient(app) as client:
                found[size] = {
                    page: _queries(app, client, path.format(**addresses), tokens[who])
                    for page, (who, path, _) in BOUNDS.items()
                }
    return found


def _queries(app, client, path, token):
    said = []

    def listen(_connection, _cursor, statement, *_):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            said.append(statement)

    engine = app.state.services.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text[:500]
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return len(said)


@pytest.mark.parametrize("page", BOUNDS)
def test_a_page_makes_few_queries(counted, page):
    assert counted["larger"][page] <= BOUNDS[page][2]


@pytest.mark.parametrize("page", BOUNDS)
def test_more_to_show_needs_no_more_queries(counted, page):
    # The queue is reckoned once for everybody who asks within a second, so a page may find that done.
    assert counted["larger"][page] <= counted["small"][page] + 3
