"""What went wrong, for a reader of a page. Details are written in English, where the error is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.dashboard.texts import CATALOGS, say

if TYPE_CHECKING:
    from api.errors import ProblemError
    from api.language import Language


def problem_title(language: Language, code: str) -> str:
    return say(language, f"problem.{code}")


def problem_detail(language: Language, problem: ProblemError) -> str:
    """In English what exactly it was; in another language its kind, and what to do."""
    if language == "en":
        return problem.detail
    advice = f"advice.{problem.code}"
    known = [say(language, advice)] if advice in CATALOGS[language] else []
    return " ".join([f"{problem_title(language, problem.code)}.", *known])
