"""Parts that passed a station, and the states of equipment there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of parts and of equipment's states."""
    op.create_table(
        "part",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.String(), nullable=True),
        sa.Column("part_class", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("asset", sa.String(), nullable=False),
        sa.Column("entered_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("left_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("breaches", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("defects", sa.JSON(), nullable=False),
        sa.Column("anomaly_score", sa.Float(), nullable=True),
        sa.Column("anomalous", sa.Boolean(), nullable=True),
        sa.Column("box", sa.JSON(), nullable=True),
        sa.Column("pictures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["examination_id"], ["examination.examination_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("examination_id", "number"),
    )
    op.create_index("ix_part_part_id", "part", ["part_id"])
    op.create_table(
        "equipment_spell",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("watch", sa.String(), nullable=False),
        sa.Column("from_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("to_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=True),
        sa.Column("sound", sa.Boolean(), nullable=True),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("picture", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["examination_id"], ["examination.examination_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("examination_id", "watch", "from_pts_ns"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("equipment_spell")
    op.drop_index("ix_part_part_id", "part")
    op.drop_table("part")
