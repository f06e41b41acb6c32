"""Romanian."""

from __future__ import annotations

from typing import Final

from api.sentences.ro import (
    advice,
    dataset_faults,
    faults,
    grades,
    grading,
    integrity,
    problems,
    running,
    spec_faults,
)

SENTENCES: Final[dict[str, str]] = {
    **advice.SENTENCES,
    **grading.SENTENCES,
    **integrity.SENTENCES,
    **running.SENTENCES,
    **grades.SENTENCES,
    **problems.SENTENCES,
    **faults.SENTENCES,
    **spec_faults.SENTENCES,
    **dataset_faults.SENTENCES,
}
