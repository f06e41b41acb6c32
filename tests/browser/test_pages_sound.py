"""Every page there is: the list is read from the application, so that a new page cannot be forgotten.

No fault of accessibility, nothing wider than the screen, nothing too small to press, nothing that the security
policy refused: at a desk and on a phone, light and dark, in English; and on a phone in Romanian, whose words are longer.
"""

from __future__ import annotations

import time

import pytest
from conftest import EXAMPLES, Visit
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from playwright.sync_api import expect
from sound import DESK, PHONE, require_sound

from api.dashboard.routes import router
from graders.labs import LABS
from graders.spec import LeaderboardSpec, Quota, SplitSizes

IRIS = LABS["iris-single-layer"]
STAFF, STUDENT, ADMIN, STRANGER = "ina-instructor", "sam-student", "adela-admin", None
LAB = "/assignments/mnist-multi-layer"
# Route -> who looks, and at which addresses of it.
PAGES = {
    "/login": (STRANGER, ["/login"]),
    "/invitations/{secret}": (STRANGER, ["{invitation}"]),
    "/": (STAFF, ["/"]),
    "/account": (STAFF, ["/account"]),
    "/settings": (STAFF, ["/settings"]),
    "/new-course": (ADMIN, ["/new-course"]),
    "/audit": (ADMIN, ["/audit"]),
    "/courses/{slug}": (STAFF, ["/courses/demo"]),
    "/courses/{slug}/people": (STAFF, ["/courses/demo/people"]),
    "/courses/{slug}/audit": (STAFF, ["/courses/demo/audit"]),
    "/courses/{slug}/assignments/new": (STAFF, ["/courses/demo/assignments/new"]),
    "/assignments/{slug}": (STAFF, [LAB, f"{LAB}?fit=overfitting", f"{LAB}?name=nobody", "/assignments/iris-multi-layer"]),
    "/assignments/{slug}/leaderboard": (STUDENT, ["/assignments/ranked/leaderboard"]),
    "/assignments/{slug}/extensions": (STAFF, [f"{LAB}/extensions"]),
    "/assignments/{slug}/attempts": (STAFF, ["/assignments/ranked/attempts"]),
    "/assignments/{slug}/similarity": (STAFF, [f"{LAB}/similarity"]),
    "/assignments/{slug}/similarity/{first}/{second}": (STAFF, ["{pair}"]),
    "/assignments/{slug}/spec": (STAFF, [f"{LAB}/spec"]),
    "/assignments/{slug}/versions": (STAFF, [f"{LAB}/versions"]),
    "/submissions/{submission_id}": (STAFF, ["/submissions/{overfits}", "/submissions/{crashes}"]),
    "/submissions/{submission_id}/acting": (STAFF, ["/submissions/{overfits}/acting"]),
    "/jobs/{job_id}": (STAFF, ["{job}"]),
    "/queue": (STAFF, ["/queue"]),
}
OF_STUDENTS = ["/", "/courses/demo", LAB, "/submissions/{own}", "/settings", "/account"]
# Parts of pages, files, and what only leads on.
NO_PAGES = {
    "/login/provider",
    "/login/provider/back",
    "/assets/plotly.js",
    "/queue/rows",
    "/submissions/{submission_id}/report",
    "/submissions/{submission_id}/misread/{number}.png",
    "/submissions/{submission_id}/live",
    "/jobs/{job_id}/progress",
    "/assignments/{slug}/grades.csv",
    "/assignments/{slug}/grades-canvas.csv",
}
# An assignment with whatever an assignment may have.
RANKED = IRIS.model_copy(
    update={
        "slug": "ranked",
        "title": "Iris, with a leaderboard",
        "split": SplitSizes(train=60, validation=30, test=30, board=30),
        "leaderboard": LeaderboardSpec(names_shown=True),
        "quota": Quota(per_day=4, burst=8),
    }
).model_dump(mode="json")


def test_no_page_is_left_out():
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    addresses = {route.path for route in iter_route_contexts(app.routes) if "GET" in (route.methods or ())}
    assert addresses == set(PAGES) | NO_PAGES


@pytest.fixture(scope="module")
def addresses(service, seeded):
    """What stands in the braces above, made as its makers would: over the API."""
    found = {name.partition("/")[2].replace("-", "_"): identifier for name, identifier in seeded.items()}
    with service.api(STAFF) as http:
        http.post("/api/v1/courses/demo/assignments", json=RANKED).raise_for_status()
        code = EXAMPLES["iris-single-layer/pytorch"].source
        ids = [service.hand_in("ranked", code, who) for who in (STUDENT, "ana-popescu")]
        assert [service.wait_for(identifier)["state"] for identifier in ids] == ["graded", "graded"]
        job = http.post("/api/v1/assignments/ranked/similarity", json={}).raise_for_status().json()
        (pair,) = _compared(http)["pairs"]
        roster = {"content": b"name,email\nLia Dinu,lia@example.org\n", "headers": {"Content-Type": "text/csv"}}
        http.post("/api/v1/courses/demo/roster", **roster).raise_for_status()
        link = http.post("/api/v1/courses/demo/invitations", json={"users": ["lia"]}).raise_for_status().json()
    return found | {
        "own": found["pytorch"],
        "job": f"/jobs/{job['id']}",
        "pair": f"/assignments/ranked/similarity/{pair['first']}/{pair['second']}",
        "invitation": link["items"][0]["link"],
    }


def _compared(http):
    deadline = time.monotonic() + 60
    while (answer := http.get("/api/v1/assignments/ranked/similarity")).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    return answer.json()


@pytest.fixture(scope="module")
def visits(chromium, service):
    """One browser for each person and language; at the end, none may have complained."""
    made = {}

    def open_as(who, language="en"):
        if (who, language) not in made:
            made[who, language] = Visit(chromium, service, who, locale=language)
        return made[who, language].page

    yield open_as
    for visit in made.values():
        visit.context.close()
    assert [complaint for visit in made.values() for complaint in visit.complaints] == []


CASES = [(who, address) for who, places in PAGES.values() for address in places] + [(STUDENT, a) for a in OF_STUDENTS]


@pytest.mark.parametrize(("who", "address"), CASES)
def test_every_page_is_sound_on_desk_and_phone_light_and_dark(visits, addresses, who, address):
    page = opened(visits(who), address.format(**addresses))
    require_sound(page)


@pytest.mark.parametrize(("who", "address"), CASES)
def test_every_page_is_sound_in_romanian(visits, addresses, who, address):
    page = opened(visits(who, "ro"), address.format(**addresses))
    assert page.locator("html").get_attribute("lang") == "ro"
    require_sound(page, ((PHONE, "light"), (DESK, "light")))


def opened(page, address):
    assert page.goto(address).ok
    expect(page.locator("[data-figure]:not([data-drawn])")).to_have_count(0)
    return page
