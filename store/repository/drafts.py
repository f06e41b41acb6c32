"""Documents that instructors save before they publish them: one draft for each assignment, shared by all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from store.ids import new_id
from store.models import Assignment, SpecDraft, User
from store.repository.audit import audit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`made_from`: the version that it began as; `revision`: of this saving; `author`: as people read it."""

    text: str
    made_from: int
    revision: str
    author: str
    saved_at: float


class DraftConflictError(Exception):
    """Somebody has saved, published or discarded since this one was read. `now`: the draft there is."""

    def __init__(self, now: Draft | None) -> None:
        super().__init__("the draft has changed")
        self.now = now


def draft_of(session: Session, assignment_id: str) -> Draft | None:
    row = session.execute(
        select(SpecDraft, User.display_name)
        .join(User, User.id == SpecDraft.author_id)
        .where(SpecDraft.assignment_id == assignment_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return None
    draft, author = row
    return Draft(
        text=draft.text,
        made_from=draft.made_from,
        revision=draft.revision,
        author=author,
        saved_at=draft.saved_at,
    )


def save_draft(
    session: Session,
    *,
    assignment_id: str,
    text: str,
    made_from: int,
    seen_revision: str,
    author_id: str,
    now: float | None = None,
) -> str:
    """The new revision. `seen_revision`: the one that the author has read; empty: there was none.

    Raises DraftConflictError when it is another by now: nobody's edit is overwritten unseen.
    """
    assignment = _locked(session, assignment_id)
    _require_seen(session, assignment_id, seen_revision)
    revision = new_id()
    session.merge(
        SpecDraft(
            assignment_id=assignment_id,
            text=text,
            made_from=made_from,
            revision=revision,
            author_id=author_id,
            saved_at=time.time() if now is None else now,
        )
    )
    audit(
        session,
        actor_id=author_id,
        action="assignment.draft_saved",
        subject=assignment_id,
        course_id=assignment.course_id,
        detail={"slug": assignment.slug, "version": made_from},
        now=now,
    )
    return revision


def discard_draft(session: Session, *, assignment_id: str, seen_revision: str, actor_id: str) -> None:
    """Raises DraftConflictError as `save_draft`."""
    assignment = _locked(session, assignment_id)
    _require_seen(session, assignment_id, seen_revision)
    clear_draft(session, assignment_id=assignment_id, revision=seen_revision)
    audit(
        session,
        actor_id=actor_id,
        action="assignment.draft_discarded",
        subject=assignment_id,
        course_id=assignment.course_id,
        detail={"slug": assignment.slug},
    )


def clear_draft(session: Session, *, assignment_id: str, revision: str) -> None:
    """After it was published. One that somebody has saved meanwhile stays."""
    session.execute(
        delete(SpecDraft)
        .where(SpecDraft.assignment_id == assignment_id, SpecDraft.revision == revision)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _locked(session: Session, assignment_id: str) -> Assignment:
    """Two who save at once do so one after the other."""
    return session.scalars(select(Assignment).where(Assignment.id == assignment_id).with_for_update()).one()


def _require_seen(session: Session, assignment_id: str, seen_revision: str) -> None:
    draft = draft_of(session, assignment_id)
    if ("" if draft is None else draft.revision) != seen_revision:
        raise DraftConflictError(draft)
