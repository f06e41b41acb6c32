"""From a list of people to somebody who has chosen a password and signed in, in a real browser."""

import re

from playwright.sync_api import expect

ROSTER = "name,email\nMaria Ionescu,maria@example.org\n"


def test_who_is_on_a_list_gets_a_link_chooses_a_password_and_signs_in(visit):
    page = visit("ina-instructor").page
    page.goto("/courses/demo/people")
    page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()})
    page.get_by_role("button", name="Add these people").click()
    expect(page.get_by_text("Done: 1 new account.")).to_be_visible()
    page.get_by_role("button", name="New invitation link for Maria Ionescu").click()
    link = re.search(r"/invitations/[\w-]{43}", page.get_by_text("/invitations/").inner_text())[0]

    maria = visit(None).page
    maria.goto(link)
    expect(maria.get_by_text("For the account of Maria Ionescu.")).to_be_visible()
    for label in ("New password", "Once more"):
        maria.get_by_label(label).fill("seven green bicycles")
    maria.get_by_role("button", name="Save and sign in").click()
    expect(maria.get_by_role("heading", name="Courses")).to_be_visible()
    maria.get_by_role("button", name="Sign out").click()
    maria.get_by_label("Login or e-mail address").fill("maria@example.org")
    maria.get_by_label("Password", exact=True).fill("seven green bicycles")
    maria.get_by_role("button", name="Sign in", exact=True).click()
    expect(maria.get_by_role("heading", name="Courses")).to_be_visible()
