"""What people do on the dashboard, in a real browser against the real service."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect
from sound import require_sound

# Slow enough to be watched: 5 repeats of 8 epochs.
WATCHED = b"""
import time, torch

def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    model = torch.nn.Linear(4, 3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for epoch in range(8):
        for _ in range(20):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        lab.epoch(model)
        time.sleep(0.25)
    return model
"""
POINTS = "document.querySelector('svg polyline.training')?.points.numberOfItems ?? 0"


def dots(page):
    return page.locator(".scatterlayer .point")


def test_an_instructor_finds_the_model_that_overfits_and_opens_it(visit, seeded):
    page = visit("ina-instructor").page
    page.get_by_role("link", name="Neural networks, first lab").click()
    page.get_by_role("link", name="MNIST, multi-layer network").click()
    expect(page.locator("[data-figure=scatter-figure][data-drawn=yes]")).to_be_visible()
    assert dots(page).count() == 5
    row = page.get_by_role("row").filter(has_text="Ioana Marin")
    expect(row).to_contain_text("Overfitting")
    expect(row).to_contain_text("▲")
    expect(page.get_by_role("row").filter(has_text="Radu Georgescu")).to_contain_text("No model")
    overfits = page.locator(".scatterlayer .trace").nth(1).locator(".point")
    box = overfits.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator(".hoverlayer").first).to_contain_text("Ioana Marin")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(f"**/submissions/{seeded['mnist-multi-layer/overfits']}")
    expect(page.get_by_role("heading", name="Diagnosis")).to_contain_text("Overfitting")
    expect(page.get_by_role("img", name="Training and validation error by epoch")).to_be_visible()
    assert page.evaluate(POINTS) == 25


def test_the_table_behind_the_picture_sorts_and_links(visit, seeded):
    page = visit("ina-instructor").page
    page.goto("/assignments/mnist-multi-layer")
    page.get_by_role("link", name="Gap").click()
    page.get_by_role("link", name="Gap").click()
    first = page.locator("#main table.stack tbody tr").first
    expect(first).to_contain_text("Ioana Marin")
    first.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text("Ioana Marin")


def hand_in_watched(page):
    page.goto("/assignments/iris-single-layer")
    chosen = {"name": "watched.py", "mimeType": "text/x-python", "buffer": WATCHED}
    page.get_by_label("Choose a file").set_input_files(chosen)
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/submissions/*")
    page.evaluate("window.stayed = true")


def test_a_student_hands_in_and_watches_the_grading_without_a_reload(visit, service):
    page = visit("sam-student").page
    hand_in_watched(page)
    state = page.get_by_role("status")
    expect(state).to_contain_text("Training", timeout=60_000)
    expect(state).to_contain_text("Graded", timeout=90_000)
    expect(page.get_by_role("heading", name="Criteria")).to_be_visible()
    expect(page.locator(".score")).to_contain_text("of 100 points")
    expect(page.get_by_role("img", name="Training and validation error by epoch")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    assert page.evaluate("document.title").startswith("Iris, single-layer network: Graded")


def wait_for_points(page, at_least):
    """The page's policy forbids eval, and with it the browser's own waiting for a condition."""
    deadline = time.monotonic() + 60
    while (found := page.evaluate(POINTS)) < at_least:
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(50)
    return found


def test_a_student_watches_the_learning_curve_grow(visit, service):
    page = visit("ana-popescu").page
    hand_in_watched(page)
    early = wait_for_points(page, 2)
    assert page.evaluate("window.stayed") is True
    assert wait_for_points(page, early + 1) > early
    expect(page.get_by_role("status")).to_contain_text("Graded", timeout=90_000)
    assert page.evaluate("window.stayed") is True


def test_the_queue_fills_and_empties_by_itself(visit, service):
    page = visit("ina-instructor").page
    page.goto("/queue")
    expect(page.locator("#queue")).to_contain_text("Nothing runs and nothing waits.", timeout=60_000)
    ids = [service.hand_in("iris-single-layer", WATCHED.decode(), who) for who in ("ana-popescu", "elena-radu", "mihai-stan")]
    expect(page.locator("#queue table.stack tbody").first).to_contain_text("Ana Popescu", timeout=30_000)
    expect(page.locator("#queue table.stack tbody").first).to_contain_text("Waiting")
    require_sound(page)
    for identifier in ids:
        service.wait_for(identifier)
    expect(page.locator("#queue")).to_contain_text("Nothing runs and nothing waits.", timeout=30_000)


def test_who_overfits_in_the_mnist_lab_is_two_clicks_away(visit, seeded):
    """With the course, the people and the examples of `make demo`, from signing in."""
    page = visit("ina-instructor").page
    page.get_by_role("link", name="Neural networks, first lab").click()
    page.get_by_role("row").filter(has_text="MNIST, multi-layer").get_by_role("link", name="Overfitting").click()
    rows = page.locator("#main table.stack tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Ioana Marin")


def test_misread_digits_are_seen(visit, seeded):
    page = visit("ina-instructor").page
    page.goto(f"/submissions/{seeded['mnist-multi-layer/overfits']}")
    pictures = page.locator(".digits img")
    assert pictures.count() > 5
    pictures.first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert pictures.first.evaluate("image => image.naturalWidth") == 28


def test_a_reader_chooses_romanian_and_dark(visit, service):
    page = visit("sofia-petrescu").page  # for good: whom no other test knows
    page.goto("/settings")
    page.get_by_label("Română").check()
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/")
    expect(page.get_by_role("heading", name="Cursuri")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 19, 25)"


@pytest.mark.parametrize(("path", "status"), [("/submissions/none", 404), ("/queue", 403)])
def test_error_pages_look_like_the_others(visit, service, path, status):
    made = visit("sam-student")
    assert made.page.goto(path).status == status
    require_sound(made.page)
    expect(made.page.get_by_role("button", name="Sign out")).to_be_visible()
    # Chromium reports the page's own status as an error of loading.
    made.complaints[:] = [text for text in made.complaints if f"status of {status}" not in text]
