"""The documentation in a real browser, opened from the disk: nothing from elsewhere, no width too small, readable by all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parents[2]
READ = ("index", "students", "mistakes", "grading", "security", "operators", "reference/submissions", "reference/objects")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "docs.building", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.fixture
def reader(chromium):
    """A page; `complaints` of its console, `asked` for what is not on the disk."""
    page = chromium.new_page()
    page.complaints, page.asked = [], []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda sent: page.asked.append(sent.url) if not sent.url.startswith(("file:", "data:")) else None)
    yield page
    page.close()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("width", [390, 1440])
def test_a_page_fits_and_asks_for_nothing_from_elsewhere(site, reader, name, width):
    reader.set_viewport_size({"width": width, "height": 900})
    reader.goto(f"{(site / name).as_uri()}.html")
    assert reader.evaluate("document.documentElement.scrollWidth") <= width
    assert (reader.complaints, reader.asked) == ([], [])


# The page of mistakes is made of what the others have, and takes axe a minute.
@pytest.mark.parametrize(("name", "scheme"), [("index", "light"), ("students", "dark"), ("grading", "light"), ("reference/runs", "dark")])
def test_axe_finds_nothing(site, reader, name, scheme):
    reader.emulate_media(color_scheme=scheme)
    reader.goto(f"{(site / name).as_uri()}.html")
    found = Axe().run(reader)
    assert found.violations_count == 0, found.generate_report()


def test_search_finds_a_mistake(site, reader):
    reader.goto((site / "index.html").as_uri())
    reader.get_by_role("textbox", name="Search").fill("zero_grad")
    reader.keyboard.press("Enter")
    reader.get_by_role("link", name="Mistakes, and what helps").last.wait_for()
    assert reader.asked == []
    found = reader.locator("#search-results a").all_inner_texts()
    assert "Mistakes, and what helps" in found, found


def test_formulas_are_drawn(site, reader):
    reader.goto((site / "grading.html").as_uri())
    boxes = [formula.bounding_box() for formula in reader.locator("math").all()]
    assert len(boxes) > 30
    assert all(box["width"] > 4 and box["height"] > 4 for box in boxes)
