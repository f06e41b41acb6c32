"""Every change of a run is one UPDATE that says from which state it may come, and by whose claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from store.models import Run

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.repository.states import State


def written(session: Session, which: tuple[ColumnElement[bool], ...], values: dict[str, Any]) -> bool:
    """False: there was none."""
    done = session.execute(
        update(Run)
        .where(*which)
        .values(**values)
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def guarded(
    session: Session,
    run_id: str,
    attempt: int,
    states: tuple[State, ...],
    values: dict[str, Any],
    *more: ColumnElement[bool],
) -> bool:
    """`attempt` is the fencing token. False: the run is no longer its holder's, or not in these states."""
    which = (Run.id == run_id, Run.attempt == attempt, Run.state.in_(states), *more)
    return written(session, which, values)
