"""What of a report its reader may see. An instructor hides a criterion so that nobody tunes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graders.report import Report
    from graders.spec import AssignmentSpec, Visibility


def report_for_reader(
    report: Report, *, spec: AssignmentSpec, staff: bool, due_at: float | None, now: float
) -> Report:
    """Without the hidden criteria, their points, and the parts of the data that only they judge.

    What was missed on the leaderboard's rows is for nobody to read: it would tell the rows.
    """
    report = report.model_copy(update={"board_misses": "", "board_rows": 0})
    if staff:
        return report
    report = report.model_copy(update={"flags": ()})

    def visible(visibility: Visibility) -> bool:
        after_due = due_at is not None and now >= due_at
        return visibility == "always" or (visibility == "after_due" and after_due)

    shown = tuple(result for result in report.criteria if visible(result.visibility))
    if len(shown) == len(report.criteria):
        return report
    parts_hidden = {_part(spec, result.id) for result in report.criteria if result not in shown}
    parts_shown = {_part(spec, result.id) for result in shown} | {"train", "validation"}
    return report.model_copy(
        update={
            "criteria": shown,
            # What stopping would have scored is partly a matter of the hidden ones.
            "stopping": None,
            "points": round(spec.capped(sum(result.points for result in shown)), 2),
            "max_points": round(spec.capped(sum(result.max_points for result in shown)), 2),
            "parts": {
                name: part for name, part in report.parts.items() if name not in parts_hidden - parts_shown
            },
        }
    )


def _part(spec: AssignmentSpec, criterion_id: str) -> str | None:
    for criterion in spec.criteria:
        if criterion.id == criterion_id and criterion.grader in {"accuracy", "stability"}:
            return str(criterion.parameters.get("part", "test"))
    return None
