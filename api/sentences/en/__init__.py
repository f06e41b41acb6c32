"""English."""

from __future__ import annotations

from typing import Final

from api.sentences.en import advice, faults, grades, grading, integrity, problems, running

SENTENCES: Final[dict[str, str]] = {
    **advice.SENTENCES,
    **grading.SENTENCES,
    **integrity.SENTENCES,
    **running.SENTENCES,
    **grades.SENTENCES,
    **problems.SENTENCES,
    **faults.SENTENCES,
}
