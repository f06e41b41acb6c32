"""What staff do on the dashboard, in a real browser against the real service: with a script, and without."""

from __future__ import annotations

import re

import pytest
from conftest import EXAMPLES
from playwright.sync_api import expect
from sound import require_sound

LAB = "iris-single-layer"
CODE = EXAMPLES[f"{LAB}/pytorch"].source
# Renamed, and with a line that a browser must never obey.
COPY = "# <script>document.title = 'obeyed'</script>\n" + re.sub(r"\bmodel\b", "net", CODE)
PEOPLE = ("ana-popescu", "elena-radu", "mihai-stan")


@pytest.fixture(scope="module")
def handed_in(service):
    """{login: submission id} of three students, graded; the second has copied from the first."""
    sources = dict.fromkeys(PEOPLE, CODE) | {"elena-radu": COPY}
    ids = {who: service.hand_in(LAB, source, who) for who, source in sources.items()}
    for identifier in ids.values():
        assert service.wait_for(identifier)["state"] == "graded"
    return ids


def replace_in_editor(page, old, new):
    editor = page.get_by_label("The document (YAML)")
    text = editor.input_value()
    assert old in text
    editor.fill(text.replace(old, new))


def test_an_instructor_writes_sees_faults_and_whose_grade_changes_publishes_and_regrades(visit, handed_in):
    made = visit("ina-instructor")
    page = made.page
    page.goto(f"/assignments/{LAB}")
    page.get_by_role("link", name="Edit what is asked").click()
    page.evaluate("window.stayed = true")
    status = page.get_by_role("status")
    expect(status).to_contain_text("Valid: 100 points")
    full_at = re.search(r"full_at: [\d.]+", page.get_by_label("The document (YAML)").input_value())[0]
    replace_in_editor(page, full_at, "full_at: 17")
    expect(status).to_contain_text("1 fault", timeout=30_000)
    fault = page.locator(".faults a").first
    expect(page.locator(".gutter .faulty")).to_have_text(f"! {fault.get_attribute('data-line')}")
    require_sound(page)
    fault.click()
    editor = page.get_by_label("The document (YAML)")
    expect(editor).to_be_focused()
    selected = page.evaluate("(() => { const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd) })()")
    assert "full_at: 17" in selected
    replace_in_editor(page, "full_at: 17", "full_at: 1")
    expect(page.locator("#what-if")).to_contain_text("student", timeout=30_000)
    expect(status).to_contain_text("Valid")
    require_sound(page)
    assert page.evaluate("window.stayed") is True
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator("#did")).to_contain_text("Ina Dobre saved a draft")
    page.get_by_label("Note").fill("nearly everything right")
    page.get_by_role("button", name="Publish …").click()
    expect(page.locator(".differences .new")).to_contain_text("full_at: 1")
    require_sound(page)
    page.get_by_role("button", name="Publish version 2").click()
    page.wait_for_url(f"**/assignments/{LAB}?act=*")
    expect(page.locator("#did")).to_contain_text("Ina Dobre published version 2 in place of 1.")
    expect(page.locator("#main")).to_contain_text("3 submissions are graded by an older version")
    require_sound(page)
    page.locator("summary", has_text="Judge everybody again").click()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/jobs/*")
    page.evaluate("window.stayed = true")
    expect(page.locator("#job")).to_contain_text("Done.", timeout=30_000)
    expect(page.locator("#job dd").first).to_have_text("3")
    require_sound(page)
    page.get_by_role("link", name="To the assignment").click()
    page.get_by_role("link", name="Versions (2)").click()
    expect(page.locator("#main")).to_contain_text("nearly everything right")
    require_sound(page)


def test_points_are_given_with_a_reason_and_the_arrow_keys_lead_on(visit, handed_in):
    made = visit("ina-instructor")
    page = made.page
    page.goto(f"/submissions/{handed_in['ana-popescu']}")
    page.get_by_text("Give other points").click()
    page.get_by_label("Points", exact=True).fill("88.5")
    page.get_by_label("Reason", exact=True).fill("Shown <b>in</b> the lab")
    # The arrow keys move in a field, and lead nowhere.
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Give these points").click()
    did = page.locator("#did")
    expect(did).to_contain_text("Ina Dobre gave 88.5 points in place of")
    expect(did).to_contain_text("Shown <b>in</b> the lab")
    require_sound(page)
    page.locator("body").press("ArrowRight")
    page.wait_for_url(f"**/submissions/{handed_in['elena-radu']}")
    assert page.title() != "obeyed"
    page.locator("body").press("ArrowRight")
    page.wait_for_url(f"**/submissions/{handed_in['mihai-stan']}")
    page.locator("body").press("ArrowLeft")
    page.wait_for_url(f"**/submissions/{handed_in['elena-radu']}")


def test_two_copies_are_found_and_stand_side_by_side(visit, handed_in):
    made = visit("ina-instructor")
    page = made.page
    page.goto(f"/assignments/{LAB}/similarity")
    require_sound(page)
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator("#job")).to_contain_text("found.", timeout=30_000)
    page.get_by_role("link", name="To the pairs").click()
    require_sound(page)
    page.get_by_role("link", name="Ana Popescu and Elena Radu").click()
    expect(page.locator(".side-by-side mark").first).to_be_visible()
    require_sound(page)
    assert page.title() != "obeyed"
    page.locator("#a-1 .passage").click()
    assert page.url.endswith("#b-1")
    expect(page.locator("#b-1")).to_be_in_viewport()


def test_one_student_is_given_time_and_attempts(visit, handed_in):
    made = visit("ina-instructor")
    page = made.page
    page.goto(f"/assignments/{LAB}/extensions")
    page.get_by_label("Student").select_option("ana-popescu")
    page.get_by_label("Until (UTC)").fill("2031-05-01T12:00")
    page.get_by_label("Reason").fill("ill for a week")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.locator("#did")).to_contain_text("gave ana-popescu time until 1 May 2031, 12:00")
    require_sound(page)
    page.get_by_role("button", name="Take back what Ana Popescu was given").click()
    expect(page.locator("#main")).to_contain_text("Nobody has an extension.")


def test_a_new_assignment_is_made_from_a_lab(visit, service):
    made = visit("ina-instructor")
    page = made.page
    page.goto("/courses/demo/assignments/new?template=iris-multi-layer")
    expect(page.get_by_role("status")).to_contain_text("Valid: 100 points")
    require_sound(page)
    replace_in_editor(page, "slug: iris-multi-layer-2", "slug: iris-spring")
    page.get_by_role("button", name="Create the assignment").click()
    page.wait_for_url("**/assignments/iris-spring?act=*")
    expect(page.locator("#did")).to_contain_text("Ina Dobre created the assignment.")


def test_everything_works_without_a_script(chromium, service, handed_in):
    context = chromium.new_context(base_url=service.url, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Your access token").fill(service.tokens["ina-instructor"])
    page.get_by_role("button", name="Sign in with the token").click()
    page.wait_for_url("/")
    page.goto(f"/assignments/{LAB}/spec")
    replace_in_editor(page, "repeats:", "repaets:")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".faults")).to_contain_text("repaets")
    replace_in_editor(page, "repaets:", "repeats:")
    replace_in_editor(page, "zero_at: 0.6", "zero_at: 0.60")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#what-if")).to_contain_text("No grade would change")
    page.goto(f"/submissions/{handed_in['mihai-stan']}")
    page.get_by_text("Give other points").click()
    page.get_by_label("Points", exact=True).fill("1000")
    page.get_by_label("Reason", exact=True).fill("no more than there are")
    page.get_by_role("button", name="Give these points").click()
    expect(page.get_by_role("alert")).to_contain_text("Points: write a number from 0 to 100")
    page.get_by_label("Points", exact=True).fill("100")
    page.get_by_role("button", name="Give these points").click()
    expect(page.locator("#did")).to_contain_text("gave 100 points")
    context.close()
