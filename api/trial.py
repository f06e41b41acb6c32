"""What of a specification students may have, to try their files on their own machines."""

from __future__ import annotations

from typing import Final

from graders.spec import AssignmentSpec

# What decides what is run, and what a report is made of. Lateness, attempts, boards and checks of integrity
# are matters of the service.
_TOLD: Final = (
    *("slug", "title", "dataset", "split", "repeats", "frameworks", "device", "limits"),
    *("curve_rows_per_part", "evaluated_train_rows", "points_at_most"),
)


def trial_spec(spec: AssignmentSpec) -> AssignmentSpec | None:
    """Without the criteria that students are not told of; None where that leaves none.

    What is shown after the due date is asked all the same, and its text tells it from the beginning.
    """
    criteria = tuple(criterion for criterion in spec.criteria if criterion.visibility != "staff")
    if not criteria:
        return None
    return AssignmentSpec(**{name: getattr(spec, name) for name in _TOLD}, criteria=criteria)
