"""How a class did: figures over the grades that count, and what became of each criterion."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Final

from api.grades import grades
from api.schemas_course import BinOut, CriterionStatisticsOut, PointsOut, StatisticsOut
from store import repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from graders.spec import CriterionSpec
    from store.repository import AssignmentDetails, Judged

_BINS: Final = 10


def class_statistics(session: Session, assignment: AssignmentDetails) -> StatisticsOut:
    students = grades(session, assignment)
    points = [student.grade.points for student in students if student.grade.points is not None]
    counting = {student.grade.counts.id for student in students if student.grade.counts is not None}
    judged = [
        found
        for submission_id, found in repository.judged_submissions(session, assignment.id).items()
        if submission_id in counting
    ]
    max_points = round(assignment.spec.max_points, 2)
    return StatisticsOut(
        assignment=assignment.slug,
        version=assignment.version,
        max_points=max_points,
        students=len(students),
        handed_in=sum(bool(student.row.submissions) for student in students),
        submissions=sum(len(student.row.submissions) for student in students),
        points=_points(points, max_points),
        histogram=_histogram(points, max_points),
        criteria=[_criterion(criterion, judged) for criterion in assignment.spec.criteria],
        fits=dict(sorted(Counter(found.fit for found in judged if found.fit is not None).items())),
    )


def _points(points: Sequence[float], max_points: float) -> PointsOut:
    return PointsOut(
        n=len(points),
        mean=round(statistics.fmean(points), 4) if points else None,
        sd=round(statistics.stdev(points), 4) if len(points) > 1 else None,
        median=statistics.median(points) if points else None,
        min=min(points, default=None),
        max=max(points, default=None),
        zeros=sum(value == 0 for value in points),
        full_marks=sum(value >= max_points for value in points),
    )


def _histogram(points: Sequence[float], max_points: float) -> list[BinOut]:
    """Bins of one width; none where there is nothing to be had. A bonus beyond the most is in the last."""
    if not max_points:
        return []
    places = Counter(min(int(_BINS * value / max_points), _BINS - 1) for value in points)
    width = max_points / _BINS
    return [
        BinOut(low=round(place * width, 4), high=round((place + 1) * width, 4), students=places[place])
        for place in range(_BINS)
    ]


def _criterion(criterion: CriterionSpec, judged: Sequence[Judged]) -> CriterionStatisticsOut:
    verdicts = Counter(found.verdicts.get(criterion.id) for found in judged)
    decided = verdicts["passed"] + verdicts["partial"] + verdicts["failed"]
    return CriterionStatisticsOut(
        id=criterion.id,
        grader=criterion.grader,
        judged=decided,
        passed=verdicts["passed"],
        partial=verdicts["partial"],
        failed=verdicts["failed"],
        not_graded=verdicts["not_graded"],
        pass_rate=round(verdicts["passed"] / decided, 4) if decided else None,
    )
