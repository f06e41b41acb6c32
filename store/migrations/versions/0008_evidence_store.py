"""evidence may lie in a store of objects: where, how large, and its SHA-256"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_home",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_evidence_home_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_home")),
    )
    # SQLite copies the table, to which no other refers: about ten seconds a gigabyte.
    with op.batch_alter_table("evidence") as batch:
        batch.add_column(sa.Column("place", sa.String(), nullable=True))
        batch.add_column(sa.Column("size_bytes", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("sha256", sa.String(64), nullable=True))
        batch.alter_column("blob", existing_type=sa.LargeBinary(), nullable=True)
        batch.create_check_constraint(
            op.f("ck_evidence_in_one_place"), "(blob IS NULL) <> (place IS NULL)"
        )
    here = sa.text("place IS NULL")
    op.create_index("ix_evidence_here", "evidence", ["run_id"], sqlite_where=here, postgresql_where=here)


def downgrade() -> None:
    raise NotImplementedError("restore a backup instead")
