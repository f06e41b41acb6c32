"""English."""

from __future__ import annotations

from typing import Final

from api.sentences.en import advice, grades, grading, integrity, running

SENTENCES: Final[dict[str, str]] = {
    **advice.SENTENCES,
    **grading.SENTENCES,
    **integrity.SENTENCES,
    **running.SENTENCES,
    **grades.SENTENCES,
}
