"""How a grade came about."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "grade.only": "One submission has a result, and it counts.",
    "grade.best": "{of} submissions have a result; the best of them, after lateness, counts.",
    "grade.last": "{of} submissions have a result; the last one handed in counts.",
    "grade.chosen": "The chosen submission counts, of {of} with a result.",
    "grade.not_chosen_yet": "No submission was chosen yet; until one is, the best of {of} counts.",
    "grade.chosen_does_not_count": "The chosen submission has no result; until it has one, the best of {of} "
    "counts.",
    "grade.nothing_counts": "No submission has a result yet (handed in: {of}), so there is no grade.",
    "grade.nothing_handed_in": "Nothing was handed in, so there is no grade.",
    "grade.extended": "An extension moved the due date by {days:number} days.",
    "grade.late": "Handed in late; days begun after the due date: {days}. They take off {percent:number} %, "
    "which is {taken:points} points.",
    "grade.after_cut_off": "Handed in more than {cut_off_days:number} days after the due date, when nothing "
    "is given any more: all {taken:points} points are taken off.",
    "grade.late_costs_nothing": "Handed in late, which costs nothing here; days begun after the due date: "
    "{days}.",
    "grade.overridden": "A person of the staff gave {points:points} points in place of the computed "
    "{computed:points}.",
    "grade.given_without_report": "A person of the staff gave {points:points} points; none were computed.",
    "grade.provisional": "Criteria that are not shown yet are not in this grade.",
}
