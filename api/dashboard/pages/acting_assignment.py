"""What staff may do about an assignment, and what they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.pages.acting_acts import ActLine, act_lines, just_done
from api.dashboard.pages.acting_job import JobLine, job_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.language import Language
    from store.models import StaffJob
    from store.repository import Act, AssignmentDetails, Draft, OlderGrades


@dataclass(frozen=True, kw_only=True)
class ActingOnAssignment:
    """`may_decide`: instructors. `jobs`: the newest first; `under_way`: the regrade that is, if one is."""

    slug: str
    version: int
    may_decide: bool
    has_due_date: bool
    has_quota: bool
    draft: Draft | None
    older: OlderGrades
    jobs: tuple[JobLine, ...]
    under_way: JobLine | None
    acts: tuple[ActLine, ...]
    done: ActLine | None


def acting_on_assignment(
    assignment: AssignmentDetails,
    language: Language,
    *,
    may_decide: bool,
    draft: Draft | None,
    older: OlderGrades,
    jobs: Sequence[tuple[StaffJob, str]],
    acts: Sequence[Act],
    act_id: str = "",
) -> ActingOnAssignment:
    lines = act_lines(acts, language)
    told = tuple(job_line(job, author, language) for job, author in jobs)
    return ActingOnAssignment(
        slug=assignment.slug,
        version=assignment.version,
        may_decide=may_decide,
        has_due_date=assignment.due_at is not None,
        has_quota=assignment.spec.quota is not None,
        draft=draft,
        older=older,
        jobs=told,
        under_way=next((job for job in told if job.kind == "regrade" and not job.is_over), None),
        acts=lines,
        done=just_done(lines, act_id),
    )
