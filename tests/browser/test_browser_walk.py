"""One walk through everything, over the real service: from an empty service to grades in a file.

An administrator opens a course; its instructor adds the students from a list and asks something of them; two
students take their invitations and hand in by dropping a file; the instructor finds the one who overfits, gives
other points with a reason, and exports.
"""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path

import pytest
from conftest import EXAMPLES
from playwright.sync_api import expect

PASSWORD = "seven green bicycles"
STAFF = "name,email,role\nIrina Vasile,irina@example.org,instructor\n"
CLASS = "name,email\nAndreea Moldovan,andreea@example.org\nȘtefan Țurcanu,stefan@example.org\nPaul Neagu,paul@example.org\n"
HONEST = """
import time, torch

def train(lab):
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    mean, std = x.mean(0), x.std(0)
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))
        def forward(self, x):
            return self.layers((x - mean) / std)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(12):
        for _ in range(12):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        lab.epoch(model)
        time.sleep(0.2)
    return model
"""
OVERFITS = EXAMPLES["iris-multi-layer/overfits"].source
POINTS = "document.querySelector('svg polyline.training')?.points.numberOfItems ?? 0"


def test_from_an_empty_course_to_grades_in_a_file(visit, tmp_path):
    admin = visit("adela-admin").page
    open_course(admin, tmp_path)
    (irinas_link,) = invite(admin, tmp_path, STAFF)

    irina = visit(None).page
    take_invitation(irina, irinas_link, "irina")
    irina.get_by_role("link", name="Neural networks, spring").click()
    irina.get_by_role("link", name="People").click()
    links = invite(irina, tmp_path, CLASS)
    publish_an_assignment(irina)

    andreea, stefan = visit(None).page, visit(None).page
    take_invitation(andreea, links[0], "andreea")
    points = hand_in_and_watch(andreea, tmp_path)
    take_invitation(stefan, links[2], "stefan")
    hand_in(stefan, tmp_path, OVERFITS)
    expect(stefan.get_by_role("heading", name="Diagnosis")).to_contain_text("Overfitting", timeout=60_000)

    find_who_overfits(irina)
    computed = give_other_points(irina)
    check_exports(irina, points=points, computed=computed)


def open_course(page, tmp_path):
    page.get_by_role("link", name="New course").click()
    page.get_by_label("Title").fill("Neural networks, spring")
    page.get_by_label("Short name").fill("nn-spring")
    page.get_by_role("button", name="Open the course").click()
    expect(page.get_by_role("status")).to_contain_text("The course is open.")


def invite(page, tmp_path, roster):
    """The people of the list are in the course, and have links: their paths, in the order of names."""
    drop(page, ".drop", tmp_path / "list.csv", roster)
    page.get_by_role("button", name="Only show what it would do").click()
    expect(page.get_by_role("status")).to_contain_text("would")
    drop(page, ".drop", tmp_path / "list.csv", roster)
    page.get_by_role("button", name="Add these people").click()
    expect(page.get_by_role("status")).to_contain_text(f"Done: {roster.count('@')} new account")
    page.get_by_role("button", name="Make links for everybody who cannot sign in yet").click()
    links = page.locator("section:has(#new-links) code")
    expect(links).to_have_count(roster.count("@"))
    return [re.search(r"/invitations/[\w-]{43}", text)[0] for text in links.all_inner_texts()]


def take_invitation(page, link, login):
    """A password of their own; then out, and in again with it, as on any later day."""
    page.goto(link)
    for label in ("New password", "Once more"):
        page.get_by_label(label).fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Login or e-mail address").fill(login)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Courses")).to_be_visible()


def publish_an_assignment(page):
    page.goto("/courses/nn-spring")
    page.get_by_role("link", name="New assignment").click()
    page.get_by_label("Begin with").select_option("iris-multi-layer")
    page.get_by_role("button", name="Take its document").click()
    write(page, r"slug: \S+", "slug: iris-spring-lab")
    write(page, r"title: .*", "title: Iris in spring")
    page.get_by_label("Due (UTC)").fill("2031-05-01T12:00")
    page.get_by_role("button", name="Create the assignment").click()
    expect(page.locator("#did")).to_contain_text("created the assignment.")
    page.get_by_role("link", name="Edit what is asked").click()
    write(page, r"repeats: 5", "repeats: 2")
    expect(page.get_by_role("status")).to_contain_text("Valid: 100 points", timeout=30_000)
    page.get_by_label("Note").fill("two repeats are enough to begin with")
    page.get_by_role("button", name="Publish …").click()
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.locator("#did")).to_contain_text("Irina Vasile published version 2 in place of 1.")


def write(page, pattern, text):
    editor = page.get_by_label("The document (YAML)")
    written, times = re.subn(pattern, text, editor.input_value(), count=1)
    assert times == 1
    editor.fill(written)


def drop(page, zone, path: Path, text):
    """As the browser sees a file that is dragged in from the desktop: no script of the page or of ours helps."""
    path.write_text(text, encoding="utf-8")
    box = page.locator(zone).bounding_box()
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 3}
    dragged = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": step, **where, "data": dragged})
    devtools.detach()
    page.wait_for_timeout(50)
    assert page.locator(f"{zone} input[type=file]").evaluate("input => input.files[0].name") == path.name


def hand_in(page, tmp_path, source):
    page.get_by_role("link", name="Neural networks, spring").click()
    page.get_by_role("link", name="Iris in spring").click()
    drop(page, ".drop", tmp_path / "lab.py", source)
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/submissions/*")


def hand_in_and_watch(page, tmp_path):
    """The points that the page says at the end, which it reached without being loaded again."""
    hand_in(page, tmp_path, HONEST)
    page.evaluate("window.stayed = true")
    seen, deadline = [0], time.monotonic() + 60
    while len(seen) < 5:
        drawn = page.evaluate(POINTS)
        seen += [drawn] if drawn > seen[-1] else []
        assert time.monotonic() < deadline, seen
        page.wait_for_timeout(50)
    expect(page.get_by_role("status").first).to_contain_text("Graded", timeout=60_000)
    expect(page.get_by_role("heading", name="Criteria")).to_be_visible()
    expect(page.get_by_role("heading", name="Confusion matrix, test")).to_be_visible()
    expect(page.get_by_role("row", name="accuracy passed")).to_be_visible()
    assert page.evaluate("window.stayed") is True
    assert page.evaluate(POINTS) == 12
    return float(page.locator(".score strong").inner_text())


def find_who_overfits(page):
    page.goto("/")
    page.get_by_role("link", name="Neural networks, spring").click()
    page.get_by_role("link", name="Iris in spring").click()
    expect(page.locator("[data-figure=scatter-figure][data-drawn=yes]")).to_be_visible()
    # Above the dashed line: the highest one.
    boxes = [point.bounding_box() for point in page.locator(".scatterlayer .point").all()]
    assert len(boxes) == 2
    highest = min(boxes, key=lambda box: box["y"])
    where = highest["x"] + highest["width"] / 2, highest["y"] + highest["height"] / 2
    page.mouse.move(*where, steps=5)
    expect(page.locator(".hoverlayer").first).to_contain_text("Ștefan Țurcanu")
    expect(page.locator(".hoverlayer").first).to_contain_text("Overfitting")
    page.mouse.click(*where)
    expect(page.get_by_role("heading", name="Ștefan Țurcanu")).to_be_visible()
    expect(page.get_by_role("heading", name="Diagnosis")).to_contain_text("Overfitting")


def give_other_points(page):
    """The points that were computed."""
    computed = float(page.locator(".score strong").inner_text())
    page.get_by_text("Give other points").click()
    page.get_by_label("Points", exact=True).fill("41.5")
    page.get_by_label("Reason", exact=True).fill("explained the waves, and why they fit anything")
    page.get_by_role("button", name="Give these points").click()
    expect(page.locator("#did")).to_contain_text("gave 41.5 points in place of")
    expect(page.locator(".score strong")).to_have_text("41.5")
    return computed


def check_exports(page, *, points, computed):
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Iris in spring").click()
    rows = {row["user"]: row for row in export(page, "Grades (CSV)")}
    assert list(rows) == ["andreea", "paul", "stefan"]
    assert float(rows["andreea"]["points"]) == pytest.approx(points)
    assert rows["andreea"]["override_points"] == ""
    stefan = rows["stefan"]
    assert (stefan["display_name"], stefan["points"], stefan["max_points"]) == ("Ștefan Țurcanu", "41.5", "100.0")
    assert float(stefan["computed_points"]) == pytest.approx(computed)
    assert (stefan["override_points"], stefan["override_by"]) == ("41.5", "irina")
    assert stefan["override_reason"] == "explained the waves, and why they fit anything"
    assert (rows["paul"]["submissions"], rows["paul"]["submission"]) == ("0", "")
    canvas = export(page, "Grades for Canvas (CSV)")
    assert {row["SIS Login ID"]: row["Iris in spring"] for row in canvas[1:]}["stefan"] == "41.5"


def export(page, name):
    with page.expect_download() as started:
        page.get_by_role("link", name=name).click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
