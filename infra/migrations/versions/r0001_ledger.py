"""The first ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "finding",
        sa.Column("finding_id", sa.String(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("latitude_deg", sa.Float(), nullable=True),
        sa.Column("longitude_deg", sa.Float(), nullable=True),
        sa.Column("position_error_m", sa.Float(), nullable=True),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("chainage_m", sa.Float(), nullable=True),
        sa.Column("lateral_m", sa.Float(), nullable=True),
        sa.Column("heading_deg", sa.Float(), nullable=True),
        sa.Column("carriageway", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    op.create_index("ix_finding_chainage", "finding", ["route", "chainage_m"])
    op.create_index("ix_finding_position", "finding", ["latitude_deg", "longitude_deg"])

    op.create_table(
        "footage",
        sa.Column("footage_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("duration_ns", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=True),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("footage_id"),
    )
    op.create_table(
        "inspection",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("settings_hash", sa.String(), nullable=False),
        sa.Column("input_hashes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.Column("merged_digest", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("inspection_id"),
    )
    op.create_table(
        "assessment",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("finding_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.finding_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inspection_id", "finding_id"),
    )
    op.create_index("ix_assessment_finding_id", "assessment", ["finding_id"])

    op.create_table(
        "coverage",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("bin_index", sa.Integer(), nullable=False),
        sa.Column("start_m", sa.Float(), nullable=False),
        sa.Column("end_m", sa.Float(), nullable=False),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("carriageway", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.Column("footage_id", sa.String(), nullable=True),
        sa.Column("first_pts_ns", sa.BigInteger(), nullable=True),
        sa.Column("last_pts_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["footage_id"],
            ["footage.footage_id"],
        ),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inspection_id", "bin_index"),
    )
    op.create_table(
        "examination",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("footage_id", sa.String(), nullable=False),
        sa.Column("settings_hash", sa.String(), nullable=False),
        sa.Column("model_name", sa.String(), nullable=False),
        sa.Column("weights_sha256", sa.String(), nullable=False),
        sa.Column("runtime", sa.String(), nullable=False),
        sa.Column("class_names", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["footage_id"],
            ["footage.footage_id"],
        ),
        sa.PrimaryKeyConstraint("examination_id"),
        sa.UniqueConstraint("footage_id", "settings_hash"),
    )
    op.create_table(
        "report",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("planner", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inspection_id"),
    )
    op.create_table(
        "review",
        sa.Column("review_id", sa.String(), nullable=False),
        sa.Column("finding_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.finding_id"],
        ),
        sa.PrimaryKeyConstraint("review_id"),
    )
    op.create_index("ix_review_finding_id", "review", ["finding_id"])

    op.create_table(
        "inspection_footage",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.examination_id"],
        ),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inspection_id", "examination_id"),
    )
    op.create_index("ix_inspection_footage_examination_id", "inspection_footage", ["examination_id"])

    op.create_table(
        "segment",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("segment_index", sa.Integer(), nullable=False),
        sa.Column("start_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["examination_id"], ["examination.examination_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("examination_id", "segment_index"),
    )
    op.create_table(
        "sighting",
        sa.Column("inspection_id", sa.String(), nullable=False),
        sa.Column("sighting_id", sa.String(), nullable=False),
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("footage_id", sa.String(), nullable=False),
        sa.Column("finding_id", sa.String(), nullable=True),
        sa.Column("content_digest", sa.String(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("latitude_deg", sa.Float(), nullable=True),
        sa.Column("longitude_deg", sa.Float(), nullable=True),
        sa.Column("position_error_m", sa.Float(), nullable=True),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("chainage_m", sa.Float(), nullable=True),
        sa.Column("lateral_m", sa.Float(), nullable=True),
        sa.Column("heading_deg", sa.Float(), nullable=True),
        sa.Column("carriageway", sa.String(), nullable=True),
        sa.Column("area_m2", sa.Float(), nullable=True),
        sa.Column("area_error_m2", sa.Float(), nullable=True),
        sa.Column("length_m", sa.Float(), nullable=True),
        sa.Column("length_error_m", sa.Float(), nullable=True),
        sa.Column("width_m", sa.Float(), nullable=True),
        sa.Column("width_error_m", sa.Float(), nullable=True),
        sa.Column("first_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("best_pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("frames_seen", sa.Integer(), nullable=False),
        sa.Column("frames_expected", sa.Integer(), nullable=False),
        sa.Column("evidence_pts_ns", sa.JSON(), nullable=False),
        sa.Column("frames", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id"],
            ["examination.examination_id"],
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.finding_id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["footage_id"],
            ["footage.footage_id"],
        ),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("inspection_id", "sighting_id"),
    )
    op.create_index("ix_sighting_finding_id", "sighting", ["finding_id"])
    op.create_index("ix_sighting_sighting_id", "sighting", ["sighting_id"])

    op.create_table(
        "examined_frame",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("segment_index", sa.Integer(), nullable=False),
        sa.Column("refusal_reason", sa.String(), nullable=True),
        sa.Column("sharpness", sa.Float(), nullable=True),
        sa.Column("brightness", sa.Float(), nullable=True),
        sa.Column("detected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id", "segment_index"], ["segment.examination_id", "segment.segment_index"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("examination_id", "pts_ns"),
    )
    op.create_index("ix_examined_frame_segment", "examined_frame", ["examination_id", "segment_index"])

    op.create_table(
        "failure",
        sa.Column("failure_id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.String(), nullable=True),
        sa.Column("examination_id", sa.String(), nullable=True),
        sa.Column("segment_index", sa.Integer(), nullable=True),
        sa.Column("footage_id", sa.String(), nullable=False),
        sa.Column("pts_ns", sa.BigInteger(), nullable=True),
        sa.Column("error_type", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id", "segment_index"], ["segment.examination_id", "segment.segment_index"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.inspection_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("failure_id"),
    )
    op.create_index("ix_failure_inspection_id", "failure", ["inspection_id"])
    op.create_index("ix_failure_segment", "failure", ["examination_id", "segment_index"])

    op.create_table(
        "detection",
        sa.Column("examination_id", sa.String(), nullable=False),
        sa.Column("pts_ns", sa.BigInteger(), nullable=False),
        sa.Column("detection_index", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("class_name", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("left_px", sa.Float(), nullable=False),
        sa.Column("top_px", sa.Float(), nullable=False),
        sa.Column("right_px", sa.Float(), nullable=False),
        sa.Column("bottom_px", sa.Float(), nullable=False),
        sa.Column("outline_px", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examination_id", "pts_ns"], ["examined_frame.examination_id", "examined_frame.pts_ns"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("examination_id", "pts_ns", "detection_index"),
    )


def downgrade() -> None:
    """Drop them, those that refer to others first."""
    for table in (
        "detection",
        "failure",
        "examined_frame",
        "sighting",
        "segment",
        "inspection_footage",
        "review",
        "report",
        "examination",
        "coverage",
        "assessment",
        "inspection",
        "footage",
        "finding",
    ):
        op.drop_table(table)
