"""grades that hold: overrides, extensions, choices, audit, own data sets, staff jobs, control runs"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Rows from before ran, and were graded by, the version that their submission was handed in under.
_VERSION_OF_RUN = """
UPDATE runs SET spec_version =
  (SELECT assignment_version FROM submissions WHERE submissions.id = runs.submission_id)
"""
_VERSION_OF_REPORT = """
UPDATE reports SET spec_version = (SELECT spec_version FROM runs WHERE runs.id = reports.run_id)
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=True),
        sa.Column("course_id", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_actor_id_users")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_audit_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject"), ["subject"], unique=False)

    op.create_table(
        "datasets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("archive", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_datasets_author_id_users")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_datasets_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
        sa.UniqueConstraint("name", name=op.f("uq_datasets_name")),
    )
    with op.batch_alter_table("datasets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_datasets_course_id"), ["course_id"], unique=False)

    op.create_table(
        "extensions",
        sa.Column("assignment_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_extensions_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_extensions_author_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_extensions_user_id_users")),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_extensions")),
    )
    op.create_table(
        "staff_jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("course_id", sa.String(), nullable=False),
        sa.Column("assignment_id", sa.String(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'done', 'errored')", name=op.f("ck_staff_jobs_state")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_staff_jobs_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_staff_jobs_author_id_users")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_staff_jobs_course_id_courses")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_jobs")),
    )
    with op.batch_alter_table("staff_jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_jobs_assignment_id"), ["assignment_id"], unique=False)
        batch_op.create_index("ix_staff_jobs_state_lease_until", ["state", "lease_until"], unique=False)

    op.create_table(
        "choices",
        sa.Column("assignment_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_choices_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_choices_submission_id_submissions")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_choices_user_id_users")),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_choices")),
    )
    op.create_table(
        "overrides",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("submission_id", sa.String(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("computed_points", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("withdrawn_at", sa.Double(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_overrides_author_id_users")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_overrides_submission_id_submissions")
        ),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["users.id"], name=op.f("fk_overrides_withdrawn_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    with op.batch_alter_table("overrides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_overrides_submission_id"), ["submission_id"], unique=False)

    with op.batch_alter_table("assignment_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_assignment_versions_author_id_users"), "users", ["author_id"], ["id"]
        )

    # Without a batch: on SQLite that would drop the table, to which evidence and logs refer.
    op.add_column("runs", sa.Column("kind", sa.String(), server_default="graded", nullable=False))
    op.add_column("runs", sa.Column("spec_version", sa.Integer(), server_default="0", nullable=False))
    op.execute(_VERSION_OF_RUN)
    op.add_column("evidence", sa.Column("measures", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("evidence", sa.Column("measures_version", sa.Integer(), nullable=True))

    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("spec_version", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("cause", sa.String(), server_default="run", nullable=False))
        batch_op.add_column(sa.Column("author_id", sa.String(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_reports_author_id_users"), "users", ["author_id"], ["id"])
    op.execute(_VERSION_OF_REPORT)


def downgrade() -> None:
    raise NotImplementedError("grades and who changed them are not thrown away: restore a backup instead")
