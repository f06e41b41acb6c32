"""results: what the newest report of each submission says; pictures that models misread; indexes for lists"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 200
_NEWEST = """
SELECT s.id, s.assignment_id, s.user_id, r.id, p.report
FROM submissions s
JOIN runs r ON r.id = (
    SELECT max(r2.id) FROM runs r2 JOIN reports p2 ON p2.run_id = r2.id
    WHERE r2.submission_id = s.id AND r2.kind = 'graded'
)
JOIN reports p ON p.run_id = r.id
AND p.version = (SELECT max(p3.version) FROM reports p3 WHERE p3.run_id = r.id)
WHERE s.id > :after ORDER BY s.id LIMIT :limit
"""


def upgrade() -> None:
    results = op.create_table(
        "results",
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("assignment_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("training_error", sa.Double(), nullable=True),
        sa.Column("validation_error", sa.Double(), nullable=True),
        sa.Column("training_loss", sa.Double(), nullable=True),
        sa.Column("validation_loss", sa.Double(), nullable=True),
        sa.Column("fit", sa.String(), nullable=True),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_results_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_results_run_id_runs")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_results_submission_id_submissions")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_results_user_id_users")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_results")),
    )
    op.create_table(
        "misread",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("predicted", sa.JSON(), nullable=False),
        sa.Column("pixels", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_misread_run_id_runs")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_misread")),
    )
    op.create_index(
        "ix_results_best",
        "results",
        ["assignment_id", "user_id", "points", "submission_id", "max_points", "fit"],
    )
    op.create_index("ix_results_flags", "results", ["flags", "submission_id"])
    op.create_index(
        "ix_submissions_assignment_id_user_id_id_created_at",
        "submissions",
        ["assignment_id", "user_id", "id", "created_at"],
    )
    op.create_index(
        "ix_runs_submission_id_kind_id_state", "runs", ["submission_id", "kind", "id", "state", "lease_until"]
    )
    # The wider ones begin with the same column.
    op.drop_index("ix_submissions_assignment_id", table_name="submissions")
    op.drop_index("ix_runs_submission_id", table_name="runs")
    _fill(results)


def _fill(results: sa.Table) -> None:
    connection, after = op.get_bind(), ""
    query = sa.text(_NEWEST).columns(
        sa.Column("submission"), sa.Column("assignment"), sa.Column("user"), sa.Column("run"),
        sa.Column("report", sa.JSON()),
    )  # fmt: skip
    while rows := connection.execute(query, {"after": after, "limit": _AT_ONCE}).all():
        connection.execute(sa.insert(results), [_result(*row) for row in rows])
        after = rows[-1][0]


def _result(submission: str, assignment: str, user: str, run: str, report: dict[str, Any]) -> dict[str, Any]:
    parts = report.get("parts") or {}
    train, validation = parts.get("train") or {}, parts.get("validation") or {}
    return {
        "submission_id": submission,
        "assignment_id": assignment,
        "user_id": user,
        "run_id": run,
        "points": report["points"],
        "max_points": report["max_points"],
        "training_error": (train.get("error") or {}).get("value"),
        "validation_error": (validation.get("error") or {}).get("value"),
        "training_loss": train.get("loss"),
        "validation_loss": validation.get("loss"),
        "fit": (report.get("diagnosis") or {}).get("fit"),
        "flags": len(report.get("flags") or ()),
        "verdicts": {criterion["id"]: criterion["verdict"] for criterion in report.get("criteria") or ()},
    }


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
