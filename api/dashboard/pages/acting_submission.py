"""What staff may do about one submission, and what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.acting_acts import ActLine, act_lines, just_done
from api.grades import override_etag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language
    from graders.final_grade import SubmissionGrade
    from store.repository import Act, OverrideRow, SubmissionDetails

_MEASURED = {"graded", "failed"}


@dataclass(frozen=True, kw_only=True)
class OverrideForm:
    """As it was sent, where it was not taken; `wrong` names the fields, `problem` is a sentence or empty."""

    points: str = ""
    reason: str = ""
    wrong: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ActingOnSubmission:
    """`may_decide`: instructors, who may give points. `seen`: the ETag of the override, empty without one."""

    submission_id: str
    may_decide: bool
    may_regrade: bool
    may_retry: bool
    max_points: float
    computed_points: float | None
    override: OverrideRow | None
    override_by: str
    seen: str
    form: OverrideForm
    acts: tuple[ActLine, ...]
    done: ActLine | None


def acting_on_submission(
    details: SubmissionDetails,
    language: Language,
    *,
    may_decide: bool,
    worth: SubmissionGrade | None,
    override: OverrideRow | None,
    acts: Sequence[Act],
    act_id: str = "",
    form: OverrideForm | None = None,
) -> ActingOnSubmission:
    """`worth`: None for whoever handed in and is no longer in the course: there is no grade to decide."""
    lines = act_lines(acts, language)
    return ActingOnSubmission(
        submission_id=details.submission.id,
        may_decide=may_decide and worth is not None,
        may_regrade=details.run.state in _MEASURED,
        may_retry=details.run.state == "errored",
        max_points=worth.max_points if worth else details.spec.max_points,
        computed_points=worth.computed_points if worth else None,
        override=override,
        override_by=_override_by(override, acts),
        seen=override_etag(override) if override else "",
        form=form or OverrideForm(),
        acts=lines,
        done=just_done(lines, act_id),
    )


def _override_by(override: OverrideRow | None, acts: Sequence[Act]) -> str:
    """As people read the name, where the act is still among those that are told."""
    if override is None:
        return ""
    given = (act.actor for act in acts if act.action in {"override.given", "override.changed"})
    return next(given, None) or override.author
