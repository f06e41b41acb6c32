"""Code as a page shows it."""

from __future__ import annotations

from api.dashboard.listing import MOST_COLUMNS, MOST_LINES, listing


def test_lines_come_as_they_are():
    assert listing("def train(lab):\n\treturn 'ă'\n").lines == ("def train(lab):", "\treturn 'ă'")


def test_what_turns_the_order_of_writing_around_is_shown_by_its_code_point():
    shown = listing("access = 'user\u202e \u2066# staff\u2069'  # \x1b[2J\u200b").lines[0]
    assert shown == "access = 'user⟨U+202E⟩ ⟨U+2066⟩# staff⟨U+2069⟩'  # ⟨U+001B⟩[2J⟨U+200B⟩"


def test_a_page_holds_no_more_lines_than_a_person_reads():
    found = listing("\n" * 1_000_000)
    assert (len(found.lines), found.left_out) == (MOST_LINES, 1_000_000 - MOST_LINES)


def test_an_endless_line_is_cut_and_says_so():
    shown = listing("x" * 500_000).lines[0]
    assert len(shown) < MOST_COLUMNS + 40
    assert shown.endswith("(500000 characters)")
