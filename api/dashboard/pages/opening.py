"""The form with which administrators open a course."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NewCoursePage:
    """As it was sent, where it was not taken; `wrong` names the field, `problem` is a sentence or empty."""

    title: str = ""
    slug: str = ""
    wrong: str = ""
    problem: str = ""
