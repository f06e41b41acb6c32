"""Pictures of every main page, of a class that was really graded: docs/screenshots, by `make screenshots`.

    PYTHONPATH=. python tests/browser/screenshots.py [--folder docs/screenshots] [--keep FOLDER]

A service of its own, with the real jail; the class of `classroom.py`; then each page at a desk's and a phone's
width, light and dark. What was handed in is dated back over two weeks, as a class would have done it. The
pictures are reduced to 128 colours. It takes about ten minutes. `--keep`: where the service's data stay, to take
the pictures again from the same class.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

from classroom import STUDENTS, login_of
from classroom_service import (
    COURSE,
    ROOT,
    SHOWN,
    SLOW,
    STAFF,
    Class,
    act,
    grade_the_class,
    make_people,
    settings_in,
)
from PIL import Image
from playwright.sync_api import sync_playwright

from server.supervisor import Supervisor
from store.migrate import upgrade
from worker.datasets.fetch import fetch

COLOURS, VIVID = 64, 60
SIZES = {1440: (900, 1500), 390: (844, 1800)}  # width: height of the window, of the picture at most


class Camera:
    """Takes pages in both widths and both themes."""

    def __init__(self, browser, room, folder):
        self.browser, self.room, self.folder, self.contexts = browser, room, folder, {}

    def page(self, who, language="en"):
        if (who, language) not in self.contexts:
            context = self.browser.new_context(base_url=self.room.url, locale=language, reduced_motion="reduce")
            if who:
                page = context.new_page()
                page.goto("/login")
                page.locator("#token").fill(self.room.tokens[who])
                page.locator("#token").press("Enter")
                page.wait_for_url("**/")
                page.close()
            self.contexts[who, language] = context
        return self.contexts[who, language].new_page()

    def take(self, name, who, address, *, before=lambda page: None, language="en", at=""):
        page = self.page(who, language)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        before(page)
        self.shoot(page, name, at)
        page.close()

    def shoot(self, page, name, at=""):
        """From the head of the page, or with `at` (a selector) the window that begins there."""
        for width, (height, most) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.evaluate("scrollTo(0, document.body.scrollHeight)")
                page.wait_for_timeout(400)
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_timeout(100)
                whole = page.evaluate("document.documentElement.scrollHeight")
                top = page.locator(at).bounding_box()["y"] - 24 if at else 0
                path = self.folder / f"{name}-{width}-{scheme}.png"
                clip = {"x": 0, "y": top, "width": width, "height": min(whole - top, height if at else most)}
                page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")
                reduce(path)


def reduce(path):
    """To the colours that are there most, and the most of the vivid ones: a few dots must keep theirs."""
    image = Image.open(path).convert("RGB")
    ranked = [colour for _, colour in sorted(image.getcolors(image.width * image.height), reverse=True)]
    vivid = [colour for colour in ranked[COLOURS:] if max(colour) - min(colour) > VIVID]
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in [*ranked[:COLOURS], *vivid[:COLOURS]] for value in colour])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def take_all(camera, room, ids):
    lab = "/assignments/mnist-multi-layer"
    overfits = ids["oana-ene", "mnist-multi-layer"]
    camera.take("sign-in", None, "/login")
    camera.take("courses", STAFF, "/")
    camera.take("course", STAFF, f"/courses/{COURSE}")
    camera.take("assignment", STAFF, lab, before=drawn)
    camera.take("assignment-ro", STAFF, lab, before=drawn, language="ro")
    camera.take("overfitting-students", STAFF, f"{lab}?fit=overfitting&sort=gap&order=desc#students", before=drawn, at="#students")
    camera.take("submission", STAFF, f"/submissions/{overfits}", before=loaded)
    camera.take("submission-crash", STAFF, f"/submissions/{ids['eduard-manole', 'mnist-multi-layer']}")
    camera.take("override", STAFF, f"/submissions/{ids['andrei-lungu', 'iris-multi-layer']}", before=opened_override)
    camera.take("editor", STAFF, f"{lab}/spec", before=stricter)
    camera.take("versions", STAFF, "/assignments/iris-single-layer/versions")
    camera.take("similarity", STAFF, "/assignments/mnist-single-layer/similarity", before=closest_pair)
    camera.take("extensions", STAFF, f"{lab}/extensions")
    camera.take("people", STAFF, f"/courses/{COURSE}/people")
    camera.take("audit", STAFF, f"/courses/{COURSE}/audit")
    camera.take("account", STAFF, "/account")
    camera.take("settings", STAFF, "/settings")
    camera.take("student-course", SHOWN, f"/courses/{COURSE}")
    camera.take("student-assignment", SHOWN, lab)
    camera.take("student-report", SHOWN, f"/submissions/{ids[SHOWN, 'mnist-multi-layer']}", before=loaded)
    camera.take("student-report-ro", SHOWN, f"/submissions/{ids[SHOWN, 'mnist-multi-layer']}", before=loaded, language="ro")
    camera.take("leaderboard", SHOWN, f"{lab}/leaderboard")
    take_live(camera, room)


def take_live(camera, room):
    """A run while it trains, and the queue while others wait."""
    own = room.hand_in(SHOWN, "mnist-multi-layer", SLOW)
    waiting = [room.hand_in(login_of(name), "mnist-multi-layer", SLOW) for name in STUDENTS[:4]]
    page = camera.page(SHOWN)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"/submissions/{own}")
    while page.evaluate("document.querySelector('svg polyline.training')?.points.numberOfItems ?? 0") < 6:
        page.wait_for_timeout(100)
    camera.shoot(page, "student-live")
    camera.take("queue", STAFF, "/queue")
    for who, identifier in zip([SHOWN, *map(login_of, STUDENTS)], [own, *waiting], strict=False):
        with room.api(who) as http:
            http.post(f"/submissions/{identifier}/cancel")
    room.wait_for([own, *waiting])


def drawn(page):
    page.wait_for_selector("[data-figure=rates-figure][data-drawn=yes]")


def loaded(page):
    page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
    page.wait_for_load_state("networkidle")


def opened_override(page):
    page.locator("summary").first.click()


def stricter(page):
    editor = page.locator("#spec-text")
    editor.fill(editor.input_value().replace("full_at_most: 0.018", "full_at_most: 0.012"))
    page.wait_for_selector("#what-if table")


def closest_pair(page):
    page.locator("table a").first.click()
    page.wait_for_selector(".side-by-side")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--keep", type=Path, help="of the service's data; a new folder is removed afterwards")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        run((arguments.keep or Path(temporary)).resolve(), arguments.folder)


def run(home, folder):
    os.chdir(ROOT)
    home.mkdir(parents=True, exist_ok=True)
    fetch(ROOT / "var")
    if not (home / "datasets").exists():
        (home / "datasets").symlink_to((ROOT / "var" / "datasets").resolve())
    os.environ["LABMARK_DATA_DIR"] = str(home)
    known, room = home / "class.json", Class(settings_in(home))
    upgrade(room.settings.database_url)
    supervisor = Supervisor(room.settings, workers=2)
    try:
        supervisor.start()
        if known.exists():
            kept = json.loads(known.read_text())
            room.tokens, ids = kept["tokens"], {tuple(key.split()): value for key, value in kept["ids"].items()}
        else:
            make_people(room.settings, room.tokens)
            ids = grade_the_class(room)
            act(room, ids)
            known.write_text(json.dumps({"tokens": room.tokens, "ids": {" ".join(key): value for key, value in ids.items()}}))
        folder.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=sandbox)
            take_all(Camera(browser, room, folder), room, ids)
            browser.close()
    finally:
        supervisor.stop()
    taken = sorted(folder.glob("*.png"))
    print(f"{len(taken)} pictures, {sum(path.stat().st_size for path in taken) / 1e6:.1f} MB, in {folder}")


if __name__ == "__main__":
    main()
