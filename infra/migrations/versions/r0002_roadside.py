"""Signs and signals beside the road, with what they looked like."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of roadside detections, and what was found of their condition."""
    op.create_table(
        "roadside_detection",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("detection_index", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("left_px", sa.Float(), nullable=False),
        sa.Column("top_px", sa.Float(), nullable=False),
        sa.Column("right_px", sa.Float(), nullable=False),
        sa.Column("bottom_px", sa.Float(), nullable=False),
        sa.Column("look", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id", "pts_ns"], ["examined_frame.examination_id", "examined_frame.pts_ns"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("examination_id", "pts_ns", "detection_index"),
    )
    op.add_column(
        "examined_frame", sa.Column("roadside_detected", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("sighting", sa.Column("condition", sa.String(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("sighting", "condition")
    op.drop_column("examined_frame", "roadside_detected")
    op.drop_table("roadside_detection")
