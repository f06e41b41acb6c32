"""drafts of assignments' documents, which staff save before they publish them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spec_drafts",
        sa.Column("assignment_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_from", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("author_id", sa.String(), nullable=False),
        sa.Column("saved_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_spec_drafts_assignment_id_assignments")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_spec_drafts_author_id_users")),
        sa.PrimaryKeyConstraint("assignment_id", name=op.f("pk_spec_drafts")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
