"""What the detector saw, segment by segment: the results that a killed run goes on from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, cast, get_args

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session
from sqlmodel import col

from infra.identity import examination_id_of
from infra.store.inspections import failure_values
from infra.store.roadside import load_roadside, save_roadside
from infra.tables import DetectionRow, ExaminationRow, ExaminedFrameRow, FailureRow, SegmentRow
from vision.errors import Failure, StoreError
from vision.protocols import ModelInfo
from vision.types import Detections, ExaminedFrame, FrameQuality, RefusalReason, Segment, frozen

_OUTLINE_TYPE = np.dtype("<f4")
_REASONS = frozenset(get_args(RefusalReason))


def get_or_create_examination(session: Session, footage_id: str, settings_hash: str, model: ModelInfo) -> str:
    """Give the id of the examination of a footage under some settings, making it if need be.

    Args:
        session: For writing.
        footage_id: In the ledger already.
        settings_hash: Of everything that can change a frame's detections: sampling, gate, weights, camera.
        model: That gives the detections.

    Raises:
        StoreError: The same settings gave another model before, so the hash leaves something out.
    """
    name = examination_id_of(footage_id, settings_hash)
    row = session.get(ExaminationRow, name)
    if row is None:
        row = ExaminationRow(
            examination_id=name, footage_id=footage_id, settings_hash=settings_hash, model_name=model.name,
            weights_sha256=model.weights_sha256, runtime=model.runtime, class_names=list(model.class_names),
        )  # fmt: skip
        session.add(row)
    elif (row.weights_sha256, tuple(row.class_names)) != (model.weights_sha256, tuple(model.class_names)):
        raise StoreError(f"examination {name} was made by other weights; its settings hash must cover the weights")
    session.commit()
    return name


def examination_model(session: Session, examination_id: str) -> ModelInfo:
    """Give the model that made an examination."""
    row = _examination(session, examination_id)
    return ModelInfo(row.model_name, row.weights_sha256, row.runtime, tuple(row.class_names))


def segments_done(session: Session, examination_id: str) -> frozenset[int]:
    """Give the indices of the segments whose results are all here."""
    done = select(col(SegmentRow.segment_index)).where(col(SegmentRow.examination_id) == examination_id)
    return frozenset(session.scalars(done))


def save_segment(
    session: Session,
    examination_id: str,
    segment: Segment,
    examined: Sequence[ExaminedFrame],
    failures: Sequence[Failure] = (),
) -> None:
    """Save a segment's results and mark it done, all at once; a second time replaces the first.

    Raises:
        StoreError: The segment or a frame's detections belong to another footage or another model.
    """
    examination = _examination(session, examination_id)
    if segment.footage_id != examination.footage_id:
        raise StoreError(f"segment {segment.index} isn't of the footage of examination {examination_id}")
    key = {"examination_id": examination_id, "segment_index": segment.index}
    session.execute(
        delete(SegmentRow).where(
            col(SegmentRow.examination_id) == examination_id, col(SegmentRow.segment_index) == segment.index
        )
    )
    span = {"start_pts_ns": int(segment.start_pts_ns), "end_pts_ns": int(segment.end_pts_ns)}
    session.execute(insert(SegmentRow), [key | span])
    if examined:
        session.execute(insert(ExaminedFrameRow), [key | _frame_values(frame) for frame in examined])
    detections = [values for frame in examined for values in _detection_values(examination, frame)]
    if detections:
        session.execute(insert(DetectionRow), detections)
    save_roadside(session, examination_id, examination.footage_id, examined)
    if failures:
        session.execute(insert(FailureRow), [key | failure_values(failure) for failure in failures])
    session.commit()


def load_examined(session: Session, examination_id: str) -> list[ExaminedFrame]:
    """Give every examined frame by time, its detections exactly as the detector gave them."""
    examination = _examination(session, examination_id)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(
        select(
            col(DetectionRow.pts_ns), col(DetectionRow.class_id), col(DetectionRow.confidence),
            col(DetectionRow.left_px), col(DetectionRow.top_px), col(DetectionRow.right_px),
            col(DetectionRow.bottom_px), col(DetectionRow.outline_px),
        )
        .where(col(DetectionRow.examination_id) == examination_id)
        .order_by(col(DetectionRow.pts_ns), col(DetectionRow.detection_index))
    ):  # fmt: skip
        found[row[0]].append(row)
    frames = session.execute(
        select(
            col(ExaminedFrameRow.pts_ns), col(ExaminedFrameRow.refusal_reason), col(ExaminedFrameRow.sharpness),
            col(ExaminedFrameRow.brightness), col(ExaminedFrameRow.detected),
            col(ExaminedFrameRow.roadside_detected),
        )
        .where(col(ExaminedFrameRow.examination_id) == examination_id)
        .order_by(col(ExaminedFrameRow.pts_ns))
    )  # fmt: skip
    beside = load_roadside(session, examination_id, examination.footage_id)
    return [
        ExaminedFrame(
            pts_ns=pts_ns,
            quality=FrameQuality(_reason(reason), _number(sharpness), _number(brightness)),
            detections=_detections(examination, pts_ns, found.get(pts_ns, [])) if detected else None,
            roadside=beside(pts_ns) if roadside_detected else None,
        )
        for pts_ns, reason, sharpness, brightness, detected, roadside_detected in frames
    ]


def _examination(session: Session, examination_id: str) -> ExaminationRow:
    row = session.get(ExaminationRow, examination_id)
    if row is None:
        raise StoreError(f"no examination {examination_id} in the ledger; make it before its segments")
    return row


def _frame_values(frame: ExaminedFrame) -> dict[str, object]:
    return {
        "pts_ns": int(frame.pts_ns),
        "refusal_reason": frame.quality.reason,
        "sharpness": _column(frame.quality.sharpness),
        "brightness": _column(frame.quality.brightness),
        "detected": frame.detections is not None,
        "roadside_detected": frame.roadside is not None,
    }


def _detection_values(examination: ExaminationRow, frame: ExaminedFrame) -> list[dict[str, object]]:
    found = frame.detections
    if found is None:
        return []
    if found.footage_id != examination.footage_id or found.pts_ns != frame.pts_ns:
        raise StoreError(f"detections at {found.pts_ns} ns are of another frame or footage than the one they came with")
    if tuple(found.class_names) != tuple(examination.class_names):
        raise StoreError(f"detections of classes {found.class_names} come from another model than their examination's")
    return [
        {
            "examination_id": examination.examination_id,
            "pts_ns": int(frame.pts_ns),
            "detection_index": index,
            "class_id": int(found.class_id[index]),
            "class_name": found.class_names[int(found.class_id[index])],
            "confidence": float(found.confidence[index]),
            "outline_px": np.ascontiguousarray(found.outlines[index], dtype=_OUTLINE_TYPE).tobytes(),
        }
        | dict(zip(("left_px", "top_px", "right_px", "bottom_px"), found.xyxy[index].tolist(), strict=True))
        for index in range(len(found))
    ]


def _detections(examination: ExaminationRow, pts_ns: int, rows: Sequence[Any]) -> Detections:
    outlines = (np.frombuffer(row[7], dtype=_OUTLINE_TYPE).astype(np.float32).reshape(-1, 2) for row in rows)
    return Detections(
        footage_id=examination.footage_id,
        pts_ns=pts_ns,
        xyxy=frozen(np.array([row[3:7] for row in rows], dtype=np.float32).reshape(-1, 4)),
        confidence=frozen(np.array([row[2] for row in rows], dtype=np.float32)),
        class_id=frozen(np.array([row[1] for row in rows], dtype=np.int64)),
        class_names=tuple(examination.class_names),
        outlines=tuple(frozen(outline) for outline in outlines),
    )


def _reason(name: str | None) -> RefusalReason | None:
    if name is None:
        return None
    if name not in _REASONS:
        raise StoreError(f"the ledger holds a frame refused as {name!r}, which this walkdown doesn't know; upgrade it")
    return cast(RefusalReason, name)


def _column(value: float) -> float | None:
    """Give what a column can hold: SQLite would turn NaN into NULL by itself, PostgreSQL wouldn't."""
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else value
