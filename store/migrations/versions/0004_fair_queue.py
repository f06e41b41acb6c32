"""a fair queue: the order of waiting runs, the start that was promised, quotas of one student's own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IN_THE_BACKGROUND = """
UPDATE runs SET is_background = true
WHERE kind = 'control' OR id IN (SELECT run_id FROM outbox WHERE priority >= 9)
"""


def upgrade() -> None:
    op.create_table(
        "quota_grants",
        sa.Column("assignment_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("per_day", sa.Double(), nullable=True),
        sa.Column("burst", sa.Integer(), nullable=True),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_quota_grants_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_quota_grants_author_id_users")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_quota_grants_user_id_users")),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_quota_grants")),
    )
    # Without a batch: on SQLite that would drop the table, to which evidence and logs refer.
    op.add_column("runs", sa.Column("is_background", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("runs", sa.Column("waits_since", sa.Double(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("expected_start_at", sa.Double(), nullable=True))
    op.execute("UPDATE runs SET waits_since = created_at")
    op.execute(_IN_THE_BACKGROUND)


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
