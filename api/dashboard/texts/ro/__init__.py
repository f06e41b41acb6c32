"""Romanian."""

from __future__ import annotations

from typing import Final

from api.dashboard.texts.ro import (
    accounts,
    acting,
    assignment,
    charts,
    course,
    courses,
    frame,
    leaderboard,
    people,
    problem,
    queue,
    settings,
    similarity,
    spec,
    submission,
    words,
)

TEXTS: Final[dict[str, str]] = {
    **accounts.TEXTS,
    **acting.TEXTS,
    **assignment.TEXTS,
    **charts.TEXTS,
    **course.TEXTS,
    **courses.TEXTS,
    **frame.TEXTS,
    **leaderboard.TEXTS,
    **people.TEXTS,
    **problem.TEXTS,
    **queue.TEXTS,
    **settings.TEXTS,
    **similarity.TEXTS,
    **spec.TEXTS,
    **submission.TEXTS,
    **words.TEXTS,
}
