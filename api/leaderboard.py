"""The leaderboard of an assignment as one reader sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.grades import grades
from api.schemas_grade import BoardRowOut, LeaderboardOut
from graders.board import final_board, public_board
from store import repository
from store.grading import grade_row

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from graders.leaderboard import Ranked
    from store.repository import AssignmentDetails, Principal, Role

    Names = dict[str, tuple[str, str]]


def board_for_reader(
    session: Session,
    assignment: AssignmentDetails,
    who: Principal,
    role: Role,
    *,
    now: float,
    everybody_named: bool = False,
) -> LeaderboardOut:
    """The public board until the reader's own due date, the final one after it; `assignment` has boards.

    Names are for staff; students find their own row among ranks, unless `everybody_named`.
    """
    final = _is_over(session, assignment, who, now=now)
    ranked, names = _final(session, assignment) if final else _public(session, assignment)
    named = everybody_named or repository.is_staff(role)
    return LeaderboardOut(
        assignment=assignment.slug,
        stage="final" if final else "public",
        items=[_row(place, names, who, named=named) for place in ranked],
    )


def _is_over(session: Session, assignment: AssignmentDetails, who: Principal, *, now: float) -> bool:
    """A student with an extension still hands in: the test part's figures are not for them yet."""
    if assignment.due_at is None:
        return False
    rows = repository.gradebook(session, assignment.id, user_id=who.user_id)
    own = [grade_row(row, assignment).due_at_s for row in rows]
    return now > max(due_at for due_at in (assignment.due_at, *own) if due_at is not None)


def _public(session: Session, assignment: AssignmentDetails) -> tuple[tuple[Ranked, ...], Names]:
    spec = assignment.spec
    assert spec.leaderboard is not None
    found = repository.competitors(session, assignment.id)
    ranked = public_board(
        {one.user_id: one.entries for one in found},
        rows=spec.split.board * spec.repeats,
        step=spec.leaderboard.step,
    )
    return ranked, {one.user_id: (one.user_name, one.display_name) for one in found}


def _final(session: Session, assignment: AssignmentDetails) -> tuple[tuple[Ranked, ...], Names]:
    results, names = {}, {}
    for student in grades(session, assignment):
        row, counts = student.row, student.grade.counts
        names[row.user_id] = (row.user_name, row.display_name)
        for submission in row.submissions:
            accuracy = submission.test_accuracy
            if counts is not None and submission.handed_in.id == counts.id and accuracy is not None:
                results[row.user_id] = (accuracy, counts.at_s)
    return final_board(results), names


def _row(place: Ranked, names: Names, who: Principal, *, named: bool) -> BoardRowOut:
    own = place.standing.user == who.user_id
    user, display_name = names[place.standing.user] if named or own else (None, None)
    return BoardRowOut(
        rank=place.rank, user=user, display_name=display_name, own=own, error=place.standing.released_error
    )
