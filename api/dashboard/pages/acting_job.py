"""Long work that staff asked for, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dashboard.texts import say

if TYPE_CHECKING:
    from api.language import Language
    from store.models import StaffJob

_OVER = {"done", "errored"}
_STATES = {
    "queued": "acting.job_queued",
    "running": "acting.job_running",
    "done": "acting.job_done",
    "errored": "acting.job_errored",
}
_KINDS = {"regrade": "acting.job_regrade", "similarity": "acting.job_similarity"}
_COUNTS = {
    "regraded": "acting.result_regraded",
    "changed": "acting.result_changed",
    "new_runs": "acting.result_new_runs",
    "need_new_runs": "acting.result_need_new_runs",
}


@dataclass(frozen=True, kw_only=True)
class JobLine:
    id: str
    kind: str
    title: str
    state: str
    is_over: bool
    author: str
    created_at: float


@dataclass(frozen=True, kw_only=True)
class JobPage:
    """`seen` names what is shown, so that a page that watches is answered only when that has changed."""

    line: JobLine
    done: int
    total: int
    counts: tuple[tuple[str, int], ...]
    pairs: int | None
    error: str
    finished_at: float | None
    seen: str
    back_href: str
    back_label: str


def job_line(job: StaffJob, author: str, language: Language) -> JobLine:
    return JobLine(
        id=job.id,
        kind=job.kind,
        title=say(language, _KINDS[job.kind]),
        state=say(language, _STATES[job.state], done=job.done, total=job.total),
        is_over=job.state in _OVER,
        author=author,
        created_at=job.created_at,
    )


def job_page(
    job: StaffJob, language: Language, *, author: str, back_href: str, back_label: str
) -> JobPage:
    result = job.result or {}
    return JobPage(
        line=job_line(job, author, language),
        done=job.done,
        total=job.total,
        counts=tuple((say(language, key), result[name]) for name, key in _COUNTS.items() if name in result),
        pairs=len(result["pairs"]) if "pairs" in result else None,
        error=job.error or "",
        finished_at=job.finished_at,
        seen=job_seen(job),
        back_href=back_href,
        back_label=back_label,
    )


def job_seen(job: StaffJob) -> str:
    return f"{job.state}-{job.done}"
