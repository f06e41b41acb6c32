"""`labmark-server retention`."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from server.cli import app
from store import repository
from store.engine import reading, transaction
from store.models import EvidenceRecord, Run, RunLog, Submission
from store.settings import Settings


def run(*arguments, **environment):
    return CliRunner().invoke(app, ["retention", *arguments], env=environment)


def counted(course):
    with reading(course.engine) as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (EvidenceRecord, RunLog))


@pytest.fixture
def old(course):
    """Three submissions of one student, of a year ago; the assignment closed then."""
    for points in (3, 9, 5):
        course.grade(points)
    with transaction(course.engine) as session:
        session.execute(update(Run).values(finished_at=Run.finished_at - 4e7))
        session.execute(update(Submission).values(created_at=Submission.created_at - 4e7))
        due_at = session.scalar(select(func.max(Run.finished_at)))
        repository.move_due_date(session, assignment_id=course.assignment_id, due_at=due_at, author_id=None)
    return course


def test_without_a_setting_everything_is_kept(old):
    assert "Everything is kept" in run().stdout
    assert counted(old) == (3, 3)


def test_a_dry_run_shows_and_keeps(old):
    done = run("--dry-run", LABMARK_RETAIN_EVIDENCE_DAYS="100", LABMARK_RETAIN_LOGS_DAYS="50")
    assert done.exit_code == 0, done.output
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("iris")]
    assert (row[1], row[3]) == ("2", "3")
    assert "Gone" not in done.stdout
    assert counted(old) == (3, 3)


def test_it_lets_go_of_what_the_dry_run_showed(old):
    done = run(LABMARK_RETAIN_EVIDENCE_DAYS="100", LABMARK_RETAIN_LOGS_DAYS="50")
    assert "Gone: the evidence of 2 runs and the logs of 3." in done.stdout
    assert counted(old) == (1, 0)
    again = run(LABMARK_RETAIN_EVIDENCE_DAYS="100", LABMARK_RETAIN_LOGS_DAYS="50")
    assert "Nothing is old enough to go." in again.stdout


@pytest.mark.parametrize("days", ["0", "-1", "soon"])
def test_days_are_a_number_above_zero(monkeypatch, days):
    monkeypatch.setenv("LABMARK_RETAIN_LOGS_DAYS", days)
    with pytest.raises(ValueError, match="retain_logs_days"):
        Settings()
