"""What a class got of each criterion, as the reports say that its grades rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from store.models import ReportRecord
from store.repository.gradebook import newest_reports

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One submission: by criterion its verdict, and what its errors say of the fit (None: nothing)."""

    verdicts: dict[str, str]
    fit: str | None


def judged_submissions(session: Session, assignment_id: str) -> dict[str, Judged]:
    """By submission id, of every submission that has a report."""
    newest = newest_reports(assignment_id)
    report: Any = ReportRecord.report
    rows = session.execute(
        # Picked out by the database: whole reports of a large course are hundreds of megabytes.
        select(newest.c.submission_id, report["criteria"], report["diagnosis", "fit"].as_string())
        .select_from(ReportRecord)
        .join(
            newest,
            (newest.c.run_id == ReportRecord.run_id) & (newest.c.version == ReportRecord.version),
        )
        .where(newest.c.place == 1)
    )
    return {
        submission_id: Judged(verdicts={each["id"]: each["verdict"] for each in criteria}, fit=fit)
        for submission_id, criteria, fit in rows
    }
