"""Everything without a mouse: charts, tables, from student to student."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

LAB = "/assignments/mnist-multi-layer"


@pytest.fixture
def page(visit, seeded):
    page = visit("ina-instructor").page
    page.goto(LAB)
    expect(page.locator("[data-figure]:not([data-drawn])")).to_have_count(0)
    return page


def press_until(page, key, reached, most=80):
    for _ in range(most):
        page.keyboard.press(key)
        if reached(page.locator(":focus")):
            return
    raise AssertionError(f"{key} does not lead there")


def test_the_content_comes_first(visit, service):
    page = visit("ina-instructor").page
    page.goto("/courses/demo")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Courses").last).to_be_focused()


def test_the_dots_are_walked_and_one_is_opened(page, seeded):
    page.locator("[data-figure=scatter-figure]").focus()
    page.keyboard.press("ArrowLeft")  # the last one: it has the largest training error
    expect(page.locator(".hoverlayer").first).to_contain_text("Vlad Dumitru")
    expect(page.locator("[aria-live=polite]").first).to_contain_text("Vlad Dumitru")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/submissions/{seeded['mnist-multi-layer/underfits']}")


@pytest.mark.parametrize(
    ("figure", "first", "then"),
    [
        ("scatter-figure", "Ioana Marin, training", "training"),
        ("scores-figure", "0–10 points: 1 student", "10–20 points: 0 students"),
        ("rates-figure", "accuracy, passed: ", "generalization gap, passed: "),
    ],
)
def test_every_chart_reads_out_what_the_arrow_keys_come_to(page, figure, first, then):
    press_until(page, "Tab", lambda focused: focused.get_attribute("data-figure") == figure)
    plot = page.locator(f"[data-figure={figure}]")
    expect(plot.locator("xpath=../p[contains(@class, 'keys')]")).to_be_visible()
    told = plot.locator("xpath=following-sibling::p[@aria-live='polite']")
    for expected in (first, then):
        page.keyboard.press("ArrowRight")
        expect(told).to_contain_text(expected)
    page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text(first)


def test_the_figures_behind_a_chart_open_with_enter(page):
    summary = page.locator("section:has(#rates-title) summary")
    press_until(page, "Tab", lambda focused: focused.evaluate("(e, other) => e === other", summary.element_handle()))
    table = page.locator("section:has(#rates-title) table")
    expect(table).to_be_hidden()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(5)


def test_the_table_is_sorted_and_a_student_opened_and_the_arrow_keys_lead_on(page, seeded):
    for sorted_as in ("ascending", "descending"):
        page.get_by_role("link", name="Gap").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("columnheader", name="Gap")).to_have_attribute("aria-sort", sorted_as)
    press_until(page, "Tab", lambda focused: focused.inner_text() == "Ioana Marin")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/submissions/{seeded['mnist-multi-layer/overfits']}")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Radu Georgescu")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Ioana Marin")).to_be_visible()
