"""The ledger's tables. Keys come from content, so that a rerun updates a row and never adds a second one.

Only ``infra/store`` reads and writes them; no row leaves it. Times within footage are ``BigInteger`` nanoseconds, wall
times UTC. ``infra/migrations`` holds the same schema as steps; a test compares the two.
"""

# no `from __future__ import annotations`: SQLModel reads the annotations of its columns when the class is made

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from vision.errors import StoreError


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, kept without its zone: SQLite has no type for one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: nobody could tell later what it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoreError(f"time {value} has no zone; make it an aware UTC datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


def now_utc() -> datetime:
    """Give the time that a row is made at."""
    return datetime.now(UTC)


class FootageRow(SQLModel, table=True):
    """A video file or an image folder, known by its content."""

    __tablename__ = "footage"

    footage_id: str = Field(primary_key=True)
    path: str
    kind: str
    codec: str
    clock: str
    width_px: int
    height_px: int
    frame_count: int
    duration_ns: int = Field(sa_type=BigInteger)
    recorded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    added_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)


class ExaminationRow(SQLModel, table=True):
    """One footage under one set of vision settings: the unit of resuming."""

    __tablename__ = "examination"
    __table_args__ = (UniqueConstraint("footage_id", "settings_hash"),)

    examination_id: str = Field(primary_key=True)
    footage_id: str = Field(foreign_key="footage.footage_id")
    settings_hash: str
    model_name: str
    weights_sha256: str
    runtime: str
    class_names: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)


class SegmentRow(SQLModel, table=True):
    """The mark that a segment's results are all here."""

    __tablename__ = "segment"

    examination_id: str = Field(primary_key=True, foreign_key="examination.examination_id", ondelete="CASCADE")
    segment_index: int = Field(primary_key=True)
    start_pts_ns: int = Field(sa_type=BigInteger)
    end_pts_ns: int = Field(sa_type=BigInteger)
    done_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)


class ExaminedFrameRow(SQLModel, table=True):
    """One sampled frame after the gate and the detector."""

    __tablename__ = "examined_frame"
    __table_args__ = (
        ForeignKeyConstraint(
            ["examination_id", "segment_index"],
            ["segment.examination_id", "segment.segment_index"],
            ondelete="CASCADE",
        ),
        Index("ix_examined_frame_segment", "examination_id", "segment_index"),
    )

    examination_id: str = Field(primary_key=True)
    pts_ns: int = Field(primary_key=True, sa_type=BigInteger)
    segment_index: int
    refusal_reason: str | None = None
    sharpness: float | None = None
    brightness: float | None = None
    detected: bool
    roadside_detected: bool = False


class DetectionRow(SQLModel, table=True):
    """One thing that the detector saw in one frame."""

    __tablename__ = "detection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["examination_id", "pts_ns"],
            ["examined_frame.examination_id", "examined_frame.pts_ns"],
            ondelete="CASCADE",
        ),
    )

    examination_id: str = Field(primary_key=True)
    pts_ns: int = Field(primary_key=True, sa_type=BigInteger)
    detection_index: int = Field(primary_key=True)
    class_id: int
    class_name: str
    confidence: float
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float
    outline_px: bytes = Field(sa_type=LargeBinary)
    """(K, 2) float32, little-endian."""


class RoadsideDetectionRow(SQLModel, table=True):
    """One sign or signal head that the roadside detector saw in one frame, and what it looked like."""

    __tablename__ = "roadside_detection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["examination_id", "pts_ns"],
            ["examined_frame.examination_id", "examined_frame.pts_ns"],
            ondelete="CASCADE",
        ),
    )

    examination_id: str = Field(primary_key=True)
    pts_ns: int = Field(primary_key=True, sa_type=BigInteger)
    detection_index: int = Field(primary_key=True)
    class_name: str
    confidence: float
    left_px: float
    top_px: float
    right_px: float
    bottom_px: float
    look: dict[str, float | None] = Field(sa_type=JSON)
    """Fields of a CropLook."""


class PartRow(SQLModel, table=True):
    """One part that passed a station, in one examination of its footage, and what was said of it."""

    __tablename__ = "part"
    __table_args__ = (Index("ix_part_part_id", "part_id"),)

    examination_id: str = Field(primary_key=True, foreign_key="examination.examination_id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    part_id: str | None = None
    part_class: str
    site: str
    line: str
    station: str
    asset: str
    entered_pts_ns: int = Field(sa_type=BigInteger)
    left_pts_ns: int = Field(sa_type=BigInteger)
    looks: int
    verdict: str
    breaches: list[Any] = Field(sa_type=JSON)
    reasons: list[str] = Field(sa_type=JSON)
    defects: list[Any] = Field(sa_type=JSON)
    anomaly_score: float | None = None
    anomalous: bool | None = None
    box: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """Where its picture shows it."""
    pictures: list[str] = Field(default_factory=list, sa_type=JSON)
    """Names in the evidence store: the part with its defects outlined, then its heat map."""


class EquipmentSpellRow(SQLModel, table=True):
    """A time for which watched equipment was in one state; ``state`` is None where it looked like none known."""

    __tablename__ = "equipment_spell"

    examination_id: str = Field(primary_key=True, foreign_key="examination.examination_id", ondelete="CASCADE")
    watch: str = Field(primary_key=True)
    from_pts_ns: int = Field(primary_key=True, sa_type=BigInteger)
    to_pts_ns: int = Field(sa_type=BigInteger)
    state: str | None = None
    sound: bool | None = None
    severity: str
    looks: int
    probability: float
    picture: str | None = None


class InspectionRow(SQLModel, table=True):
    """One run over some footage."""

    __tablename__ = "inspection"

    inspection_id: str = Field(primary_key=True)
    settings_hash: str
    input_hashes: dict[str, str] = Field(sa_type=JSON)
    created_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merged_digest: str | None = None
    """Of the sightings and rules that the ledger was last merged with; None where it wasn't, or no longer is."""


class InspectionFootageRow(SQLModel, table=True):
    """Which examinations an inspection rests on."""

    __tablename__ = "inspection_footage"

    inspection_id: str = Field(primary_key=True, foreign_key="inspection.inspection_id", ondelete="CASCADE")
    examination_id: str = Field(primary_key=True, foreign_key="examination.examination_id", index=True)
    position: int


class FailureRow(SQLModel, table=True):
    """One frame, segment or footage that could not be examined; ``footage_id`` may be a path and refers to no row."""

    __tablename__ = "failure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["examination_id", "segment_index"],
            ["segment.examination_id", "segment.segment_index"],
            ondelete="CASCADE",
        ),
        Index("ix_failure_segment", "examination_id", "segment_index"),
    )

    failure_id: int | None = Field(default=None, primary_key=True)
    inspection_id: str | None = Field(
        default=None, foreign_key="inspection.inspection_id", ondelete="CASCADE", index=True
    )
    examination_id: str | None = None
    segment_index: int | None = None
    footage_id: str
    pts_ns: int | None = Field(default=None, sa_type=BigInteger)
    error_type: str
    message: str


class FindingRow(SQLModel, table=True):
    """One physical defect: where it is, by all the footage that it was seen in."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_position", "latitude_deg", "longitude_deg"),
        Index("ix_finding_chainage", "route", "chainage_m"),
    )

    finding_id: str = Field(primary_key=True)
    class_name: str
    confidence: float
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    position_error_m: float | None = None
    route: str | None = None
    chainage_m: float | None = None
    lateral_m: float | None = None
    heading_deg: float | None = None
    carriageway: str | None = None


class SightingRow(SQLModel, table=True):
    """One defect as one footage of one inspection shows it. ``position_error_m`` is None where there is no place."""

    __tablename__ = "sighting"

    inspection_id: str = Field(primary_key=True, foreign_key="inspection.inspection_id", ondelete="CASCADE")
    sighting_id: str = Field(primary_key=True, index=True)
    examination_id: str = Field(foreign_key="examination.examination_id")
    footage_id: str = Field(foreign_key="footage.footage_id")
    finding_id: str | None = Field(default=None, foreign_key="finding.finding_id", ondelete="SET NULL", index=True)
    content_digest: str
    class_name: str
    confidence: float
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    position_error_m: float | None = None
    route: str | None = None
    chainage_m: float | None = None
    lateral_m: float | None = None
    heading_deg: float | None = None
    carriageway: str | None = None
    area_m2: float | None = None
    area_error_m2: float | None = None
    length_m: float | None = None
    length_error_m: float | None = None
    width_m: float | None = None
    width_error_m: float | None = None
    condition: str | None = None
    first_pts_ns: int = Field(sa_type=BigInteger)
    last_pts_ns: int = Field(sa_type=BigInteger)
    best_pts_ns: int = Field(sa_type=BigInteger)
    frames_seen: int
    frames_expected: int
    evidence_pts_ns: list[int] = Field(sa_type=JSON)
    frames: list[Any] = Field(sa_type=JSON)
    evidence: list[str] = Field(default_factory=list, sa_type=JSON)
    """Names in the evidence store, best first."""


class CoverageRow(SQLModel, table=True):
    """Ten metres of road, and whether an inspection validly saw them."""

    __tablename__ = "coverage"

    inspection_id: str = Field(primary_key=True, foreign_key="inspection.inspection_id", ondelete="CASCADE")
    bin_index: int = Field(primary_key=True)
    start_m: float
    end_m: float
    route: str | None = None
    carriageway: str | None = None
    state: str
    reasons: dict[str, int] = Field(sa_type=JSON)
    line: list[list[float]] = Field(sa_type=JSON)
    """[[longitude, latitude], ...]"""
    footage_id: str | None = Field(default=None, foreign_key="footage.footage_id")
    first_pts_ns: int | None = Field(default=None, sa_type=BigInteger)
    last_pts_ns: int | None = Field(default=None, sa_type=BigInteger)


class AssessmentRow(SQLModel, table=True):
    """What the agent made of one finding in one inspection; the whole of it in ``body``."""

    __tablename__ = "assessment"

    inspection_id: str = Field(primary_key=True, foreign_key="inspection.inspection_id", ondelete="CASCADE")
    finding_id: str = Field(primary_key=True, foreign_key="finding.finding_id", ondelete="CASCADE", index=True)
    position: int
    verdict: str
    severity: str | None = None
    priority: int | None = None
    due: date | None = None
    body: dict[str, Any] = Field(sa_type=JSON)


class ReportRow(SQLModel, table=True):
    """What the agent wrote over one inspection, and where its report was last put."""

    __tablename__ = "report"

    inspection_id: str = Field(primary_key=True, foreign_key="inspection.inspection_id", ondelete="CASCADE")
    planner: str
    body: dict[str, Any] = Field(sa_type=JSON)
    location: str | None = None
    made_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)


class ReviewRow(SQLModel, table=True):
    """One human decision. Never deleted: an undone one keeps its row."""

    __tablename__ = "review"

    review_id: str = Field(primary_key=True)
    finding_id: str = Field(foreign_key="finding.finding_id", index=True)
    author: str
    verdict: str
    reason: str
    decided_at: datetime = Field(default_factory=now_utc, sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
